"""Positions, values and holders of both versions."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.engine.ledger import Movement, Transfer
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import MICROS, Side
from tests.support.chain_dice import chains
from tests.support.data_venue import (
    ANNA,
    AT_S,
    BERT,
    CARL,
    DORA,
    FIRST,
    MARKETS,
    NO,
    NOBODY,
    YES,
    Chain,
    did,
)


def over(market: Market, *payouts: int) -> Market:
    """The market after its end."""
    tokens = tuple(
        msgspec.structs.replace(token, payout_micros=paid)
        for token, paid in zip(market.tokens, payouts, strict=True)
    )
    return msgspec.structs.replace(
        market, tokens=tokens, resolved=True, accepting=False, resolved_at_s=AT_S
    )


def statuses(chain: Chain, wallet: Wallet, status: str) -> list[tuple[str, str]]:
    code, body = chain.ask(f"/v2/positions?user={wallet}&status={status}")
    assert code == 200, body
    return [(row["outcome"], row["status"]) for row in body["data"]]


def test_a_position_is_valued_at_the_book_s_middle() -> None:
    chain = Chain()
    chain.book(FIRST, [(48, 10)], [(52, 10)])
    chain.trade(did(ANNA, Side.BUY, 10, 40, fee_micros=20_000), at_s=4)

    _, (old,) = chain.ask(f"/positions?user={ANNA.upper().replace('0X', '0x')}")
    _, new = chain.ask(f"/v2/positions?user={ANNA}")
    (row,) = new["data"]

    assert (old["size"], old["avgPrice"], old["curPrice"]) == (10, 0.4, 0.5)
    assert (old["initialValue"], old["currentValue"], old["cashPnl"]) == (4, 5, 1)
    assert (old["percentPnl"], old["grossInitialValue"], old["entryFeesUsdc"]) == (25, 4.02, 0.02)
    assert (row["current_size"], row["entry_cost_usdc"], row["total_cost_usdc"]) == (10, 4, 4.02)
    assert (row["unrealized_pnl"], row["realized_pnl"], row["total_pnl"]) == (1, 0, 1)
    assert (row["first_entry_at"], row["last_event_at"]) == (AT_S + 4, AT_S + 4)
    assert (row["opposite_outcome"], row["opposite_token_id"]) == ("No", NO)
    assert row["status"] == "OPEN"


def test_a_book_with_one_side_falls_back_on_what_is_known() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    prices = []
    for bids, asks in (([], []), ([(30, 5)], []), ([], [(70, 5)])):
        chain.book(FIRST, bids, asks)
        prices.append(chain.ask(f"/positions?user={ANNA}")[1][0]["curPrice"])
    chain.exchange.books[FIRST.condition_id].last_price_micros = 600_000
    prices.append(chain.ask(f"/positions?user={ANNA}")[1][0]["curPrice"])

    assert prices == [0.5, 0.3, 0.7, 0.6]


def test_the_status_words_of_a_market_s_life() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.BUY, 10, 60, NO))
    chain.trade(did(CARL, Side.BUY, 10, 40), did(CARL, Side.BUY, 5, 60, NO))
    chain.trade(did(DORA, Side.BUY, 10, 40), did(DORA, Side.SELL, 10, 50))

    assert statuses(chain, ANNA, "OPEN") == [("Yes", "OPEN")]
    assert statuses(chain, CARL, "MERGEABLE") == [("Yes", "OPEN"), ("No", "OPEN")]
    assert statuses(chain, ANNA, "MERGEABLE") == []
    assert statuses(chain, DORA, "CLOSED") == [("Yes", "CLOSED")]
    assert statuses(chain, DORA, "OPEN") == []

    chain.exchange.books[FIRST.condition_id].market = over(FIRST, MICROS, 0)

    assert statuses(chain, ANNA, "OPEN") == [("Yes", "REDEEMABLE")]
    assert statuses(chain, ANNA, "REDEEMABLE") == [("Yes", "REDEEMABLE")]
    assert statuses(chain, ANNA, "REDEEMABLE_LOST") == []
    assert statuses(chain, BERT, "REDEEMABLE_LOST") == [("No", "REDEEMABLE")]
    assert statuses(chain, CARL, "MERGEABLE") == []
    _, old = chain.ask(f"/positions?user={BERT}&redeemable=true")
    assert [(row["curPrice"], row["cashPnl"], row["percentPnl"]) for row in old] == [(0, -6, -100)]


def test_winners_to_redeem_stand_before_losers_whatever_the_order() -> None:
    chain = Chain()
    chain.trade(did(CARL, Side.BUY, 10, 40), did(CARL, Side.BUY, 50, 60, NO))
    chain.exchange.books[FIRST.condition_id].market = over(FIRST, MICROS, 0)

    _, body = chain.ask(f"/v2/positions?user={CARL}&status=REDEEMABLE&sort_by=TOKENS")

    assert [row["outcome"] for row in body["data"]] == ["Yes", "No"]


def test_a_payout_that_the_recording_knows_is_not_told_before_the_end() -> None:
    tokens = tuple(
        msgspec.structs.replace(token, payout_micros=MICROS * place)
        for place, token in enumerate(FIRST.tokens)
    )
    chain = Chain([msgspec.structs.replace(FIRST, tokens=tokens)])
    chain.trade(did(ANNA, Side.BUY, 10, 40))

    _, (row,) = chain.ask(f"/positions?user={ANNA}")
    _, markets = chain.look("/markets")

    assert (row["curPrice"], row["redeemable"]) == (0.5, False)
    assert markets[0]["outcomePrices"] == '["0.5", "0.5"]'


def test_small_positions_are_hidden_where_nobody_asks_for_them() -> None:
    chain = Chain()
    small = did(ANNA, Side.BUY, 1, 40)
    chain.trade(msgspec.structs.replace(small, size_micros=MICROS // 2))

    assert chain.ask(f"/positions?user={ANNA}")[1] == []
    assert len(chain.ask(f"/positions?user={ANNA}&sizeThreshold=0.5")[1]) == 1
    assert len(chain.ask(f"/v2/positions?user={ANNA}")[1]["data"]) == 1
    assert chain.ask(f"/v2/positions?user={ANNA}&filter_amount=0.6")[1]["data"] == []
    assert len(chain.ask(f"/v2/positions?user={ANNA}&filter_amount=x")[1]["data"]) == 1


def test_what_was_sold_beyond_what_was_seen_is_no_position() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.SELL, 10, 40))

    for status in ("OPEN", "CLOSED"):
        assert statuses(chain, ANNA, status) == []
    assert chain.ask(f"/positions?user={ANNA}&sizeThreshold=0") == (200, [])
    assert chain.ask(f"/value?user={ANNA}")[1] == [{"user": ANNA, "value": 0}]


def test_a_redeemed_position_is_closed_with_its_gain() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40))
    paid = Transfer(
        wallet=ANNA, size_micros=10 * MICROS, notional_micros=10 * MICROS, token_id=YES, index=0
    )
    chain.transfer(Movement.REDEEM, paid, at_s=8)

    _, (old,) = chain.ask(f"/closed-positions?user={ANNA}")
    _, new = chain.ask(f"/v2/positions?user={ANNA}&status=CLOSED&sort_by=TOKENS")

    assert (old["realizedPnl"], old["avgPrice"], old["totalBought"]) == (6, 0.4, 10)
    assert old["timestamp"] == AT_S + 8
    (row,) = new["data"]
    assert (row["realized_pnl"], row["current_size"], row["unrealized_pnl"]) == (6, 0, 0)


@given(
    chains(),
    st.sampled_from(("CURRENT_VALUE", "PRICE", "TOKENS", "TOTAL_PNL", "TIMESTAMP")),
    st.sampled_from(("ASC", "DESC")),
    st.integers(1, 3),
)
def test_following_the_cursor_gives_every_holder_of_a_market_once(
    chain: Chain, sort_by: str, direction: str, limit: int
) -> None:
    condition = f"/v2/positions?condition={FIRST.condition_id}"
    target = f"{condition}&sort_by={sort_by}&sort_direction={direction}"
    _, whole = chain.ask(f"{target}&limit=1000")
    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        asked = f"{condition}&cursor={cursor}" if cursor else f"{target}&limit={limit}"
        _, body = chain.ask(asked)
        found.extend(body["data"])
        cursor = body["pagination"]["next_cursor"]

    assert found == whole["data"]


def test_a_page_goes_on_where_its_last_position_stood_when_that_one_is_gone() -> None:
    chain = Chain()
    for wallet, shares in ((ANNA, 30), (BERT, 20), (CARL, 10)):
        chain.trade(did(wallet, Side.BUY, shares, 40))
    target = f"/v2/positions?condition={FIRST.condition_id}"
    _, body = chain.ask(f"{target}&sort_by=TOKENS&limit=1")
    chain.trade(did(ANNA, Side.SELL, 30, 40), at_s=10)

    _, rest = chain.ask(f"{target}&cursor={body['pagination']['next_cursor']}")

    assert [row["proxy_wallet"] for row in rest["data"]] == [BERT]


def test_a_cursor_contradicted_is_refused_and_needs_its_anchor() -> None:
    chain = Chain()
    for market in MARKETS:
        token = market.tokens[0].token_id
        chain.trade(did(ANNA, Side.BUY, 10, 40, token), of=market)
    _, body = chain.ask(f"/v2/positions?user={ANNA}&limit=1&sort_by=TOKENS")
    cursor = body["pagination"]["next_cursor"]

    assert chain.ask(f"/v2/positions?user={ANNA}&cursor={cursor}&sort_by=TOKENS")[0] == 200
    assert chain.ask(f"/v2/positions?user={ANNA}&cursor={cursor}&sort_by=PRICE")[0] == 400
    assert chain.ask(f"/v2/positions?cursor={cursor}")[0] == 400


@given(chains())
def test_the_value_of_a_wallet_is_that_of_its_positions(chain: Chain) -> None:
    _, rows = chain.ask(f"/positions?user={BERT}&sizeThreshold=0&limit=500")

    _, old = chain.ask(f"/value?user={BERT}")
    _, new = chain.ask(f"/v2/value?user={BERT}")

    total = round(sum(row["currentValue"] for row in rows), 6)
    assert (old[0]["value"], new["data"]["value"]) == (total, total)


def test_holders_are_grouped_by_token_the_largest_first() -> None:
    chain = Chain()
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.BUY, 30, 40))
    chain.trade(did(CARL, Side.BUY, 20, 60, NO))

    _, groups = chain.ask(f"/holders?market={FIRST.condition_id}")

    held = {
        group["token"]: [(row["proxyWallet"], row["amount"]) for row in group["holders"]]
        for group in groups
    }
    assert held == {YES: [(BERT, 30), (ANNA, 10)], NO: [(CARL, 20)]}
    _, firsts = chain.ask(f"/holders?market={FIRST.condition_id}&limit=1")
    assert [len(group["holders"]) for group in firsts] == [1, 1]
    assert chain.ask("/holders")[0] == 400
    assert chain.ask(f"/holders?market=0x{'0' * 64}") == (200, [])


def test_a_wallet_that_nobody_knows_has_nothing() -> None:
    chain = Chain()

    assert chain.ask(f"/positions?user={NOBODY}") == (200, [])
    assert chain.ask(f"/positions?user={NOBODY}&eventId=77") == (200, [])
    assert chain.ask(f"/positions?user={NOBODY}&sortBy=TITLE") == (200, [])
    assert chain.ask(f"/v2/positions?user={NOBODY}")[1]["data"] == []
    assert chain.ask(f"/value?user={NOBODY}") == (200, [{"user": NOBODY, "value": 0}])
