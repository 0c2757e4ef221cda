"""py-clob-client-v2 1.2.1, which most bots still run, pointed at the paper venue.

The client blocks, so its calls run in a thread; `defer_exec` keeps it from waiting for settlement.
"""

import asyncio
import base64
import json
from typing import Any

import pytest
from py_clob_client_v2 import (
    ApiCreds,
    AssetType,
    BalanceAllowanceParams,
    BookParams,
    ClobClient,
    MarketOrderArgs,
    OpenOrderParams,
    OrderArgs,
    OrderMarketCancelParams,
    OrderPayload,
    OrderType,
    PostOrdersV2Args,
    TradeParams,
)
from py_clob_client_v2.exceptions import PolyApiException

from polycopy.schemas.ids import TokenId
from tests.support.paper_venue import Running

PAGE = 300
in_thread = asyncio.to_thread


def token(venue: Running, market: int = 0, outcome: int = 0) -> TokenId:
    return venue.script.markets[market].tokens[outcome].token_id


def condition(venue: Running, market: int = 0) -> str:
    return venue.script.markets[market].condition_id


@pytest.fixture
async def trader(py_clob: ClobClient) -> ClobClient:
    py_clob.set_api_creds(await in_thread(py_clob.create_or_derive_api_key))
    return py_clob


async def resting(trader: ClobClient, token_id: TokenId, *, price: float = 0.02) -> str:
    order = OrderArgs(token_id=token_id, price=price, size=10, side="BUY")
    placed = await in_thread(trader.create_and_post_order, order)
    assert placed["status"] == "live"
    return str(placed["orderID"])


async def open_ids(trader: ClobClient, params: OpenOrderParams | None = None) -> list[str]:
    return [row["id"] for row in await in_thread(trader.get_open_orders, params)]


async def test_it_creates_a_key_once_and_derives_it_for_ever(py_clob: ClobClient) -> None:
    created = await in_thread(py_clob.create_api_key)

    with pytest.raises(PolyApiException, match="Could not create api key"):
        await in_thread(py_clob.create_api_key)
    assert await in_thread(py_clob.derive_api_key) == created
    assert await in_thread(py_clob.create_or_derive_api_key) == created
    py_clob.set_api_creds(created)
    assert (await in_thread(py_clob.get_api_keys))["apiKeys"] == [created.api_key]


async def test_wrong_secrets_are_a_401(trader: ClobClient) -> None:
    known = trader.creds
    other_secret = base64.urlsafe_b64encode(bytes(32)).decode()
    trader.set_api_creds(ApiCreds(known.api_key, other_secret, known.api_passphrase))

    with pytest.raises(PolyApiException) as refused:
        await in_thread(trader.get_api_keys)

    assert refused.value.status_code == 401
    assert refused.value.error_msg == {"error": "Unauthorized/Invalid api key"}


async def test_with_the_server_s_time_every_signed_call_asks_for_it(
    trader: ClobClient, venue: Running
) -> None:
    trader.use_server_time = True

    await in_thread(trader.get_open_orders)

    seen = json.loads(venue.venue.journal.body())["requests"]
    assert [request["path"] for request in seen[-2:]] == ["/time", "/data/orders"]


async def test_it_reads_the_book_and_what_is_said_of_its_market(
    trader: ClobClient, venue: Running
) -> None:
    name = token(venue)
    book = await in_thread(trader.get_order_book, name)
    bids = [float(level["price"]) for level in book["bids"]]
    asks = [float(level["price"]) for level in book["asks"]]

    assert bids == sorted(bids)
    assert asks == sorted(asks, reverse=True)
    assert await in_thread(trader.get_order_books, [BookParams(token_id=name)]) == [book]
    middle = await in_thread(trader.get_midpoint, name)
    assert float(middle["mid"]) == pytest.approx((bids[-1] + asks[-1]) / 2)
    assert await in_thread(trader.get_price, name, "BUY") == {"price": book["bids"][-1]["price"]}
    assert float((await in_thread(trader.get_spread, name))["spread"]) == pytest.approx(
        asks[-1] - bids[-1]
    )
    assert await in_thread(trader.get_last_trade_price, name) == {"price": "0.5", "side": ""}
    assert await in_thread(trader.get_tick_size, name) == book["tick_size"] == "0.01"
    assert await in_thread(trader.get_neg_risk, name) is book["neg_risk"] is False
    assert await in_thread(trader.get_fee_rate_bps, name) == 1000
    assert await in_thread(trader.get_fee_exponent, name) == 1
    assert await in_thread(trader.get_version) == 2
    assert isinstance(await in_thread(trader.get_server_time), int)


