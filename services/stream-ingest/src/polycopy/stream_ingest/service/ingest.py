"""The loop: what sources bring goes to the log, stored before the next of its connection is taken.

There is no queue of our own. A connection is read on only when what its last frame said is stored;
until then the library's bounded buffer fills and the socket stops taking data.
"""

import asyncio
from collections.abc import Collection, Iterable
from contextlib import aclosing, suppress
from typing import Literal, assert_never

import msgspec
from prometheus_client import Counter

from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.subjects import ALL_FEEDS
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core import gaps, saying, trades
from polycopy.stream_ingest.core.reports import LAST_WORD, RTDS, Frame, Report
from polycopy.stream_ingest.core.trades import Said, State
from polycopy.stream_ingest.ports import (
    Delivering,
    EventLog,
    RawStore,
    References,
    Silent,
    Source,
    Sources,
    Targets,
)
from polycopy.stream_ingest.service.noted import Noted
from polycopy.stream_ingest.service.patience import patiently
from polycopy.stream_ingest.service.recovery import Recovery
from polycopy.stream_ingest.service.scribe import REPLAY_MAX, Scribe
from polycopy.stream_ingest.service.settler import Settler

Record = Literal["off", "followed", "all"]
"""Which frames are kept whole: none, those about followed wallets, or all."""
NAMELESS_MAX = 1_000
"""So many trades wait for the markets of their tokens."""
_FAREWELL_S = 1.0
_AIM_EVERY_S = 0.05

FRAMES = Counter("polycopy_frames_total", "Frames with data in them.", ("source",))
_RTDS_FRAMES = FRAMES.labels(RTDS)
UNREADABLE = Counter("polycopy_unreadable_total", "Rows captured instead of said.")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """A trade that is heard of later than `stale_ms` is marked."""

    record: Record = "off"
    stale_ms: int = saying.STALE_MS


