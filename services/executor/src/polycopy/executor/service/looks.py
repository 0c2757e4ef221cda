"""The market of one signal, as its decisions see it."""

import asyncio

import msgspec

from polycopy.executor.ports import Markets
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.signals import TradeEvaluated
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book


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