async def test_the_hash_of_a_book_is_the_one_that_the_client_computes(
    trader: ClobClient, venue: Running
) -> None:
    book = await in_thread(trader.get_order_book, token(venue))

    assert trader.get_order_book_hash(book) == book["hash"]


async def test_a_market_order_names_its_transactions_once_they_are_known(
    trader: ClobClient, venue: Running
) -> None:
    order = MarketOrderArgs(token_id=token(venue), amount=5, side="BUY")

    placed = await in_thread(trader.create_and_post_market_order, order)

    assert placed["status"] == "matched"
    [trade] = await in_thread(trader.get_trades, TradeParams(id=placed["tradeIDs"][0]))
    assert placed["transactionsHashes"] == [trade["transaction_hash"]]
    assert trade["taker_order_id"] == placed["orderID"]


async def test_the_answer_to_a_deferred_order_names_no_transaction(
    trader: ClobClient, venue: Running
) -> None:
    order = MarketOrderArgs(token_id=token(venue), amount=5, side="BUY")

    placed = await in_thread(
        trader.create_and_post_market_order, order, order_type=OrderType.FAK, defer_exec=True
    )

    assert placed["tradeIDs"]
    assert "transactionsHashes" not in placed


async def test_an_order_is_cancelled_in_every_form(trader: ClobClient, venue: Running) -> None:
    yes, no, other = token(venue), token(venue, outcome=1), token(venue, market=1)
    ids = [await resting(trader, yes, price=0.01 * place) for place in range(1, 6)]
    ids += [await resting(trader, no), await resting(trader, other)]

    one = await in_thread(trader.cancel_order, OrderPayload(orderID=ids[0]))
    again = await in_thread(trader.cancel_order, OrderPayload(orderID=ids[0]))
    two = await in_thread(trader.cancel_orders, [ids[1], ids[2], "0x" + "0" * 64])
    of_token = await in_thread(trader.cancel_market_orders, OrderMarketCancelParams(asset_id=no))
    of_market = await in_thread(
        trader.cancel_market_orders, OrderMarketCancelParams(market=condition(venue))
    )
    rest = await in_thread(trader.cancel_all)

    assert one == {"canceled": [ids[0]], "not_canceled": {}}
    assert list(again["not_canceled"]) == [ids[0]]
    assert (two["canceled"], list(two["not_canceled"])) == (ids[1:3], ["0x" + "0" * 64])
    assert of_token["canceled"] == [ids[5]]
    assert of_market["canceled"] == ids[3:5]
    assert rest["canceled"] == [ids[6]]
    assert await open_ids(trader) == []


async def test_open_orders_are_narrowed_and_one_is_read_by_its_id(
    trader: ClobClient, venue: Running
) -> None:
    here, there = await resting(trader, token(venue)), await resting(trader, token(venue, 1))

    assert await open_ids(trader) == [here, there]
    assert await open_ids(trader, OpenOrderParams(market=condition(venue))) == [here]
    assert await open_ids(trader, OpenOrderParams(asset_id=token(venue, 1))) == [there]
    assert await open_ids(trader, OpenOrderParams(id=there)) == [there]
    read = await in_thread(trader.get_order, here)
    assert (read["status"], read["original_size"], read["price"]) == ("LIVE", "10", "0.02")
    with pytest.raises(PolyApiException) as refused:
        await in_thread(trader.get_order, "0x" + "0" * 64)
    assert (refused.value.status_code, refused.value.error_msg) == (
        404,
        {"error": "Order not found"},
    )


