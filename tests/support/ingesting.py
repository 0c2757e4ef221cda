"""stream-ingest at work, with sources that follow a script."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Log, Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.control import Pool, TargetAdded, TargetRemoved
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import guard_of, subject_of
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core.reports import RTDS, Frame, Report
from polycopy.stream_ingest.core.targets import Board, Owner
from polycopy.stream_ingest.ports import (
    Asked,
    Backfill,
    Delivering,
    Heard,
    Silent,
    Source,
    Sources,
)
from polycopy.stream_ingest.service.ingest import Ingest
from polycopy.stream_ingest.service.targets import Targets
from tests.support.rtds_frames import TRADED_AT_S, WALLET

AT_MS = TRADED_AT_S * 1000
DEADLINE_S = 60.0


class Script:
    """A source that says what it is given."""

    def __init__(self, slot: int = 1, *, name: str = RTDS) -> None:
        self.name = name
        self.slot = slot
        self.connected = False
        self.aimed: frozenset[Wallet] = frozenset()
        self.looked: list[Wallet] = []
        self._items: asyncio.Queue[Heard] = asyncio.Queue(1_000)

    def aim(self, wallets: Collection[Wallet]) -> None:
        self.aimed = frozenset(wallets)

    def look(self, wallet: Wallet) -> None:
        self.looked.append(wallet)

    def say(self, *items: Heard | bytes) -> None:
        for item in items:
            self._items.put_nowait(
                Frame(item, self.slot, f"{self.slot}-0", AT_MS) if isinstance(item, bytes) else item
            )

    async def listen(self) -> AsyncGenerator[Heard, None]:
        self.connected = True
        while True:
            yield await self._items.get()


class Archive:
    """A past that is known; the first `refusals` questions are not answered."""

    def __init__(self, *rows: Report, name: str = "poll", refusals: int = 0) -> None:
        self.name = name
        self.rows = rows
        self.refusals = refusals
        self.asked: list[tuple[int, int]] = []

    async def past(
        self, wallets: Collection[Wallet], *, from_ms: int, to_ms: int
    ) -> AsyncGenerator[Report | Asked, None]:
        self.asked.append((from_ms, to_ms))
        if self.refusals:
            self.refusals -= 1
            raise Transient("away", after_s=0)
        for report in self.rows:
            yield report
        yield Asked(tuple(wallets))


class NoBoard:
    """A leaderboard that is away."""

    async def board(self, pool: Pool) -> Board:
        raise Transient(f"no leaderboard for {pool.pool_id}", after_s=60)

    async def owner(self, name: str) -> Owner:
        raise Transient(f"no owner for {name}", after_s=60)


class FarClock(SystemClock):
    """Shows the time of the scripts' trades, and goes on from there."""

    def __init__(self, now_ms: int = AT_MS + 2_000) -> None:
        self._ahead_ms = now_ms - super().now_ms()

    def now_ms(self) -> int:
        return super().now_ms() + self._ahead_ms

    def step(self, ms: int) -> None:
        self._ahead_ms += ms


@asynccontextmanager
async def ingesting(
    log: MemoryLog | NatsLog,
    *sources: Source,
    backfills: Sequence[Backfill] = (),
    clock: SystemClock | None = None,
) -> AsyncIterator[Ingest]:
    clock = clock or FarClock()
    opened = Sources(sources=sources, backfills=tuple(backfills))
    targets = Targets(log, NoBoard(), clock=clock, changed=lambda *_: ingest.aim())
    ingest = Ingest(log, log, opened, targets, clock=clock)
    task = asyncio.create_task(ingest.run())
    try:
        yield ingest
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled(), task.exception()


async def target(log: Log, event: TargetAdded | TargetRemoved, *, at_ms: int = AT_MS) -> None:
    subject = subject_of(event)
    last = await log.last(guard_of(subject) or "")
    origin = Origin(source="test", time_ms=at_ms, causation_id=str(await log.end()))
    new = draft(event, subject=subject, origin=origin)
    await log.append(new, expected=last.sequence if last else 0)


async def follow(log: Log, *wallets: Wallet, at_ms: int = AT_MS) -> None:
    for wallet in wallets:
        await target(log, TargetAdded(wallet=wallet), at_ms=at_ms)


async def events(log: Log, filters: Sequence[str], count: int) -> list[Recorded]:
    """The first events under the filters, as soon as there are so many."""
    found: list[Recorded] = []
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in log.follow(filters):
            found.append(recorded)
            if len(found) == count:
                break
    return found


async def first(log: Log, filters: Sequence[str], kind: type[Event]) -> Event:
    """The first event of a kind, as soon as it is there."""
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in log.follow(filters):
            if isinstance(recorded.event, kind):
                return recorded.event
    raise AssertionError


async def trades(log: Log, count: int) -> list[TradeObserved]:
    found = [recorded.event for recorded in await events(log, ["trades.>"], count)]
    return [event for event in found if isinstance(event, TradeObserved)]


def delivering(source: str = "rtds", at_ms: int = AT_MS) -> Delivering:
    return Delivering(source=source, connection=f"{source}-{at_ms}", at_ms=at_ms)


def silent(source: str = "rtds", at_ms: int = AT_MS, *, ended_ms: int, last_ms: int) -> Silent:
    return Silent(
        source=source,
        connection=f"{source}-{at_ms}",
        reason="no data for 30 s",
        at_ms=ended_ms,
        last_frame_at_ms=last_ms,
    )


async def followed_log(log: MemoryLog | None = None) -> MemoryLog:
    """A log in which the wallet of the frames is followed."""
    log = log or MemoryLog()
    await follow(log, WALLET)
    return log
