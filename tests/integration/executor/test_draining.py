"""Told to end, the executor ends what is in hand and begins nothing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.core.answers import Answer, NotSent
from polycopy.executor.core.limits import Limits
from polycopy.executor.ports import Venue
from polycopy.executor.service.desk import NAME
from polycopy.executor.service.executor import FILTERS
from polycopy.executor.service.executor import PAPER as PAPER_WORKER
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.control import TradingState, VenueName
from polycopy.schemas.orders import OrderPlaced, OrderRequested
from tests.integration.executor.test_kill_switch import turn
from tests.support.executing import (
    DEADLINE_S,
    HURRIED,
    Venues,
    act,
    events_of,
    started,
    venue_orders,
)
from tests.support.hand_clock import HandClock
from tests.support.like import Like, with_money_at
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

PATIENT = msgspec.structs.replace(HURRIED, drain_s_max=DEADLINE_S)
COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)


class Slow:
    """A venue that answers an order only once it is let."""

    def __init__(self, inner: Venue) -> None:
        self._inner = inner
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, request: OrderRequested, *more: Any) -> Answer:
        self.asked.set()
        await self.answers.wait()
        return await self._inner.send(request, *more)


class Holding(Like):
    """A venue at whose turnstile an order stands for as long as it may leave."""

    def __init__(self, inner: Venue) -> None:
        super().__init__(inner)
        self.asked = asyncio.Event()
        self.barred = asyncio.Event()

    async def send(self, request: OrderRequested, may_leave: Callable[[], bool]) -> Answer:
        del request
        self.asked.set()
        async with asyncio.timeout(DEADLINE_S):
            while may_leave():  # noqa: ASYNC110 - nobody tells when it may not
                await asyncio.sleep(0)
        self.barred.set()
        return NotSent(detail="it may not leave any more")


class Severed(Like):
    """A log that cannot be followed any more, once somebody says so."""

    def __init__(self, inner: Log) -> None:
        super().__init__(inner)
        self.severed = asyncio.Event()

    async def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]:
        del filters, after
        await self.severed.wait()
        raise Halt("the log was replaced")
        yield


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An order in hand."""

    venue: Holding
    log: Severed
    working: asyncio.Task[None]


async def held(log: Log, venue: Running, venues: Venues, limits: Limits) -> Held:
    """An executor at work that has an order in hand, which did not leave yet. Its clock stands."""
    await create(log, COPY)
    holding = Holding(venues.by_name[VenueName.POLYMARKET])
    severed = Severed(log)
    executor = await started(
        cast(Log, severed),
        with_money_at(venues, holding),
        limits=limits,
        clock=HandClock(SystemClock().now_ms()),
    )
    working = asyncio.create_task(
        executor.run(log.work(NAME, FILTERS), log.work(PAPER_WORKER, FILTERS), tick_s=60)
    )
    await signal(log, venue, decision(COPY))
    async with asyncio.timeout(DEADLINE_S):
        await holding.asked.wait()
    return Held(venue=holding, log=severed, working=working)


async def test_an_order_on_its_way_gets_its_answer_before_the_end(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    slow = Slow(venues.by_name[VenueName.POLYMARKET])
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, slow)}
    executor = await started(log, msgspec.structs.replace(venues, by_name=by_name))
    working = asyncio.create_task(
        executor.run(log.work(NAME, FILTERS), log.work(PAPER_WORKER, FILTERS), tick_s=60)
    )
    sent = await signal(log, venue, decision(COPY))
    await slow.asked.wait()

    working.cancel()
    next_one = await signal(log, venue, decision(COPY), number=2)
    slow.answers.set()
    await asyncio.wait({working}, timeout=20)

    assert working.cancelled()
    placed = [one for one in await events_of(log, LIVE) if isinstance(one, OrderPlaced)]
    assert len(placed) == len(venue_orders(venue)) == 1

    again = await started(log, venues, instance="second")
    assert await act(again, sent) == []  # It comes again, and is old.
    assert len(await act(again, next_one)) == 2


async def test_what_is_in_hand_does_not_leave_once_the_operator_halts(
    log: Log, venue: Running, venues: Venues
) -> None:
    """However seldom the executor ticks."""
    one = await held(log, venue, venues, PATIENT)
    one.working.cancel()
    await turn(log, TradingState.HALTED)

    async with asyncio.timeout(DEADLINE_S):
        await one.venue.barred.wait()
        await asyncio.wait({one.working})

    assert not venue_orders(venue)


async def test_what_is_in_hand_does_not_leave_once_it_took_too_long(
    log: Log, venue: Running, venues: Venues
) -> None:
    """The kill switch is read no more then."""
    one = await held(log, venue, venues, msgspec.structs.replace(HURRIED, drain_s_max=0))
    one.working.cancel()

    async with asyncio.timeout(DEADLINE_S):
        await one.venue.barred.wait()
        await asyncio.wait({one.working})


async def test_what_is_in_hand_does_not_leave_after_a_halt_of_the_executor(
    log: Log, venue: Running, venues: Venues
) -> None:
    one = await held(log, venue, venues, PATIENT)
    one.log.severed.set()

    async with asyncio.timeout(DEADLINE_S):
        await one.venue.barred.wait()
        await asyncio.wait({one.working})

    with pytest.raises(ExceptionGroup) as ended:
        one.working.result()
    assert "the log was replaced" in repr(ended.value.exceptions)
