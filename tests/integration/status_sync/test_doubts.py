"""What cannot be read proves nothing: no order ends by it, and nothing else waits for it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.adapters.rest import ClobReports, open_reports
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.account_state import Account
from polycopy.trading.order_life import OrderState
from tests.support.executing import account_of
from tests.support.hand_clock import HandClock
from tests.support.strange_venue import (
    CREDENTIALS,
    Handler,
    answers,
    floods,
    redirects_to,
    strange_venue,
)
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    ONE,
    OPENING,
    TOKEN,
    placed,
    requested,
    venue_id,
)

CLOCK = HandClock()
FLOODS = [floods(packed=False), floods(packed=True)]
LEG = {"order_id": "0xstranger", "asset_id": TOKEN, "matched_amount": "20", "price": "0.5"}
TRADE: dict[str, Any] = {
    "id": "t1",
    "taker_order_id": venue_id("a"),
    "market": CONDITION,
    "asset_id": TOKEN,
    "side": "BUY",
    "size": "20",
    "price": "0.5",
    "status": "CONFIRMED",
    "trader_side": "TAKER",
    "match_time": str(CLOCK.now_ms() // 1000 - 60),
    "maker_orders": [LEG],
}


class Silent:
    """A socket that never connects."""

    async def listen(self) -> AsyncIterator[Connected | Lost | Sequence[Report]]:
        await asyncio.Event().wait()
        yield Connected()

    def reconnect(self, why: str) -> None:
        del why


def venue_with(*trades: dict[str, Any], ill: str = "", body: object = None) -> Handler:
    """Denies every order; answers for the order `ill` with a 500, or with `body`."""

    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/data/trades":
            return web.json_response({"data": trades, "next_cursor": "LTE="})
        if request.path == "/data/orders":
            return web.json_response({"data": [], "next_cursor": "LTE="})
        if request.path == f"/data/order/{ill}":
            return web.json_response(body, status=200 if body else 500)
        return web.json_response(None)

    return handler


async def log_with(*names: str) -> MemoryLog:
    """Orders that never rest, sent more than a minute ago."""
    log, held = MemoryLog(), ledger.initial(ACCOUNT)
    events: list[OrderEvent] = list(OPENING)
    for name in names:
        at_ms = CLOCK.now_ms() - 61_000
        request = msgspec.structs.replace(requested(name, lock=10 * ONE), requested_at_ms=at_ms)
        events += [request, placed(name)]
    for event in events:
        new = ledger.entry(held, event, CLOCK.now_ms())
        sequence = await log.append(new, expected=held.sequence)
        held = ledger.evolve(
            held,
            Recorded(sequence=sequence, subject=new.subject, envelope=new.envelope, event=event),
        )
    return log


@asynccontextmanager
async def asked_at(url: str) -> AsyncIterator[ClobReports]:
    async with open_reports(url, CREDENTIALS, timeout_s=10, clock=CLOCK) as reports:
        yield reports


async def asking(log: MemoryLog, handler: Handler) -> str:
    """Ask twice, as a poll does; why it stayed blind, or "" where it did not."""
    async with strange_venue(handler) as venue, asked_at(venue.url) as reports:
        service = StatusSync(log, ACCOUNT, asked=reports, told=Silent(), clock=CLOCK)
        await service.start()
        why = ""
        for _ in range(2):
            try:
                await service.ask()
            except Transient as error:
                why = str(error)
        assert service.blind is bool(why)
        return why


def states(account: Account) -> dict[str, OrderState]:
    return {str(order_id): order.state for order_id, order in account.orders.items()}


async def test_an_order_that_never_rests_has_ended_where_all_is_read_and_it_is_denied() -> None:
    log = await log_with("a")

    assert await asking(log, venue_with()) == ""

    assert states(await account_of(log, ACCOUNT)) == {"a": OrderState.CANCELLED}


@pytest.mark.parametrize("bad", [{"price": "1.0000011"}, {"market": None}, {"size": "many"}])
async def test_a_trade_that_cannot_be_read_ends_no_order(bad: dict[str, Any]) -> None:
    log = await log_with("a")

    assert "could not be read" in await asking(log, venue_with(TRADE | bad))

    account = await account_of(log, ACCOUNT)
    assert states(account) == {"a": OrderState.OPEN}
    assert account.locked_micros == 10 * ONE


async def test_the_trades_beside_one_that_cannot_be_read_count() -> None:
    log = await log_with("a", "b")

    assert await asking(log, venue_with(TRADE | {"id": "t0", "price": "2"}, TRADE))

    account = await account_of(log, ACCOUNT)
    assert states(account) == {"a": OrderState.FILLED, "b": OrderState.OPEN}


@pytest.mark.parametrize("body", [None, {"id": "0xb", "status": "MATCHED"}])
async def test_an_order_that_is_never_answered_for_stops_no_other(body: object) -> None:
    log = await log_with("a", "b", "c")

    assert await asking(log, venue_with(TRADE, ill=venue_id("b"), body=body))

    assert states(await account_of(log, ACCOUNT)) == {
        "a": OrderState.FILLED,
        "b": OrderState.OPEN,
        "c": OrderState.CANCELLED,
    }


async def test_a_bad_part_of_a_stranger_costs_us_no_fill() -> None:
    log = await log_with("a")

    assert await asking(log, venue_with(TRADE | {"maker_orders": [LEG | {"price": "2"}]})) == ""

    assert states(await account_of(log, ACCOUNT)) == {"a": OrderState.FILLED}


@pytest.mark.parametrize("whose", ["", "0xb"])
async def test_a_bad_part_that_may_be_ours_ends_no_order(whose: str) -> None:
    log = await log_with("a", "b")
    legs = [LEG | {"order_id": whose, "price": "2"}]

    assert "a maker's part" in await asking(log, venue_with(TRADE | {"maker_orders": legs}))

    assert states(await account_of(log, ACCOUNT)) == {"a": OrderState.FILLED, "b": OrderState.OPEN}


async def test_a_redirect_carries_our_credentials_nowhere() -> None:
    async with (
        strange_venue(answers({})) as thief,
        strange_venue(redirects_to(thief.url, 307)) as venue,
        asked_at(venue.url) as reports,
    ):
        with pytest.raises(Transient):
            await reports.order(venue_id("a"))
        with pytest.raises(Transient):
            await anext(aiter(reports.trades(0)))

        assert thief.asked == []


@pytest.mark.parametrize("flood", FLOODS)
async def test_an_answer_without_end_is_no_answer(flood: Handler) -> None:
    async with strange_venue(flood) as venue, asked_at(venue.url) as reports:
        with pytest.raises(Transient, match="more than"):
            await reports.order(venue_id("a"))
