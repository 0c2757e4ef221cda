"""From a frame received to its event acknowledged, in milliseconds, through the whole service.

stream-ingest runs over an embedded NATS server that syncs every message to the disk before it
acknowledges. Its one source hands over a frame with a new trade and waits until it is asked for the
next: then the event is folded and told to the operators too. Baseline: an append of an event of the
same size, and nothing else, through the same connection. The two take turns.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Iterator, Sequence
from pathlib import Path

import msgspec
from immutables import Map

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import ALL_TRADES
from polycopy.schemas.trades import TradeObserved
from polycopy.stack import open_nats
from polycopy.stream_ingest.core.reports import RTDS, Frame
from polycopy.stream_ingest.ports import Delivering, Heard, Sources
from polycopy.stream_ingest.service.ingest import Ingest
from tests.bench import lives, places
from tests.bench.feed_traffic import Mould
from tests.support.trading import ACCOUNT, placed

ROUNDS = 40
_TRADES = 50
_EVENT_BYTES = 620
"""Of an event of these trades, about."""


class Rounds(msgspec.Struct, frozen=True):
    """Milliseconds by round, without the first: that is for the caches. Of each trade until its
    event was acknowledged and until the next was asked for, and of each bare append."""

    acknowledged: list[list[float]] = []
    taken: list[list[float]] = []
    bare: list[list[float]] = []


async def acknowledged(folder: Path, wallets: Sequence[Wallet], moulds: Sequence[Mould]) -> Rounds:
    """`moulds`: of trades of the wallets, at least as many as there are."""
    async with (
        open_nats(folder / "nats") as server,
        places.event_log(server.url, server.monitor_url) as log,
    ):
        timed = _Timed(log)
        source = _Script(timed, iter(moulds))
        sources, targets = Sources(sources=(source,)), _Targets(log, wallets)
        ingest = Ingest(timed, log, sources, targets, clock=SystemClock())
        running = asyncio.create_task(ingest.run())
        told = asyncio.create_task(source.told.wait())
        await asyncio.wait({running, told}, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled(), running.exception()
        events = [one.event for one in await log.read([ALL_TRADES])]
    assert len(events) == (ROUNDS + 1) * _TRADES
    assert all(isinstance(event, TradeObserved) and not event.stale for event in events)
    assert abs(len(encode(events[0])) - _EVENT_BYTES) < _EVENT_BYTES / 10, len(encode(events[0]))
    return source.rounds


class _Targets:
    """Implements `Targets`: always the same."""

    def __init__(self, log: NatsLog, wallets: Sequence[Wallet]) -> None:
        self._log = log
        self.followed = Map(dict.fromkeys(wallets, 0))

    async def catch_up(self) -> int:
        return await self._log.end()

    async def run(self) -> None:
        await asyncio.Event().wait()


class _Timed:
    """Implements `EventLog`. `at_s`: when the last append was acknowledged."""

    def __init__(self, log: NatsLog) -> None:
        self._log = log
        self.log_id = log.log_id
        self.snapshots = log.snapshots
        self.at_s = 0.0

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        sequence = await self._log.append(new, expected=expected)
        self.at_s = time.perf_counter()
        return sequence

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        return await self._log.read(filters, after=after, until=until)

    async def last(self, subject_filter: str) -> Recorded | None:
        return await self._log.last(subject_filter)

    async def at(self, sequence: int) -> Recorded | None:
        return await self._log.at(sequence)

    async def end(self) -> int:
        return await self._log.end()

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]:
        return self._log.follow(filters, after=after)


class _Script:
    """Implements `Source`. `told` is set when every round is over."""

    name = RTDS
    connected = True

    def __init__(self, log: _Timed, moulds: Iterator[Mould]) -> None:
        self._log = log
        self._moulds = moulds
        self._clock = SystemClock()
        self.rounds = Rounds()
        self.told = asyncio.Event()

    def aim(self, wallets: Collection[Wallet]) -> None:
        pass

    def look(self, wallet: Wallet) -> None:
        pass

    async def listen(self) -> AsyncGenerator[Heard, None]:
        yield Delivering(source=RTDS, connection="1-0", at_ms=self._clock.now_ms())
        last = 0
        for number in range(ROUNDS + 1):
            acknowledged_ms, taken_ms = [], []
            for _ in range(_TRADES):
                at_ms = self._clock.now_ms()
                frame = Frame(next(self._moulds).cast(0, at_ms), 1, "1-0", at_ms)
                began_s = time.perf_counter()
                yield frame
                taken_ms.append(1000 * (time.perf_counter() - began_s))
                acknowledged_ms.append(1000 * (self._log.at_s - began_s))
            last, bare_ms = await self._append(_drafts(number), last)
            if number:
                self.rounds.acknowledged.append(acknowledged_ms)
                self.rounds.taken.append(taken_ms)
                self.rounds.bare.append(bare_ms)
        self.told.set()
        await asyncio.Event().wait()

    async def _append(self, drafts: Sequence[Draft], last: int) -> tuple[int, list[float]]:
        times_ms = []
        for new in drafts:
            began_s = time.perf_counter()
            last = await self._log.append(new, expected=last)
            times_ms.append(1000 * (self._log.at_s - began_s))
        return last, times_ms


def _drafts(number: int) -> list[Draft]:
    first = number * _TRADES + 1
    return [_draft(version) for version in range(first, first + _TRADES)]


def _draft(version: int) -> Draft:
    """An event that nobody here listens to, as long as a trade's."""
    event = placed(f"{version:032x}")
    filled = msgspec.structs.replace(event, status="m" * (_EVENT_BYTES - len(encode(event))))
    return lives.order_draft(ACCOUNT, filled, version)
