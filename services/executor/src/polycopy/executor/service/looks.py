"""The market of one signal, as its decisions see it."""

import asyncio
from collections import OrderedDict

import msgspec

from polycopy.executor.ports import Markets
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.signals import TradeEvaluated
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book

_KEPT_MAX = 1_000
_WAIT_S_MAX = 5.0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`blind`: why there is nothing to see; empty otherwise."""

    book: Book | None = None
    rules: MarketRules | None = None
    blind: str = ""


class Looks:
    """Money looks anew each time. Paper decides on the first look, before money took anything: a
    forward test must not depend on what else runs beside it."""

    def __init__(self, markets: Markets, signal: TradeEvaluated) -> None:
        self._markets = markets
        self._signal = signal
        self._first: asyncio.Future[Seen] | None = None

    async def take(self, venue: VenueName) -> Seen:
        """Raises Transient where the venue answers nothing at all.

        Where it answers, and only this market cannot be read, nothing can be decided about it:
        waiting for that would hold up the signals of all other markets.
        """
        if self._first is None:
            self._first = asyncio.ensure_future(self._look_twice())
        elif venue is not VenueName.PAPER:
            return await self._look_twice()
        return await self._first

    async def _look_twice(self) -> Seen:
        try:
            return await self._look()
        except Transient:
            if not await self._markets.answers():
                raise
        try:
            return await self._look()
        except Transient as error:
            return Seen(blind=str(error))

    async def _look(self) -> Seen:
        book, rules = await asyncio.gather(
            self._markets.book(self._signal.token_id),
            self._markets.rules(self._signal.condition_id),
        )
        return Seen(book=book, rules=rules)


class Shelf:
    """Where money leaves its first look at a signal for the forward tests, which come after it."""

    def __init__(self) -> None:
        self._looks: OrderedDict[int, Looks] = OrderedDict()
        self._passed = 0
        self._still = False
        self._moved = asyncio.Condition()

    async def put(self, sequence: int, looks: Looks) -> None:
        """Money is done with the signal at `sequence`, and so with all before it."""
        self._looks[sequence] = looks
        while len(self._looks) > _KEPT_MAX:
            self._looks.popitem(last=False)
        async with self._moved:
            self._passed, self._still = max(self._passed, sequence), False
            self._moved.notify_all()

    async def take(self, sequence: int, wait_s: float = _WAIT_S_MAX) -> Looks | None:
        """None where there is none: money passed it in an earlier process, or does not come. Who
        waited in vain is not waited for again until it moves."""
        if self._passed < sequence and not self._still:
            try:
                async with asyncio.timeout(wait_s), self._moved:
                    await self._moved.wait_for(lambda: self._passed >= sequence)
            except TimeoutError:
                self._still = True
        return self._looks.pop(sequence, None)
