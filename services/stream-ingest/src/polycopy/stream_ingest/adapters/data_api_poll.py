"""The Data API as a source: what it has about followed wallets, asked for again and again.

It is the safety net under the socket and the chain: seconds late, but it has everything, and also
what is no trade.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress

import msgspec

from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.data_api_client import DataApiClient
from polycopy.stream_ingest.adapters.data_api_jobs import Put, side_by_side
from polycopy.stream_ingest.adapters.data_api_walks import DataApiWalks
from polycopy.stream_ingest.core.poll_schedule import Ask, Pace, PollSchedule, Read
from polycopy.stream_ingest.core.poll_walk import Walk
from polycopy.stream_ingest.core.reports import POLL, Report
from polycopy.stream_ingest.ports import Delivering, Heard, Silent

_WATCH_S = 1.0


class PollFigures(msgspec.Struct, frozen=True, kw_only=True):
    """For metrics. `sweep_age_ms` is the real period of the sweep, `lag_ms` how far the API says
    to be behind the chain (-1: it does not say), `skipped` rows of combos."""

    wallets: int
    version: str
    requests: int
    failures: int
    skipped: int
    sweep_age_ms: int
    lag_ms: int


class DataApiPoll:
    """Implements Source. `listen` once at a time; what was read and not taken when a listener left
    is read again by the next sweep. `status_every_s`: how often the API is asked for its lag."""

    def __init__(
        self,
        client: DataApiClient,
        walks: DataApiWalks,
        *,
        pace: Pace,
        at_once: int,
        status_every_s: float,
        clock: Clock,
    ) -> None:
        self._client = client
        self._walks = walks
        self._schedule = PollSchedule(pace)
        self._at_once = at_once
        self._status_every_s = status_every_s
        self._clock = clock
        self._changed = asyncio.Event()
        self._choosing = asyncio.Lock()
        self._connection = ""

    @property
    def name(self) -> str:
        return POLL

    @property
    def connected(self) -> bool:
        """Until the API has not answered for the length of the watchdog."""
        return self._client.health.is_delivering

    def aim(self, wallets: Collection[Wallet]) -> None:
        self._schedule.aim(wallets, now_ms=self._client.now_ms(), wall_ms=self._clock.now_ms())
        self._changed.set()

    def look(self, wallet: Wallet) -> None:
        self._schedule.look(Wallet(wallet.lower()), now_ms=self._client.now_ms())
        self._changed.set()

    def figures(self) -> PollFigures:
        return PollFigures(
            wallets=len(self._schedule),
            version=self._client.version().value,
            requests=self._client.requests,
            failures=self._client.failures,
            skipped=self._walks.skipped,
            sweep_age_ms=self._schedule.sweep_age_ms(self._client.now_ms()),
            lag_ms=self._client.lag_ms,
        )

    async def listen(self) -> AsyncGenerator[Heard, None]:
        self._connection = ""
        jobs = [*[self._poll] * self._at_once, self._watch, self._ask_lag]
        async with aclosing(side_by_side(jobs)) as heard:
            async for one in heard:
                yield one

    async def _poll(self, put: Put[Heard]) -> None:
        while True:
            async with self._choosing:
                ask = await self._chosen()
            read = None
            try:
                read = await self._answer(ask, put)
            finally:
                now_ms, wall_ms = self._client.now_ms(), self._clock.now_ms()
                self._schedule.done(ask, read, now_ms=now_ms, wall_ms=wall_ms)
                self._changed.set()

    async def _chosen(self) -> Ask:
        """Who is next when a request may leave, not when one was waited for."""
        while True:
            wait_ms = self._schedule.wait_ms(self._client.now_ms())
            if wait_ms == 0:
                await self._client.turn()
                ask = self._schedule.next(now_ms=self._client.now_ms())
                if ask is not None:
                    return ask
                continue
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if wait_ms is None else wait_ms / 1000):
                    await self._changed.wait()

    async def _answer(self, ask: Ask, put: Put[Heard]) -> Read | None:
        async def tell(report: Report) -> None:
            await self._tell(put)
            await put(report)

        walk = await self._walks.walk(
            ask.wallet,
            tell,
            start_s=ask.start_s,
            end_s=ask.end_s,
            wanted=lambda: self._schedule.follows(ask),
        )
        await self._tell(put)  # An answer without rows is one too.
        if not isinstance(walk, Walk):
            return None
        return Read(newest_ms=walk.newest_ms, rest_s=walk.last_s if walk.cut else -1)

    async def _watch(self, put: Put[Heard]) -> None:
        while True:
            self._client.health.fell_silent(self._client.now_ms())
            await self._tell(put)
            await asyncio.sleep(_WATCH_S)

    async def _ask_lag(self, put: Put[Heard]) -> None:
        """Where nobody is followed this is how the API is known to be there."""
        while True:
            await self._client.turn()
            await self._client.ask_lag(stands_for_all=not len(self._schedule))
            await self._tell(put)
            await asyncio.sleep(self._status_every_s)

    async def _tell(self, put: Put[Heard]) -> None:
        """Once each way."""
        is_delivering = self._client.health.is_delivering
        if is_delivering == bool(self._connection):
            return
        at_ms, connection = self._clock.now_ms(), self._connection
        if is_delivering:
            self._connection = f"{POLL}-{at_ms}"
            await put(Delivering(source=POLL, connection=self._connection, at_ms=at_ms))
            return
        self._connection = ""
        silent = Silent(
            source=POLL,
            connection=connection,
            reason=self._client.health.reason,
            at_ms=at_ms,
            last_frame_at_ms=self._client.last_good_ms,
        )
        await put(silent)