async def test_a_batch_is_answered_order_by_order(trader: ClobClient, venue: Running) -> None:
    def leg(price: float, size: float) -> PostOrdersV2Args:
        order = OrderArgs(token_id=token(venue), price=price, size=size, side="BUY")
        return PostOrdersV2Args(order=trader.create_order(order), orderType=OrderType.GTC)

    legs = await in_thread(lambda: [leg(0.02, 10), leg(0.02, 1), leg(0.99, 5)])
    answers = await in_thread(trader.post_orders, legs, defer_exec=True)

    assert [answer["status"] for answer in answers] == ["live", "", "matched"]
    assert "lower than the minimum: 5" in answers[1]["errorMsg"]
    assert (answers[1]["success"], answers[1]["orderID"]) == (False, "")


async def test_trades_come_in_pages(trader: ClobClient, venue: Running) -> None:
    fifteen = 15
    rounds = PAGE // fifteen + 1

    def buy() -> PostOrdersV2Args:
        order = MarketOrderArgs(token_id=token(venue), amount=1, side="BUY", price=0.99)
        return PostOrdersV2Args(order=trader.create_market_order(order), orderType=OrderType.FAK)

    def buy_all() -> list[dict[str, Any]]:
        posts = [[buy() for _ in range(fifteen)] for _ in range(rounds)]
        return [answer for post in posts for answer in trader.post_orders(post, defer_exec=True)]

    answers = await in_thread(buy_all)
    made = [trade_id for answer in answers for trade_id in answer["tradeIDs"]]
    first = await in_thread(trader.get_trades_paginated)
    rest = await in_thread(trader.get_trades_paginated, None, first["next_cursor"])

    assert len(made) > PAGE
    assert (first["count"], rest["count"]) == (PAGE, len(made) - PAGE)
    assert rest["next_cursor"] == "LTE="
    paged = [row["id"] for row in (*first["trades"], *rest["trades"])]
    assert paged == made[::-1]
    assert [row["id"] for row in await in_thread(trader.get_trades)] == paged
    narrowed = await in_thread(trader.get_trades, TradeParams(market=condition(venue, 1)))
    assert narrowed == []


async def test_a_balance_is_read_and_its_cache_refreshed(
    trader: ClobClient, venue: Running
) -> None:
    order = MarketOrderArgs(token_id=token(venue), amount=5, side="BUY")
    cash = BalanceAllowanceParams(asset_type=AssetType.COLLATERAL)
    shares = BalanceAllowanceParams(asset_type=AssetType.CONDITIONAL, token_id=token(venue))
    before = await in_thread(trader.get_balance_allowance, cash)

    placed = await in_thread(trader.create_and_post_market_order, order)
    await in_thread(trader.update_balance_allowance, cash)
    await in_thread(trader.update_balance_allowance, shares)

    after = await in_thread(trader.get_balance_allowance, cash)
    held = await in_thread(trader.get_balance_allowance, shares)
    spent = int(before["balance"]) - int(after["balance"])
    assert spent >= 5_000_000
    assert int(held["balance"]) == round(float(placed["takingAmount"]) * 10**6)
    assert len(held["allowances"]) == 3


async def test_heartbeats_go_on_from_the_id_that_the_venue_names(trader: ClobClient) -> None:
    first = await in_thread(trader.post_heartbeat)
    second = await in_thread(trader.post_heartbeat, first["heartbeat_id"])

    with pytest.raises(PolyApiException) as refused:
        await in_thread(trader.post_heartbeat, first["heartbeat_id"])
    told = refused.value.error_msg
    assert told == {
        "error_msg": "Invalid Heartbeat ID",
        "heartbeat_id": second["heartbeat_id"],
    }
    assert await in_thread(trader.post_heartbeat, told["heartbeat_id"])


async def test_quotes_of_many_tokens_are_those_of_each(trader: ClobClient, venue: Running) -> None:
    both = [token(venue), token(venue, outcome=1)]
    asked = [BookParams(token_id=name, side="SELL") for name in both]

    prices = await in_thread(trader.get_prices, asked)
    midpoints = await in_thread(trader.get_midpoints, asked)
    spreads = await in_thread(trader.get_spreads, asked)

    for name in both:
        one = await in_thread(trader.get_price, name, "SELL")
        assert prices[name] == {"SELL": one["price"]}
        assert midpoints[name] == (await in_thread(trader.get_midpoint, name))["mid"]
        assert spreads[name] == (await in_thread(trader.get_spread, name))["spread"]
    assert await in_thread(trader.get_last_trades_prices, asked) == []
