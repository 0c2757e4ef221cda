"""Bodies of the GET endpoints."""

from typing import Any

import pytest

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.clob import reading
from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.market import tick_for, token_for
from polycopy.schemas.ids import ConditionId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, AT, BERT, CENT, MARKET, NO, ONE, YES, Play

OF_YES = {"token_id": YES}


def test_a_book_shows_the_worst_price_first_and_numbers_as_texts() -> None:
    play = Play()
    play.ladder([(40, 5), (39, 8)], [(60, 7), (61, 9)])
    play.place(ANNA, Side.BUY, 40, 10)

    shown = reading.book(play.exchange, OF_YES)

    assert isinstance(shown, dict)
    assert shown["bids"] == [{"price": "0.39", "size": "8"}, {"price": "0.4", "size": "15"}]
    assert shown["asks"] == [{"price": "0.61", "size": "9"}, {"price": "0.6", "size": "7"}]
    assert (shown["tick_size"], shown["min_order_size"]) == ("0.01", "5")
    assert (shown["timestamp"], shown["last_trade_price"]) == (str(AT // 1000), "")


def test_the_last_price_is_told_in_each_token_s_own_terms() -> None:
    play = Play()
    play.ladder([], [(60, 70)])
    play.place(ANNA, Side.BUY, 60, 10, OrderType.FAK)

    assert reading.last_trade_price(play.exchange, OF_YES) == {"price": "0.6", "side": "BUY"}
    assert reading.last_trade_price(play.exchange, {"token_id": NO}) == {
        "price": "0.4",
        "side": "BUY",
    }


def test_a_book_with_one_side_has_no_middle() -> None:
    play = Play()
    play.ladder([], [(60, 70)])

    assert reading.midpoint(play.exchange, OF_YES) == refusals.NO_BOOK
    assert reading.spread(play.exchange, OF_YES) == refusals.NO_BOOK
    assert reading.price(play.exchange, {**OF_YES, "side": "buy"}) == {"price": "0"}
    assert reading.price(play.exchange, {**OF_YES, "side": "hold"}) == refusals.INVALID_QUERY


@pytest.mark.parametrize(
    ("read", "refusal"),
    [
        (reading.book, refusals.NO_BOOK),
        (reading.price, refusals.NO_BOOK),
        (reading.midpoint, refusals.NO_BOOK),
        (reading.last_trade_price, refusals.NO_BOOK),
        (reading.tick_size, refusals.MARKET_NOT_FOUND),
        (reading.neg_risk, refusals.MARKET_NOT_FOUND),
        (reading.fee_rate, refusals.MARKET_NOT_FOUND),
    ],
)
def test_a_token_that_nobody_knows_is_not_found(read: Any, refusal: refusals.Refusal) -> None:
    assert read(Play().exchange, {"token_id": "9", "side": "BUY"}) == refusal
    assert reading.market_by_token(Play().exchange, "9") == refusals.MARKET_NOT_FOUND
    assert reading.books(Play().exchange, ["9"]) == []


def test_trades_come_in_pages_and_narrow_by_every_filter() -> None:
    play = Play()
    play.ladder([], [(10, 10_000)])
    for _ in range(reading.PAGE + 5):
        play.place(ANNA, Side.BUY, 10, 10, OrderType.FAK)
    owner = f"key-{ANNA}"

    first = reading.trades(play.exchange, owner, {})
    assert isinstance(first, dict)
    second = reading.trades(play.exchange, owner, {"next_cursor": str(first["next_cursor"])})
    assert isinstance(second, dict)

    assert (first["count"], second["count"], second["next_cursor"]) == (300, 5, "LTE=")
    last = reading.trades(play.exchange, owner, {"next_cursor": "LTE="})
    assert isinstance(last, dict)
    assert last["data"] == []
    at_s = AT // ONE
    for query, count in (
        ({"market": MARKET.condition_id, "asset_id": YES, "maker_address": ANNA.upper()}, 300),
        ({"market": "0x0"}, 0),
        ({"asset_id": NO}, 0),
        ({"maker_address": BERT}, 0),
        ({"before": str(at_s)}, 0),
        ({"after": str(at_s)}, 0),
        ({"before": str(at_s + 1), "after": str(at_s - 1)}, 300),
    ):
        page = reading.trades(play.exchange, owner, query)
        assert isinstance(page, dict)
        assert page["count"] == count, query


def test_open_orders_narrow_by_every_filter() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 10, 10)
    play.place(ANNA, Side.BUY, 10, 10, token=NO)
    for query, count in (({}, 2), ({"id": "0x1"}, 1), ({"asset_id": NO}, 1), ({"market": "0"}, 0)):
        page = reading.orders(play.exchange, f"key-{ANNA}", query)
        assert isinstance(page, dict)
        assert page["count"] == count


def test_a_wallet_that_nobody_knows_has_nothing() -> None:
    shown = reading.balance(Play().exchange, ConditionId("0x"), {"asset_type": "COLLATERAL"})  # type: ignore[arg-type]  # no wallet at all

    assert isinstance(shown, dict)
    assert shown["balance"] == "0"


def test_only_a_gtd_order_can_expire() -> None:
    play = Play()
    play.place(ANNA, Side.BUY, 10, 10)

    assert clearing.expire(play.exchange, VenueOrderId("0x1"), 10**18) == []
    assert clearing.expire(play.exchange, VenueOrderId("0x2"), 10**18) == []


def test_a_tick_is_the_coarser_of_the_two_that_fit() -> None:
    assert tick_for({40 * CENT, 41 * CENT}) == CENT
    assert tick_for({40 * CENT, 41 * CENT + 1000}) == 1000


def test_a_token_made_up_is_never_a_position_of_the_next_protocol() -> None:
    token = token_for(ConditionId("0xc"), "UP")

    assert token == token_for(ConditionId("0xc"), "UP") != token_for(ConditionId("0xc"), "DOWN")
    assert int(token) >> 40 & (2**64 - 1)
    with pytest.raises(KeyError):
        MARKET.index(token)