class Ingest:
    """Sources that run side by side, one state. Ready once the log is read and one delivers."""

    def __init__(
        self,
        log: EventLog,
        raw_store: RawStore,
        opened: Sources,
        targets: Targets,
        *,
        clock: Clock,
        references: References | None = None,
        terms: Terms | None = None,
    ) -> None:
        terms = terms or Terms()
        self._log = log
        self._raw_store = raw_store
        self._sources = opened.sources
        self._targets = targets
        self._references = references
        self._record = terms.record
        self._clock = clock
        names = frozenset(source.name for source in self._sources)
        state = trades.initial(asked=bool(names & LAST_WORD))
        self._scribe = Scribe(log, clock=clock, state=state, stale_ms=terms.stale_ms)
        self._recovery = Recovery(
            self._scribe, sorted(names), opened.backfills, take=self._report, clock=clock
        )
        self._noted = Noted(log, self._recovery.hearing, clock=clock)
        self._settler = Settler(self._scribe, self._recovery, names, clock=clock)
        self._nameless: dict[TokenId, dict[str, None]] = {}
        self._aiming = asyncio.Event()
        self._named: asyncio.Queue[str] = asyncio.Queue(NAMELESS_MAX)

    @property
    def connected(self) -> bool:
        """Whether any source is open and subscribed."""
        return any(source.connected for source in self._sources)

    def checks(self, *, log: bool) -> dict[str, bool]:
        """For readiness: the log, and any source that delivers or would."""
        return {"log": log, "sources": self.connected}

    def notes(self) -> dict[str, str]:
        """Of each source that is on: `live`, `silent` where it would deliver and nothing came yet,
        `away` where it cannot be reached."""
        told = {
            name: "live" if hears else "away" for name, hears in self._recovery.hearing().items()
        }
        for source in self._sources:
            if source.connected and told[source.name] == "away":
                told[source.name] = "silent"
        return told

    @property
    def state(self) -> State:
        """What is known of trades."""
        return self._scribe.state

    @property
    def followed(self) -> Collection[Wallet]:
        return self._scribe.state.wallets

    async def run(self) -> None:
        """Without end. Raises, in an ExceptionGroup, what a source or the log could not survive."""
        end = await patiently(self._targets.catch_up)
        await patiently(lambda: self._scribe.open(end))
        self.aim()
        await patiently(lambda: self._begin(end))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._scribe.follow_others(end))
            tasks.create_task(self._targets.run())
            tasks.create_task(self._keep_aiming())
            tasks.create_task(self._say_named())
            if self._references is not None:
                tasks.create_task(self._references.run())
            tasks.create_task(self._settler.run(self._take))
            tasks.create_task(self._recovery.run())
            tasks.create_task(self._noted.run())
            for source in self._sources:
                tasks.create_task(self._listen(source))

    def learned(self, token_id: TokenId, condition_id: ConditionId) -> None:
        """The market of a token is known: what waited for it can be said."""
        self._scribe.learn({token_id: condition_id})
        for key in self._nameless.pop(token_id, {}):
            self._named.put_nowait(key)

    def aim(self) -> None:
        """Follow whom the targets name now. The sources are told soon: many changes at once cost
        as much as one."""
        self._scribe.aim(self._targets.followed)
        self._aiming.set()

    async def _keep_aiming(self) -> None:
        while True:
            await self._aiming.wait()
            self._aiming.clear()
            wallets = self._scribe.state.wallets
            for source in self._sources:
                source.aim(wallets)
            if self._references is not None:
                self._references.aim(wallets)
            await asyncio.sleep(_AIM_EVERY_S)

    async def _begin(self, end: int) -> None:
        """What was missed while nobody listened."""
        told = await self._log.read([ALL_FEEDS], after=max(0, end - REPLAY_MAX))
        noted = await self._noted.read()
        for source, since in gaps.unheard((one.event for one in told), noted).items():
            if source in self._recovery.lines and self._scribe.state.wallets:
                await self._recovery.begun(source, from_ms=since.from_ms, reason=since.reason)

    async def _listen(self, source: Source) -> None:
        delivering: Delivering | None = None
        last_ms = 0
        try:
            async with aclosing(source.listen()) as heard:
                async for item in heard:
                    match item:
                        case Frame() | Report():
                            await self._hear(item)
                            last_ms = item.received_at_ms
                        case Delivering():
                            delivering = item
                            await self._recovery.delivering(
                                item.source, item.connection, item.at_ms
                            )
                        case Silent():
                            delivering = None
                            await self._silent(item)
                        case _:
                            assert_never(item)
        except asyncio.CancelledError:
            if delivering is not None:
                await self._farewell(delivering, last_ms)
            raise

    async def _hear(self, item: Frame | Report) -> None:
        if isinstance(item, Report):
            FRAMES.labels(item.source).inc()
            report: Report | None = item
        else:
            _RTDS_FRAMES.inc()
            report = trades.read(self._scribe.state, item)
        if self._record == "all" or (report is not None and self._record == "followed"):
            await self._keep_whole(item)
        if report is not None:
            await self._report(report)

    async def _report(self, report: Report) -> None:
        heard = await self._scribe.hear(report)
        for unread in heard.unread:
            await self._keep(report.source, unread)
        self._look(heard.doubts)
        await self._take(heard.touched, report.received_at_ms)

    async def _take(self, keys: Iterable[str], now_ms: int) -> None:
        """Say what is due of these groups, and see to it that the last word is asked."""
        touched = tuple(keys)
        for event in await self._scribe.say(touched, now_ms):
            self._note(event)
        for key in touched:
            if (row := saying.nameless(self._scribe.state, key)) is not None:
                self._wait_for_name(row.token_id, key)

    def _wait_for_name(self, token_id: TokenId, key: str) -> None:
        """With too many that wait, the Data API has to bring them: it names markets."""
        if sum(map(len, self._nameless.values())) < NAMELESS_MAX - self._named.qsize():
            self._nameless.setdefault(token_id, {})[key] = None
        if self._references is not None:
            self._references.unknown_token(token_id)

    async def _say_named(self) -> None:
        while True:
            key = await self._named.get()
            await self._take([key], self._clock.now_ms())

    def _note(self, event: Said) -> None:
        if isinstance(event, TradeObserved) and self._references is not None:
            self._references.used_trade(event)
        if isinstance(event, TradeObserved) and event.increase_micros == event.size_micros:
            source = event.source.partition(".")[0]
            self._recovery.found(event.traded_at_ms, source)
            if source not in LAST_WORD:
                self._look([event.wallet])

    def _look(self, wallets: Iterable[Wallet]) -> None:
        for wallet in wallets:
            for source in self._sources:
                source.look(wallet)

    async def _keep_whole(self, item: Frame | Report) -> None:
        source = item.source if isinstance(item, Report) else RTDS
        if item.raw:
            await self._raw_store.record(source, item.session, item.received_at_ms, item.raw)

    async def _keep(self, source: str, unread: Unreadable) -> None:
        UNREADABLE.inc()
        await self._raw_store.keep(source, unread.reason, unread.raw)

    async def _silent(self, item: Silent) -> None:
        await self._recovery.silent(
            item.source,
            item.connection,
            reason=item.reason,
            at_ms=item.at_ms,
            last_ms=item.last_frame_at_ms,
        )

    async def _farewell(self, delivering: Delivering, last_ms: int) -> None:
        """Say that nobody listens from here on, if the log takes it at once."""
        now_ms = self._clock.now_ms()
        stopped = Silent(
            source=delivering.source,
            connection=delivering.connection,
            reason="stopped",
            at_ms=now_ms,
            last_frame_at_ms=last_ms or now_ms,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._silent(stopped)
