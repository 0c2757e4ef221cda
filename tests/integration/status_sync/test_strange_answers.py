"""Answers that deny nothing: whatever a gateway says, no capital is freed by it."""

import pytest
from aiohttp import web

from polycopy.runtime.errors import Transient
from polycopy.trading.order_life import OrderState
from tests.integration.status_sync.test_doubts import asked_at, asking, log_with, states
from tests.support.executing import account_of
from tests.support.strange_venue import Handler, answers, on_paths, shows, strange_venue
from tests.support.trading import ACCOUNT, CONDITION, ONE, TOKEN, venue_id

NONE = answers({"data": [], "next_cursor": "LTE="})
NO_DENIALS = [
    answers({}),
    answers([]),
    answers(None, 404),
    answers({}, 404),
    answers({"error": "404 page not found"}, 404),
    shows("<html>404 Not Found</html>", 404),
    shows("<html>maintenance</html>", 200),
]
NO_PAGES = [
    answers({}),
    answers({"data": []}),
    answers({"next_cursor": "LTE="}),
    answers({"data": None, "next_cursor": "LTE="}),
    answers({"data": [], "next_cursor": "LTE="}, 404),
    shows("<html>404 Not Found</html>", 404),
]

ENDED = {
    "id": venue_id("a"),
    "status": "CANCELED",
    "market": CONDITION,
    "asset_id": TOKEN,
    "side": "BUY",
    "original_size": "20",
    "size_matched": "0",
    "price": "0.5",
    "order_type": "FAK",
}


def venue(order: Handler, trades: Handler = NONE, orders: Handler = NONE) -> Handler:
    return on_paths({"/data/order/": order, "/data/trades": trades, "/data/orders": orders})


async def stays_locked(order: Handler, trades: Handler) -> None:
    log = await log_with("a")

    assert await asking(log, venue(order, trades))

    account = await account_of(log, ACCOUNT)
    assert states(account) == {"a": OrderState.OPEN}
    assert account.locked_micros == 10 * ONE


@pytest.mark.parametrize("order", NO_DENIALS)
async def test_an_order_is_not_denied_by_what_the_venue_did_not_say(order: Handler) -> None:
    await stays_locked(order, NONE)


@pytest.mark.parametrize("trades", NO_PAGES)
async def test_a_denied_order_ends_not_where_its_trades_may_be_hidden(trades: Handler) -> None:
    await stays_locked(answers(None), trades)


@pytest.mark.parametrize("denial", [answers(None), answers({"error": "Order not found"}, 404)])
async def test_the_venue_s_own_denial_ends_what_never_rests(denial: Handler) -> None:
    log = await log_with("a")

    assert await asking(log, venue(denial)) == ""

    assert states(await account_of(log, ACCOUNT)) == {"a": OrderState.CANCELLED}


async def test_another_order_than_was_asked_for_ends_none() -> None:
    log = await log_with("a", "b")
    handler = venue(answers(ENDED))

    assert "another order" in await asking(log, handler)

    account = await account_of(log, ACCOUNT)
    assert states(account) == {"a": OrderState.CANCELLED, "b": OrderState.OPEN}
    assert account.locked_micros == 10 * ONE


async def test_an_order_s_id_may_come_in_capitals() -> None:
    log = await log_with("a")
    order = answers(ENDED | {"id": venue_id("a").upper()})

    assert await asking(log, venue(order)) == ""

    assert states(await account_of(log, ACCOUNT)) == {"a": OrderState.CANCELLED}


@pytest.mark.parametrize(
    "size", [{"size_matched": None}, {"size_matched": ""}, {}, {"size_matched": "0"}]
)
async def test_a_match_without_a_size_ends_no_order(size: dict[str, str | None]) -> None:
    log = await log_with("a")
    told = {name: value for name, value in ENDED.items() if name != "size_matched"}
    order = answers(told | size | {"status": "MATCHED"})

    assert await asking(log, venue(order)) == ""

    account = await account_of(log, ACCOUNT)
    assert states(account) == {"a": OrderState.OPEN}
    assert account.locked_micros == 10 * ONE


@pytest.mark.parametrize("cursors", [["MA=="], ["b"], ["b", "c"]], ids=["first", "one", "two"])
async def test_pages_that_go_round_in_a_circle_are_read_once(cursors: list[str]) -> None:
    pages = [answers({"data": [], "next_cursor": cursor}) for cursor in [*cursors, cursors[0]]]
    left = iter(pages)

    async def trades(request: web.Request) -> web.StreamResponse:
        return await next(left)(request)

    async with strange_venue(trades) as strange, asked_at(strange.url) as reports:
        with pytest.raises(Transient, match="pages of trades go round in a circle"):
            [_ async for _ in reports.trades(0)]
        assert len(strange.asked) == len(set(cursors) | {"MA=="})
