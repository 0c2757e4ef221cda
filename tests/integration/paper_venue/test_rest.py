"""The venue's REST port over real sockets."""

import json
from typing import Any

import pytest

from polycopy.polymarket import clob
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.post_answer import Duplicated, Placed, Rejected, classify_post
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import FailureCode, OrderType
from tests.support.paper_venue import Running, Trader, Wish, order_bytes

ONE = 1_000_000


def token(venue: Running, index: int = 0) -> TokenId:
    return venue.script.markets[0].tokens[index].token_id


async def book(trader: Trader, venue: Running) -> BookAnswer:
    _, raw = await trader.ask("GET", f"/book?token_id={token(venue)}")
    parsed = clob.parse_book(raw)
    assert isinstance(parsed, BookAnswer)
    return parsed


async def best_ask(trader: Trader, venue: Running) -> int:
    return min(level.price_micros for level in (await book(trader, venue)).asks)


def resting(venue: Running, salt: int = 1, shares: int = 10) -> Wish:
    """A BUY at 2 cents, which meets nobody."""
    return Wish(
        token_id=token(venue),
        order_type=OrderType.GTC,
        maker_amount=shares * 20_000,
        taker_amount=shares * ONE,
        salt=salt,
    )


async def test_an_order_goes_all_the_way_and_our_own_readers_understand_it(
    venue: Running, anna: Trader
) -> None:
    price = await best_ask(anna, venue)
    wish = Wish(
        token_id=token(venue),
        maker_amount=4 * price,
        taker_amount=4 * ONE,
        order_type=OrderType.FAK,
    )
    body, order_id = order_bytes(anna.key, anna.credentials, wish)

    status, answer = await anna.signed("POST", "/order", body)

    placed = classify_post(status, json.dumps(answer).encode())
    assert isinstance(placed, Placed)
    assert (placed.venue_order_id, placed.status) == (order_id, "matched")
    assert (placed.making_micros, placed.taking_micros) == (4 * price, 4 * ONE)
    assert "transactionsHashes" not in answer
    _, found = await anna.signed("GET", f"/data/order/{order_id}")
    assert (found["status"], found["size_matched"]) == ("MATCHED", "4")
    _, page = await anna.signed("GET", f"/data/trades?id={placed.trade_ids[0]}")
    assert [row["taker_order_id"] for row in page["data"]] == [order_id]
    _, held = await anna.signed(
        "GET", f"/balance-allowance?asset_type=CONDITIONAL&token_id={token(venue)}"
    )
    assert held["balance"] == str(4 * ONE)


async def test_the_same_bytes_again_are_a_duplicate(venue: Running, anna: Trader) -> None:
    assert (await anna.post(resting(venue)))[0] == 200

    status, answer = await anna.post(resting(venue))

    assert isinstance(classify_post(status, json.dumps(answer).encode()), Duplicated)


async def test_a_rejected_order_is_proven_rejected(venue: Running, anna: Trader) -> None:
    status, answer = await anna.post(resting(venue, shares=4))

    rejected = classify_post(status, json.dumps(answer).encode())
    assert isinstance(rejected, Rejected)
    assert rejected.code is FailureCode.MINIMUM_SIZE


async def test_nobody_sees_or_cancels_somebody_else_s_order(
    venue: Running, anna: Trader, bert: Trader
) -> None:
    _, answer = await anna.post(resting(venue))
    order_id = answer["orderID"]
    body = json.dumps({"orderID": order_id}).encode()

    assert (await bert.signed("GET", f"/data/order/{order_id}"))[0] == 404
    assert (await bert.signed("DELETE", "/order", body))[1] == {
        "canceled": [],
        "not_canceled": {order_id: "Order not found or already canceled"},
    }
    assert (await anna.signed("DELETE", "/order", body))[1] == {
        "canceled": [order_id],
        "not_canceled": {},
    }


async def test_a_batch_answers_for_every_order_and_cancel_all_ends_them(
    venue: Running, anna: Trader
) -> None:
    bodies = [
        order_bytes(anna.key, anna.credentials, resting(venue, salt, shares))[0]
        for salt, shares in ((1, 10), (2, 3), (3, 20))
    ]

    status, legs = await anna.signed("POST", "/orders", b"[" + b",".join(bodies) + b"]")

    assert status == 200
    assert [leg["success"] for leg in legs] == [True, False, True]
    assert "lower than the minimum" in legs[1]["errorMsg"]
    _, page = await anna.signed("GET", "/data/orders")
    assert {row["id"] for row in page["data"]} == {legs[0]["orderID"], legs[2]["orderID"]}
    assert page["next_cursor"] == "LTE="
    _, done = await anna.signed("DELETE", "/cancel-all")
    assert len(done["canceled"]) == 2
    assert (await anna.signed("GET", "/data/orders"))[1]["data"] == []


async def test_sixteen_orders_are_too_many(anna: Trader) -> None:
    status, answer = await anna.signed("POST", "/orders", b"[" + b",".join([b"{}"] * 16) + b"]")

    assert (status, answer) == (
        400,
        {"error": "Too many orders in payload: 16, max allowed: 15"},
    )


async def test_several_orders_are_cancelled_by_their_ids(venue: Running, anna: Trader) -> None:
    _, first = await anna.post(resting(venue, 1))
    _, second = await anna.post(resting(venue, 2))
    wanted = [first["orderID"], "0xunknown", second["orderID"]]

    _, done = await anna.signed("DELETE", "/orders", json.dumps(wanted).encode())
    status, _ = await anna.signed("DELETE", "/orders", json.dumps(["0x"] * 1001).encode())

    assert done["canceled"] == [first["orderID"], second["orderID"]]
    assert list(done["not_canceled"]) == ["0xunknown"]
    assert status == 400


