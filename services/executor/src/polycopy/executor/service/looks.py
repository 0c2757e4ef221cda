"""The market of one signal, as its decisions see it."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from polycopy.executor.ports import Markets
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book

_KEPT_MAX = 1_000
_WAIT_S_MAX = 5.0

Result = TypeVar("Result")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """`blind`: why there is nothing to see; empty otherwise."""

    book: Book | None = None
    rules: MarketRules | None = None
    blind: str = ""


Look = Callable[[], Awaitable[Seen]]


class Early(msgspec.Struct, frozen=True, kw_only=True):
    """A look that was begun ahead of its need. `good`: whether it may still be used."""

    look: asyncio.Future[Seen]
    good: Callable[[], bool]


async def tried(
    attempt: Callable[[], Awaitable[Result]], markets: Markets, pauses_s: tuple[float, ...]
) -> Result | Transient:
    """The result, or the last fault of a market that cannot be read though the venue answers: to
    wait any longer would hold up all other markets. Raises Transient where it answers nothing."""
    for pause_s in (*pauses_s, None):
        try:
            return await attempt()
        except Transient as error:
            if not await markets.answers():
                raise
            fault = error
        if pause_s is not None:
            await asyncio.sleep(pause_s)
    return fault


async def look_at(
    markets: Markets, condition_id: ConditionId, token_id: TokenId, pauses_s: tuple[float, ...]
) -> Seen:
    """Raises Transient where the venue answers nothing at all."""

    async def once() -> Seen:
        book, rules = await asyncio.gather(markets.book(token_id), markets.rules(condition_id))
        return Seen(book=book, rules=rules)

    seen = await tried(once, markets, pauses_s)
    return Seen(blind=str(seen)) if isinstance(seen, Transient) else seen


class Looks:
    """Money looks anew each time, but for an early look that is still good. Paper decides on the
    first look, before money took anything: a forward test must not depend on what else runs beside
    it."""

    def __init__(self, look: Look, *, early: Early | None = None) -> None:
        self._look = look
        self._early = early
        self._first: asyncio.Future[Seen] | None = None

    def begin(self) -> None:
        """Take the first look, if nobody did, and do not wait for it."""
        if self._first is not None and not failed(self._first):
            return
        early, self._early = self._early, None
        if early is not None and early.good() and not failed(early.look):
            self._first = early.look
            return
        self._first = asyncio.ensure_future(self._look())
        self._first.add_done_callback(failed)  # Whoever takes it is told; or nobody is.

    async def take(self, venue: VenueName) -> Seen:
        """Raises Transient where the venue answers nothing at all."""
        if self._first is not None and venue is not VenueName.PAPER and not failed(self._first):
            return await self._look()
        self.begin()
        assert self._first is not None  # noqa: S101 - begun
        return await self._first


class Shelf:
    """Where money leaves its first look at a signal for the forward tests, which come after it."""

    def __init__(self) -> None:
        self._looks: OrderedDict[int, Looks] = OrderedDict()
        self._passed = 0
        self._still = False
        self._moved = asyncio.Condition()

    def hold(self, sequence: int, looks: Looks) -> Looks:
        """These looks, or those that money has had at this signal before."""
        held = self._looks.setdefault(sequence, looks)
        while len(self._looks) > _KEPT_MAX:
            self._looks.popitem(last=False)
        return held

    async def move_past(self, sequence: int) -> None:
        """Money is done with the signal at `sequence`, and so with all before it."""
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


def failed(look: asyncio.Future[Seen]) -> bool:
    """Whether it ended without a result. That its fault was looked at is noted by this."""
    return look.done() and (look.cancelled() or look.exception() is not None)
