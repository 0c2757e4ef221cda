"""Whom to follow: read from the log, completed by leaderboards and names, and told on change.

Two tasks: one folds what the log says, the other asks the venue and says what it found. Neither
holds anything up: an order never waits for a leaderboard.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import assert_never

from immutables import Map
from prometheus_client import Counter, Gauge

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import ALL_FOLLOWING
from polycopy.stream_ingest.core import targets as core
from polycopy.stream_ingest.core.targets import Cadence, FindName, Look, ReadPool
from polycopy.stream_ingest.ports import EventLog, Leaderboard
from polycopy.trading.following import Change

FOLLOWED = Gauge("polycopy_followed_wallets", "Wallets that are followed.")
LOOKS = Counter(
    "polycopy_target_looks_total", "Leaderboards read and names looked up.", ("what", "outcome")
)
"""`what`: pool or name; `outcome`: done or failed."""
_REPLAY_STEP = 20_000
_WAIT_S_MAX = 60.0
_MS = 1_000
_QUIET_MS_MAX = 15 * 60_000
"""Longer the API is not left alone, whatever it wants."""

Changed = Callable[[Sequence[Wallet], Sequence[Wallet]], None]
"""Wallets that are followed from here on, and those that are no longer. Costs no I/O."""
logger = get_logger("stream-ingest")


class Targets:
    """`changed` is called for each change, and once at the start with all who are followed."""

    def __init__(
        self,
        log: EventLog,
        leaderboard: Leaderboard,
        *,
        clock: Clock,
        changed: Changed,
        cadence: Cadence | None = None,
    ) -> None:
        self._log = log
        self._leaderboard = leaderboard
        self._clock = clock
        self._changed = changed
        self._cadence = cadence or Cadence()
        self._state = core.initial()
        self._after = 0
        self._quiet_until_ms = 0
        """After a failure nobody is asked anything for a moment."""
        self._news = asyncio.Event()

    @property
    def followed(self) -> Map[Wallet, int]:
        """The followed wallets, in lower case, and since when. It never changes: ask again."""
        return self._state.following.wallets

    async def catch_up(self) -> int:
        """Fold what the log holds; returns its last sequence. Raises Transient."""
        end = await self._log.end()
        for start in range(self._after, end, _REPLAY_STEP):
            until = min(start + _REPLAY_STEP, end)
            for recorded in await self._log.read(ALL_FOLLOWING, after=start, until=until):
                self._state, _ = core.feed(self._state, recorded.event, recorded.envelope)
        self._state, _ = core.lapse(self._state, self._clock.now_ms())
        self._after = end
        self._tell(Change(added=tuple(sorted(self.followed))))
        return end

    async def run(self) -> None:
        """Without end; `catch_up` comes first. Raises, in an ExceptionGroup, what the log could not
        survive."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._tend())

    async def tend(self) -> int:
        """Do what is due; returns when something will be, as the clock tells it."""
        while True:
            now_ms = self._clock.now_ms()
            self._state, change = core.lapse(self._state, now_ms)
            self._tell(change)
            due = core.due(self._state, now_ms, self._cadence)
            if self._quiet_until_ms > now_ms + _QUIET_MS_MAX:  # The clock was set back.
                self._quiet_until_ms = now_ms
            if not due.looks or now_ms < self._quiet_until_ms:
                return max(due.next_at_ms, self._quiet_until_ms)
            await self._look(due.looks[0])

    async def _follow(self) -> None:
        async for recorded in self._log.follow(ALL_FOLLOWING, after=self._after):
            self._after = recorded.sequence
            self._state, change = core.feed(self._state, recorded.event, recorded.envelope)
            self._news.set()
            self._tell(change)

    async def _tend(self) -> None:
        while True:
            self._news.clear()
            wait_s = (await self.tend() - self._clock.now_ms()) / _MS
            with suppress(TimeoutError):
                async with asyncio.timeout(min(max(0.0, wait_s), _WAIT_S_MAX)):
                    await self._news.wait()

    async def _look(self, look: Look) -> None:
        at_ms = self._clock.now_ms()
        what = "pool" if isinstance(look, ReadPool) else "name"
        failed = False
        try:
            said = await self._found(look, at_ms)
            if said is not None:
                sequence = await self._log.append(said)
                logger.info("looked up", sequence=sequence, type=said.envelope.event_type)
        except Transient as trouble:
            failed = True
            quiet_ms = min(round(trouble.after_s * _MS), _QUIET_MS_MAX)
            self._quiet_until_ms = self._clock.now_ms() + quiet_ms
            logger.warning("not looked up", what=what, reason=str(trouble))
        self._state = core.looked(self._state, look, self._clock.now_ms(), failed=failed)
        LOOKS.labels(what, "failed" if failed else "done").inc()

    async def _found(self, look: Look, at_ms: int) -> Draft | None:
        match look:
            case ReadPool(pool=pool):
                board = await self._leaderboard.board(pool)
                return core.refreshed(self._state, pool, board, at_ms, self._cadence)
            case FindName(name=name):
                owner = await self._leaderboard.owner(name)
                return core.resolved(self._state, name, owner, at_ms)
            case _:
                assert_never(look)

    def _tell(self, change: Change) -> None:
        FOLLOWED.set(len(self.followed))
        if change.added or change.removed:
            self._changed(change.added, change.removed)
            logger.info(
                "followed wallets",
                added=len(change.added),
                removed=len(change.removed),
                followed=len(self.followed),
            )
