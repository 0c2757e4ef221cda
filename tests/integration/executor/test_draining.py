"""Told to end, the executor ends what is in hand and begins nothing."""

import asyncio
from typing import Any, cast

import msgspec

from polycopy.executor.core.answers import Answer
from polycopy.executor.ports import Venue
from polycopy.executor.service.desk import NAME
from polycopy.executor.service.executor import FILTERS
from polycopy.executor.service.executor import PAPER as PAPER_WORKER
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.orders import OrderPlaced, OrderRequested
from tests.support.executing import Venues, act, events_of, started, venue_orders
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

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
