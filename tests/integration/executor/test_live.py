"""Real orders: signed, sent to a venue that speaks Polymarket's protocol, and found again."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.ports import Venue
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Draft
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.subjects import ALL_ORDERS
from polycopy.schemas.terms import UncertainCode
from polycopy.trading.order_life import OrderState
from tests.support.crashing import Crash, Steps
from tests.support.executing import (
    HURRIED,
    Venues,
    account_of,
    act,
    events_of,
    eventually,
    running,
    started,
    venue_orders,
    venues_at,
)
from tests.support.fault_proxy import FaultProxy, fault_proxy
from tests.support.hand_clock import HandClock
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)


class Forgetful:
    """A venue that denies every order when asked."""

    def __init__(self, inner: Venue) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def find(self, request: OrderRequested) -> None:
        del request


class SlowLog:
    """A log that takes a minute and more to store a request."""

    def __init__(self, inner: Log, clock: HandClock) -> None:
        self._inner = inner
        self._clock = clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        sequence = await self._inner.append(new, expected=expected)
        if new.subject.endswith(".requested"):
            self._clock.advance(60_001)
        return sequence


@pytest.fixture
async def proxy(venue: Running) -> AsyncIterator[FaultProxy]:
    async with fault_proxy(venue.urls["clob"]) as opened:
        yield opened


@pytest.fixture
async def venues(proxy: FaultProxy, keys: Path) -> AsyncIterator[Venues]:
    """Everything goes through the proxy."""
    async with venues_at(proxy.url, keys) as opened:
        yield opened


async def test_the_venue_gets_the_bytes_that_the_log_holds(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)

    await act(executor, await signal(log, venue, decision(COPY)))

    [request] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderRequested)]
    [placed] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderPlaced)]
    [order] = venue_orders(venue)
    assert order["venue_order_id"] == request.venue_order_id == placed.venue_order_id
    assert placed.status == "matched"
    assert json.loads(placed.answer)["orderID"] == request.venue_order_id
    assert request.requested_at_ms <= placed.sent_at_ms <= placed.placed_at_ms


async def test_an_answer_that_is_lost_leaves_one_order_and_it_is_adopted(
    log: Log, venue: Running, venues: Venues, proxy: FaultProxy
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)
    proxy.loses = b"POST /order"
    await act(executor, await signal(log, venue, decision(COPY)))
    uncertain = (await events_of(log, LIVE))[-1]
    assert isinstance(uncertain, OrderUncertain)
    assert (await account_of(log, LIVE)).locked_micros > 0

    await executor.settle()

    placed = (await events_of(log, LIVE))[-1]
    assert isinstance(placed, OrderPlaced)
    assert placed.adopted == "order"
    assert len(venue_orders(venue)) == 1


async def test_an_answer_that_takes_too_long_is_unknown_and_the_order_is_found(
    log: Log, venue: Running, keys: Path, proxy: FaultProxy
) -> None:
    await create(log, COPY)
    async with venues_at(proxy.url, keys, timeout_s=0.3) as hasty:
        executor = await started(log, hasty)
        proxy.loses, proxy.holds = b"POST /order", True
        await act(executor, await signal(log, venue, decision(COPY)))
        uncertain = (await events_of(log, LIVE))[-1]
        assert isinstance(uncertain, OrderUncertain)
        assert uncertain.code is UncertainCode.TIMEOUT

        await executor.settle()

    assert isinstance((await events_of(log, LIVE))[-1], OrderPlaced)
    assert len(venue_orders(venue)) == 1


async def test_an_order_that_the_venue_denies_and_has_is_adopted_as_a_duplicate(
    log: Log, venue: Running, venues: Venues
) -> None:
    """A real venue keeps no record of an order that is done: `null` proves nothing."""
    await create(log, COPY)
    sent = await signal(log, venue, decision(COPY))
    executor = await started(log, venues, steps=Steps("after send"))
    with pytest.raises(Crash):
        await act(executor, sent)
    forgetful = Forgetful(venues.by_name[VenueName.POLYMARKET])
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, forgetful)}

    await started(log, msgspec.structs.replace(venues, by_name=by_name), instance="second")

    [placed] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderPlaced)]
    assert placed.adopted == "duplicated"
    first, second = venue_orders(venue)
    assert first["venue_order_id"] == second["venue_order_id"] == placed.venue_order_id
    assert (first["accepted"], second["accepted"]) == (True, False)


async def test_an_order_that_never_left_is_sent_with_the_bytes_that_the_log_holds(
    log: Log, venue: Running, venues: Venues
) -> None:
    sent = await _request_and_crash(log, venue, venues)

    executor = await started(log, venues, instance="second")

    assert await act(executor, sent) == []
    events = await events_of(log, LIVE)
    [request] = [one for one in events if isinstance(one, OrderRequested)]
    [order] = venue_orders(venue)
    assert order["venue_order_id"] == request.venue_order_id
    [uncertain] = [one for one in events if isinstance(one, OrderUncertain)]
    assert uncertain.code is UncertainCode.INTERRUPTED


async def test_an_order_that_is_in_doubt_for_too_long_is_not_sent_and_keeps_its_lock(
    log: Log, venue: Running, venues: Venues
) -> None:
    await _request_and_crash(log, venue, venues)

    await started(
        log, venues, instance="second", limits=msgspec.structs.replace(HURRIED, resend_ms_max=-1)
    )

    assert not venue_orders(venue)
    account = await account_of(log, LIVE)
    assert [order.state for order in account.orders.values()] == [OrderState.UNCERTAIN]
    assert account.locked_micros > 0


async def test_an_order_that_got_too_old_on_its_way_into_the_log_is_not_sent(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    sent = await signal(log, venue, decision(COPY))
    clock = HandClock(SystemClock().now_ms())
    executor = await started(cast(Log, SlowLog(log, clock)), venues, clock=clock)

    await act(executor, sent)

    assert isinstance((await events_of(log, LIVE))[-1], OrderRequested)
    await executor.settle()
    assert not venue_orders(venue)
    cancelled = (await events_of(log, LIVE))[-1]
    assert isinstance(cancelled, OrderCancelled)
    assert cancelled.reason.startswith("it never left")
    assert (await account_of(log, LIVE)).locked_micros == 0


async def test_a_limit_that_nothing_meets_is_refused_before_the_venue_hears_of_it(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)

    await act(executor, await signal(log, venue, decision(COPY, limit=10_000)))

    assert isinstance((await events_of(log, LIVE))[-1], OrderRefused)
    assert not venue_orders(venue)


async def test_money_goes_first(log: Log, venue: Running, venues: Venues) -> None:
    paper = strategy("copy-one", PAPER, VenueName.PAPER)
    await create(log, COPY)
    await create(log, paper)
    executor = await started(log, venues)

    await act(executor, await signal(log, venue, decision(paper), decision(COPY)))

    requests = [one for one in await log.read([ALL_ORDERS]) if type(one.event) is OrderRequested]
    assert [one.subject.split(".")[1] for one in requests] == [LIVE, PAPER]


async def test_a_venue_that_is_away_gets_its_order_when_it_is_back(
    log: Log, venue: Running, venues: Venues, proxy: FaultProxy
) -> None:
    await create(log, COPY)
    executor = await started(log, venues)
    sent = await signal(log, venue, decision(COPY))
    proxy.refuses = True
    await proxy.close()
    with pytest.raises(Transient):
        await act(executor, sent)
    assert not (await account_of(log, LIVE)).orders
    proxy.refuses = False

    await act(executor, sent)

    assert len(venue_orders(venue)) == 1


async def test_the_worker_places_live_orders(log: Log, venue: Running, venues: Venues) -> None:
    await create(log, COPY)
    async with running(await started(log, venues), log):
        await signal(log, venue, decision(COPY))
        await eventually(
            log,
            LIVE,
            lambda account: [one.state for one in account.orders.values()] == [OrderState.OPEN],
        )


async def _request_and_crash(log: Log, venue: Running, venues: Venues) -> Recorded:
    """An order is in the log and never left."""
    await create(log, COPY)
    sent = await signal(log, venue, decision(COPY))
    executor = await started(log, venues, steps=Steps("before send"))
    with pytest.raises(Crash):
        await act(executor, sent)
    return sent
