"""What a page of orders or trades costs: what is on it, and not what there is."""

from collections.abc import Callable
from typing import Any

import pytest

from polycopy.paper_venue.core.clob import reading
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.protocol.messages import Reply
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, BERT, Play

MANY = 2 * reading.PAGE
OWNER = f"key-{ANNA}"
Read = Callable[[Exchange, str, reading.Query], Reply]


class Counted(dict[Any, Any]):
    """A dict that counts what is looked up in it."""

    looks = 0

    def __getitem__(self, key: Any) -> Any:
        self.looks += 1
        return super().__getitem__(key)


def traded() -> Play:
    play = Play()
    play.ladder([], [(10, 100_000)])
    for _ in range(MANY):
        play.place(ANNA, Side.BUY, 10, 10, OrderType.FAK)
    play.place(BERT, Side.BUY, 10, 10, OrderType.FAK)
    return play


def resting() -> Play:
    play = Play()
    for _ in range(MANY):
        play.place(ANNA, Side.BUY, 10, 5)
    play.place(BERT, Side.BUY, 10, 5)
    return play


def page(read: Read, play: Play, **query: str) -> dict[str, Any]:
    found = read(play.exchange, OWNER, query)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("cursor", ["", "MTAw", "LTE="])
def test_a_page_of_trades_looks_at_no_trade_that_is_not_on_it(cursor: str) -> None:
    play = traded()
    play.exchange.trades = trades = Counted(play.exchange.trades)
    shown = page(reading.trades, play, next_cursor=cursor)
    assert trades.looks == shown["count"]


@pytest.mark.parametrize("cursor", ["", "MTAw", "LTE="])
def test_a_page_of_orders_looks_at_no_order_that_is_not_on_it(cursor: str) -> None:
    play = resting()
    play.exchange.orders = orders = Counted(play.exchange.orders)
    shown = page(reading.orders, play, next_cursor=cursor)
    assert orders.looks == shown["count"]


def test_a_trade_is_found_by_its_id_at_one_look_and_by_its_parties_alone() -> None:
    play = traded()
    mine, theirs = (play.exchange.trades_of[f"key-{who}"][0] for who in (ANNA, BERT))
    play.exchange.trades = trades = Counted(play.exchange.trades)
    assert [row["id"] for row in page(reading.trades, play, id=mine)["data"]] == [mine]
    assert trades.looks == 1
    for query in ({"id": theirs}, {"id": "nobody's"}, {"id": mine, "market": "0x0"}):
        assert page(reading.trades, play, **query)["data"] == []


def test_an_order_is_found_by_its_id_at_one_look_and_by_its_owner_alone() -> None:
    play = resting()
    mine, theirs = (next(iter(play.exchange.orders_of[f"key-{who}"])) for who in (ANNA, BERT))
    play.exchange.orders = orders = Counted(play.exchange.orders)
    assert [row["id"] for row in page(reading.orders, play, id=mine.upper())["data"]] == [mine]
    assert orders.looks == 1
    for query in ({"id": theirs}, {"id": "0x"}, {"id": mine, "market": "0x0"}):
        assert page(reading.orders, play, **query)["data"] == []
