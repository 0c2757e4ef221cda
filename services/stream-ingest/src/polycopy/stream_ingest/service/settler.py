"""What is said because time passes: of trades that wait, that a source missed, that are less than
was said."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import Counter, Gauge

from polycopy.runtime.clock import Clock
from polycopy.schemas.feeds import MISSED_NAMED_MAX, FeedMissed
from polycopy.stream_ingest.core import settling
from polycopy.stream_ingest.core.settling import Missed
from polycopy.stream_ingest.service.recovery import Recovery
from polycopy.stream_ingest.service.scribe import Scribe

TICK_S = 1.0
_TELL_EVERY_MS = 60_000

MISSED = Counter(
    "polycopy_feed_missed_total", "Trades that a source did not bring though it delivered.",
    ("source",),
)  # fmt: skip
PENDING = Gauge("polycopy_trades_pending", "Trades of which more may be said.")

Take = Callable[[Iterable[str], int], Awaitable[None]]


class Settler:
    """Ticks. `sources` are the names of those that are on."""

    def __init__(
        self, scribe: Scribe, recovery: Recovery, sources: frozenset[str], *, clock: Clock
    ) -> None:
        self._scribe = scribe
        self._recovery = recovery
        self._sources = sources
        self._clock = clock
        self._missed: dict[str, list[Missed]] = {}
        self._told_ms = 0

    async def run(self, take: Take) -> None:
        """Without end."""
        while True:
            await self.tick(take, self._clock.now_ms())
            await asyncio.sleep(TICK_S)

    async def tick(self, take: Take, now_ms: int) -> None:
        """Look at everything that is ripe now."""
        ripe = settling.ripe(self._scribe.state, now_ms)
        await take(ripe, now_ms)
        for key in ripe:
            await self._settle(key, now_ms)
        PENDING.set(len(self._scribe.state.pending))
        if now_ms - self._told_ms >= _TELL_EVERY_MS:
            self._told_ms = now_ms
            self._scribe.state = settling.tidied(self._scribe.state, now_ms)
            await self._tell(now_ms)

    async def _settle(self, key: str, now_ms: int) -> None:
        scribe, covers = self._scribe, self._recovery.covers
        scribe.state, missed = settling.counted(scribe.state, key, now_ms, self._sources, covers)
        for one in missed:
            MISSED.labels(one.source).inc()
            self._missed.setdefault(one.source, []).append(one)
        event = settling.correction(scribe.state, key, now_ms, self._sources, covers)
        if event is not None:
            await scribe.say_one(event, now_ms)
        scribe.state = settling.put_away(scribe.state, key, now_ms)

    async def _tell(self, now_ms: int) -> None:
        told, self._missed = self._missed, {}
        for source, missed in told.items():
            times = [one.traded_at_ms for one in missed]
            hashes = tuple(one.transaction_hash for one in missed)
            event = FeedMissed(
                source=source,
                from_ms=min(times),
                to_ms=max(times),
                trades=len(missed),
                transactions=tuple(dict.fromkeys(hashes))[:MISSED_NAMED_MAX],
                at_ms=now_ms,
            )
            key = f"{event.from_ms}:{event.to_ms}:{event.trades}"
            await self._scribe.say_other(event, cause=source, key=key, at_ms=now_ms)
