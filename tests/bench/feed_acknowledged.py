"""From a frame received to its event acknowledged, in milliseconds, through the whole service.

stream-ingest runs over an embedded NATS server that syncs every message to the disk before it
acknowledges. Its one source hands over a frame with a new trade and measures until the next is
asked for: that is when the event is stored, told to the operator's log and folded. Baseline: an
append of an event of the same size, and nothing else, through the same connection. The two take
turns.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from pathlib import Path

import msgspec
from immutables import Map

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Draft
from polycopy.schemas.event import encode
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import ALL_TRADES
from polycopy.schemas.trades import TradeObserved
from polycopy.stack import open_nats
from polycopy.stream_ingest.core.reports import RTDS, Frame
from polycopy.stream_ingest.ports import Delivering, Heard
from polycopy.stream_ingest.service.ingest import Ingest
from tests.bench import lives, places
from tests.bench.feed_traffic import Mould
from tests.support.trading import ACCOUNT, placed

ROUNDS = 40
_TRADES = 50
_EVENT_BYTES = 620
"""Of an event of these trades, about."""


class Rounds(msgspec.Struct, frozen=True):
    """Milliseconds of each trade and each bare append, by round; the first is for the caches."""

    trades: list[list[float]]
    bare: list[list[float]]


async def acknowledged(folder: Path, wallets: Sequence[Wallet], moulds: Sequence[Mould]) -> Rounds:
    """`moulds`: of trades of the wallets, at least as many as there are."""
    async with (
        open_nats(folder / "nats") as server,
        places.event_log(server.url, server.monitor_url) as log,
    ):
        source = _Script(log, iter(moulds))
        ingest = Ingest(log, log, [source], _Targets(log, wallets), clock=SystemClock())
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


class _Script:
    """Implements `Source`. `told` is set when every round is over."""

    name = RTDS
    connected = True

    def __init__(self, log: NatsLog, moulds: Iterator[Mould]) -> None:
        self._log = log
        self._moulds = moulds
        self._clock = SystemClock()
        self.rounds = Rounds([], [])
        self.told = asyncio.Event()

    def aim(self, wallets: Collection[Wallet]) -> None:
        pass

    def look(self, wallet: Wallet) -> None:
        pass

    async def listen(self) -> AsyncGenerator[Heard, None]:
        yield Delivering(source=RTDS, connection="1-0", at_ms=self._clock.now_ms())
        last = 0
        for number in range(ROUNDS + 1):
            times_ms = []
            for _ in range(_TRADES):
                at_ms = self._clock.now_ms()
                frame = Frame(next(self._moulds).cast(0, at_ms), 1, "1-0", at_ms)
                began_s = time.perf_counter()
                yield frame
                times_ms.append(1000 * (time.perf_counter() - began_s))
            last, bare_ms = await self._append(_drafts(number), last)
            if number:
                self.rounds.trades.append(times_ms)
                self.rounds.bare.append(bare_ms)
        self.told.set()
        await asyncio.Event().wait()

    async def _append(self, drafts: Sequence[Draft], last: int) -> tuple[int, list[float]]:
        times_ms = []
        for new in drafts:
            began_s = time.perf_counter()
            last = await self._log.append(new, expected=last)
            times_ms.append(1000 * (time.perf_counter() - began_s))
        return last, times_ms


def _drafts(number: int) -> list[Draft]:
    first = number * _TRADES + 1
    return [_draft(version) for version in range(first, first + _TRADES)]


def _draft(version: int) -> Draft:
    """An event that nobody here listens to, as long as a trade's."""
    event = placed(f"{version:032x}")
    filled = msgspec.structs.replace(event, status="m" * (_EVENT_BYTES - len(encode(event))))
    return lives.order_draft(ACCOUNT, filled, version)
