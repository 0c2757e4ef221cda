"""Gaps of the sources: said when they open, looked into, said when they close."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing

from prometheus_client import Counter, Gauge

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.feeds import FeedEvent
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.core import gaps
from polycopy.stream_ingest.core.gaps import Gap, Line, Outcome, Span
from polycopy.stream_ingest.core.reports import Report
from polycopy.stream_ingest.ports import Asked, Backfill
from polycopy.stream_ingest.service.scribe import NAME, Scribe

OVERLAP_MS = 10_000
"""So much before and after a gap is looked at too: clocks and blocks are not exact."""
TRIES_MAX = 8
GAPS_MAX = 1_000
_PAUSE_S = 2.0
_PAUSE_S_MAX = 120.0

GAPS = Counter("polycopy_feed_gaps_total", "Times when a source was deaf.", ("source",))
RECOVERED = Counter("polycopy_feed_recovered_total", "Trades of gaps that were found.", ("source",))
DEAF = Gauge("polycopy_feed_deaf", "1 while a source does not deliver.", ("source",))
_logger = get_logger(NAME)

Take = Callable[[Report], Awaitable[None]]


class Recovery:
    """Holds the line of each source. With too many gaps that wait the next is closed as unknown."""

    def __init__(
        self,
        scribe: Scribe,
        sources: Collection[str],
        backfills: Sequence[Backfill],
        *,
        take: Take,
        clock: Clock,
    ) -> None:
        self._scribe = scribe
        self._backfills = backfills
        self._take = take
        self._clock = clock
        self._waiting: asyncio.Queue[Gap] = asyncio.Queue(GAPS_MAX)
        self.lines = {source: Line(source=source) for source in sources}
        for source in sources:
            DEAF.labels(source).set(1)

    async def run(self) -> None:
        """Look into gaps, without end. Those that came meanwhile are looked into together: with a
        source that flaps while nobody answers they are many."""
        while True:
            waiting = [await self._waiting.get()]
            while not self._waiting.empty():
                waiting.append(self._waiting.get_nowait())
            await self._look_into(waiting)

    def hearing(self) -> dict[str, bool]:
        """Whether each source delivers."""
        return {source: not line.is_deaf for source, line in self.lines.items()}

    def covers(self, source: str, from_ms: int, to_ms: int) -> bool:
        return source in self.lines and gaps.covers(self.lines[source], from_ms, to_ms)

    async def begun(self, source: str, *, from_ms: int, reason: str) -> None:
        """Nobody listened to the source since then."""
        line = self.lines[source]
        at_ms = self._clock.now_ms()
        await self._have(gaps.begun(line, from_ms=from_ms, at_ms=at_ms, reason=reason))

    async def delivering(self, source: str, connection: str, at_ms: int) -> None:
        await self._have(gaps.delivering(self.lines[source], connection, at_ms))

    async def silent(
        self, source: str, connection: str, *, reason: str, at_ms: int, last_ms: int
    ) -> None:
        line = self.lines[source]
        await self._have(gaps.silent(line, connection, reason=reason, at_ms=at_ms, last_ms=last_ms))

    def found(self, traded_at_ms: int, brought_by: str) -> None:
        """A trade was said that nobody had said before."""
        for source, line in self.lines.items():
            self.lines[source] = gaps.found(line, traded_at_ms=traded_at_ms, brought_by=brought_by)

    async def _have(self, outcome: Outcome) -> None:
        line, said, over = outcome
        self.lines[line.source] = line
        DEAF.labels(line.source).set(line.is_deaf)
        for event in said:
            await self._say(event)
        for gap in over:
            GAPS.labels(gap.source).inc()
            if self._waiting.full():
                await self._close(gap, "", self._wallets)
            else:
                self._waiting.put_nowait(gap)

    async def _say(self, event: FeedEvent) -> None:
        key = f"{getattr(event, 'connection', '')}:{getattr(event, 'from_ms', event.at_ms)}"
        await self._scribe.say_other(event, cause=event.source, key=key, at_ms=event.at_ms)

    @property
    def _wallets(self) -> frozenset[Wallet]:
        return frozenset(self._scribe.state.wallets)

    async def _look_into(self, waiting: Sequence[Gap]) -> None:
        span = Span(min(gap.from_ms for gap in waiting), max(gap.to_ms for gap in waiting))
        by, unknown = await self._asked(span, self._wallets)
        for gap in waiting:
            await self._close(gap, by, unknown)

    async def _close(self, gap: Gap, by: str, unknown: frozenset[Wallet]) -> None:
        line, closed = gaps.recovered(
            self.lines[gap.source],
            gap,
            by=by,
            wallets=len(self._wallets),
            unknown_wallets=len(unknown),
            at_ms=self._clock.now_ms(),
        )
        self.lines[gap.source] = line
        RECOVERED.labels(gap.source).inc(closed.recovered)
        await self._say(closed)

    async def _asked(self, span: Span, wallets: frozenset[Wallet]) -> tuple[str, frozenset[Wallet]]:
        """By whom the time was told of, and the wallets of which nobody could tell."""
        left, by = wallets, ""
        for attempt in range(TRIES_MAX if self._backfills else 0):
            for backfill in self._backfills:
                before = left
                left = await self._ask(backfill, span, left)
                if left != before:
                    by = f"{by}+{backfill.name}" if by and by != backfill.name else backfill.name
                if not left:
                    return by, left
            await asyncio.sleep(min(_PAUSE_S * 2**attempt, _PAUSE_S_MAX))
        return by, left

    async def _ask(
        self, backfill: Backfill, span: Span, wallets: frozenset[Wallet]
    ) -> frozenset[Wallet]:
        """The wallets that are left."""
        to_ms = span.to_ms + OVERLAP_MS
        await asyncio.sleep(max(0, to_ms - self._clock.now_ms()) / 1000)
        left = set(wallets)
        rows: AsyncGenerator[Report | Asked, None] = backfill.past(
            wallets, from_ms=span.from_ms - OVERLAP_MS, to_ms=to_ms
        )
        try:
            async with aclosing(rows) as told:
                async for item in told:
                    if isinstance(item, Asked):
                        left.difference_update(item.wallets)
                    else:
                        await self._take(item)
        except Transient as error:
            _logger.warning("the past is not to be had", source=backfill.name, why=str(error))
        return frozenset(left)
