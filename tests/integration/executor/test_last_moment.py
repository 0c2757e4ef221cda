"""What may still leave at the last moment, and what may not any more."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.core.answers import Answer, NotSent
from polycopy.executor.ports import Venue
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log
from polycopy.schemas.control import OrderCancelAsked, TradingState, VenueName
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderEvent,
    OrderPlaced,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.terms import CancelVerdict
from tests.integration.executor.test_cancelling import wish
from tests.integration.executor.test_kill_switch import turn
from tests.support.crashing import Crash, Steps
from tests.support.executing import (
    DEADLINE_S,
    Venues,
    account_of,
    act,
    events_of,
    started,
    venue_orders,
)
from tests.support.hand_clock import HandClock
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

HOUR_MS = 3_600_000
COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)


class Settable(HandClock):
    """Time passes as ever, whatever it is set to."""

    def __init__(self, now_ms: int) -> None:
        super().__init__(now_ms)
        self._by_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self._by_ms

    def set_back(self, by_ms: int) -> None:
        self._by_ms -= by_ms


class Busy:
    """A venue whose turnstile lets nothing pass for so many times."""

    def __init__(self, inner: Venue, *, holds: int = 0) -> None:
        self._inner = inner
        self._holds = holds
        self.sent = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, request: OrderRequested, may_leave: Callable[[], bool]) -> Answer:
        if self._holds:
            self._holds -= 1
            return NotSent(detail="its turn comes too late")
        self.sent += 1
        return await self._inner.send(request, may_leave)


class Mute(Busy):
    """Busy at first, and then it takes an order and never says so."""

    def __init__(self, inner: Venue, *, holds: int) -> None:
        super().__init__(inner, holds=holds)
        self.took = asyncio.Event()

    async def send(self, request: OrderRequested, may_leave: Callable[[], bool]) -> Answer:
        answer = await super().send(request, may_leave)
        if not isinstance(answer, NotSent):
            self.took.set()
            await asyncio.Event().wait()
        return answer


class Away:
    """A venue that cannot be asked until it is there."""

    def __init__(self, inner: Venue) -> None:
        self._inner = inner
        self.there = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def find(self, request: OrderRequested) -> Any:
        if not self.there:
            raise Transient("away")
        return await self._inner.find(request)


def with_busy(venues: Venues, busy: Busy) -> Venues:
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, busy)}
    return msgspec.structs.replace(venues, by_name=by_name)


async def kinds(log: Log) -> list[type[OrderEvent]]:
    return [type(one) for one in await events_of(log, LIVE)]  # type: ignore[misc]  # of orders


async def test_what_was_to_be_cancelled_is_not_sent_again(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    crashing = await started(log, venues, steps=Steps("before send"))
    with pytest.raises(Crash):
        await act(crashing, await signal(log, venue, decision(COPY)))
    [order] = (await account_of(log, LIVE)).orders.values()
    await wish(log, OrderCancelAsked(order_id=order.order_id, account=LIVE, operator="ann"))

    await started(log, venues, instance="second")

    assert not venue_orders(venue)
    [answered] = [one for one in await events_of(log, LIVE) if isinstance(one, OrderCancelAnswered)]
    assert answered.verdict is CancelVerdict.NOT_FOUND
    assert (await account_of(log, LIVE)).locked_micros > 0, "every source has to deny it first"


async def test_what_its_turn_came_too_late_for_is_sent_at_the_next_without_a_doubt(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    busy = Busy(venues.by_name[VenueName.POLYMARKET], holds=1)
    executor = await started(log, with_busy(venues, busy))
    await act(executor, await signal(log, venue, decision(COPY)))
    assert (await kinds(log))[-1] is OrderRequested
    assert busy.sent == 0

    await executor.settle()

    assert busy.sent == len(venue_orders(venue)) == 1
    assert (await kinds(log))[-1] is OrderPlaced
    assert OrderUncertain not in await kinds(log)


async def test_what_never_left_and_may_not_any_more_is_over_at_once(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    busy = Busy(venues.by_name[VenueName.POLYMARKET], holds=1)
    executor = await started(log, with_busy(venues, busy))
    await act(executor, await signal(log, venue, decision(COPY)))
    await turn(log, TradingState.HALTED)

    await executor.settle()

    assert (await kinds(log))[-1] is OrderCancelled
    assert (await account_of(log, LIVE)).locked_micros == 0
    assert not venue_orders(venue)
    await turn(log, TradingState.ACTIVE)
    await executor.settle()
    assert not venue_orders(venue)


async def test_of_what_was_stopped_on_its_way_nobody_says_that_it_never_left(
    log: Log, venue: Running, venues: Venues
) -> None:
    """It was held at first: that was before its bytes left."""
    await create(log, COPY)
    clock = HandClock(SystemClock().now_ms())
    mute = Mute(venues.by_name[VenueName.POLYMARKET], holds=1)
    executor = await started(log, with_busy(venues, mute), clock=clock)
    await act(executor, await signal(log, venue, decision(COPY)))
    sending = asyncio.create_task(executor.settle())
    async with asyncio.timeout(DEADLINE_S):
        await mute.took.wait()
    sending.cancel()
    await asyncio.wait({sending}, timeout=DEADLINE_S)
    await turn(log, TradingState.HALTED)
    clock.advance(2_001)  # It is looked for again.

    await executor.settle()

    assert (await kinds(log))[-1] is OrderPlaced
    assert OrderCancelled not in await kinds(log)
    assert len(venue_orders(venue)) == 1


async def test_the_switch_is_read_before_anything_is_sent_again(
    log: Log, venue: Running, venues: Venues
) -> None:
    """Nobody told the executor of it: it does not listen here."""
    await create(log, COPY)
    crashing = await started(log, venues, steps=Steps("before send"))
    with pytest.raises(Crash):
        await act(crashing, await signal(log, venue, decision(COPY)))
    away = Away(venues.by_name[VenueName.POLYMARKET])
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, away)}
    blind = msgspec.structs.replace(venues, by_name=by_name)
    clock = HandClock(SystemClock().now_ms())
    executor = await started(log, blind, instance="second", clock=clock)
    await turn(log, TradingState.HALTED)
    away.there = True
    clock.advance(1_001)  # It is looked for again.

    await executor.settle()

    assert not venue_orders(venue)
    [order] = (await account_of(log, LIVE)).orders.values()
    assert order.locked_micros > 0


@pytest.mark.parametrize("passed_ms", [2_000, HOUR_MS, HOUR_MS + 2_000])
async def test_a_clock_that_is_set_back_lets_no_old_order_leave(
    log: Log, venue: Running, venues: Venues, passed_ms: int
) -> None:
    """Neither before the time of its request comes again, nor when it does."""
    await create(log, COPY)
    clock = Settable(SystemClock().now_ms())
    busy = Busy(venues.by_name[VenueName.POLYMARKET], holds=1)
    executor = await started(log, with_busy(venues, busy), clock=clock)
    await act(executor, await signal(log, venue, decision(COPY)))
    assert (await kinds(log))[-1] is OrderRequested

    clock.set_back(HOUR_MS)
    clock.advance(passed_ms)
    await executor.settle()

    assert busy.sent == 0
    assert (await kinds(log))[-1] is OrderCancelled