async def test_an_order_of_any_size_is_answered_and_journalled(
    venue: Running, anna: Trader
) -> None:
    body, _ = order_bytes(anna.key, anna.credentials, resting(venue))
    huge = body.replace(b'"makerAmount":"200000"', b'"makerAmount":"1' + b"0" * 60 + b'"')

    status, answer = await anna.signed("POST", "/order", huge)

    assert (status, answer) == (400, {"error": "Invalid order payload"})
    assert json.loads(venue.venue.journal.body())["orders"][0]["http_status"] == 400


async def test_cancels_narrow_to_a_market_and_a_token(venue: Running, anna: Trader) -> None:
    await anna.post(resting(venue))
    market = venue.script.markets[0].condition_id

    elsewhere = json.dumps({"market": "0xother"}).encode()
    here = json.dumps({"market": market, "asset_id": token(venue)}).encode()

    assert (await anna.signed("DELETE", "/cancel-market-orders", elsewhere))[1]["canceled"] == []
    assert len((await anna.signed("DELETE", "/cancel-market-orders", here))[1]["canceled"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("GET", "/nothing-here", b"", 404, "not found"),
        ("PUT", "/order", b"", 405, "method not allowed"),
        ("GET", "/book", b"", 404, "No orderbook exists for the requested token id"),
        ("GET", "/book?token_id=%00", b"", 404, "No orderbook exists for the requested token id"),
        ("GET", "/clob-markets/nothing", b"", 404, "market not found"),
        ("POST", "/books", b"{", 400, "Invalid order payload"),
        ("POST", "/books", b"\xff", 400, "Invalid order payload"),
        ("POST", "/order", b"{}", 401, "Unauthorized/Invalid api key"),
        ("GET", "/data/trades", b"", 401, "Unauthorized/Invalid api key"),
        ("POST", "/auth/api-key", b"", 401, "Invalid L1 Request headers"),
    ],
)
async def test_nonsense_gets_the_venue_s_own_error_body(
    anna: Trader, method: str, path: str, body: bytes, status: int, error: str
) -> None:
    answered, raw = await anna.ask(method, path, body)

    assert (answered, json.loads(raw)) == (status, {"error": error})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/order", b""),
        ("POST", "/order", b"[" * 100_000),
        ("POST", "/order", b'{"order":{"salt":1e999}}'),
        ("POST", "/orders", b"{}"),
        ("DELETE", "/order", b"[]"),
        ("DELETE", "/orders", b'[{"a":1}]'),
        ("DELETE", "/cancel-market-orders", b"nonsense"),
        ("GET", "/data/trades?next_cursor=!", b""),
        ("GET", "/data/trades?before=yesterday", b""),
        ("GET", "/balance-allowance?asset_type=GOLD", b""),
    ],
)
async def test_signed_nonsense_is_a_400(anna: Trader, method: str, path: str, body: bytes) -> None:
    status, answer = await anna.signed(method, path, body)

    assert status == 400
    assert list(answer) == ["error"]


async def test_public_figures_agree_with_the_book(venue: Running, anna: Trader) -> None:
    shown = await book(anna, venue)
    bid = max(level.price_micros for level in shown.bids)
    ask = min(level.price_micros for level in shown.asks)
    query = f"?token_id={token(venue)}"

    async def figure(path: str) -> Any:
        status, raw = await anna.ask("GET", path)
        assert status == 200
        return json.loads(raw)

    assert await figure(f"/price{query}&side=BUY") == {"price": str(bid / ONE)}
    assert await figure(f"/price{query}&side=SELL") == {"price": str(ask / ONE)}
    assert await figure(f"/spread{query}") == {"spread": str((ask - bid) / ONE)}
    assert await figure(f"/midpoint{query}") == {"mid": str((ask + bid) / 2 / ONE)}
    assert await figure(f"/tick-size{query}") == {"minimum_tick_size": 0.01}
    assert await figure(f"/neg-risk{query}") == {"neg_risk": False}
    assert await figure(f"/fee-rate{query}") == {"base_fee": 1000}
    assert await figure(f"/last-trade-price{query}") == {"price": "0.5", "side": ""}
    assert await figure("/version") == {"version": 2}
    by_token = await figure(f"/markets-by-token/{token(venue, 1)}")
    assert (by_token["primary_token_id"], by_token["secondary_token_id"]) == (
        token(venue, 0),
        token(venue, 1),
    )
    market = await figure(f"/clob-markets/{by_token['condition_id']}")
    assert market["fd"] == {"r": 0.07, "e": 1, "to": True}
    assert (market["mts"], market["mos"], market["nr"]) == (0.01, 5, False)


async def test_a_sale_gives_the_shares_back_for_cash(venue: Running, anna: Trader) -> None:
    price = await best_ask(anna, venue)
    await anna.post(Wish(token_id=token(venue), maker_amount=20 * price, taker_amount=20 * ONE))
    sale = Wish(
        token_id=token(venue),
        side=Side.SELL,
        maker_amount=20 * ONE,
        taker_amount=20 * 10_000,
        salt=2,
    )

    status, answer = await anna.post(sale)

    assert (status, answer["makingAmount"]) == (200, "20")
    _, held = await anna.signed(
        "GET", f"/balance-allowance?asset_type=CONDITIONAL&token_id={token(venue)}"
    )
    assert held["balance"] == "0"
