"""Looks taken when a trade is observed, while the qualifier still decides about it.

Such a look is as good as one of now for a moment, and as long as no order has left since it began:
our own orders change the book that the next one is decided on. What others do to it meanwhile they
may do just as well between any look and its order.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from polycopy.executor.service.looks import Early, Look, failed
from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import EventId

_KEPT_MAX = 200
_AGE_S_MAX = 0.5


class Ahead:
    """The early looks, by the trade that they were taken for."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._early: OrderedDict[EventId, Early] = OrderedDict()
        self._departures = 0
        self._under_way = 0

    def begin(self, trade_id: EventId, look: Look) -> None:
        """Not while an order is under way: what it does to the book is not known yet."""
        if self._under_way or trade_id in self._early:
            return
        departures, began_s = self._departures, self._clock.monotonic_s()

        def good() -> bool:
            young = self._clock.monotonic_s() - began_s <= _AGE_S_MAX
            return young and departures == self._departures

        taken = asyncio.ensure_future(look())
        taken.add_done_callback(failed)  # Whoever takes it is told; or nobody is.
        self._early[trade_id] = Early(look=taken, good=good)
        while len(self._early) > _KEPT_MAX:
            self._early.popitem(last=False)

    def take(self, trade_id: EventId) -> Early | None:
        return self._early.pop(trade_id, None)

    @contextmanager
    def departure(self) -> Iterator[None]:
        """While an order is on its way to the venue."""
        self._departures += 1
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
