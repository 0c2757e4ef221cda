"""A day at the venue, recorded over real sockets, exported, and played again: the same trades."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.core.reports import RTDS, Frame
from tests.support.desk import Desk
from tests.support.venue_process import WITHIN_S, process, ready

pytestmark = pytest.mark.timeout(300)
TRADES = 8


class Venue:
    """The control port of a paper venue."""

    def __init__(self, http: aiohttp.ClientSession, control: str) -> None:
        self._http = http
        self._control = control

    async def next(self) -> tuple[str, Any]:
        """The next leader transaction: its hash and its rows."""
        async with self._http.post(f"{self._control}/control/next") as answer:
            told = await answer.json()
        return told["transaction_hash"], [
            {name: value for name, value in row.items() if name != "index"} for row in told["rows"]
        ]

    async def status(self) -> dict[str, Any]:
        async with self._http.get(f"{self._control}/control/status") as answer:
            return dict(await answer.json())

    async def heard_by(self, listeners: int) -> None:
        async with asyncio.timeout(WITHIN_S):
            while (await self.status())["rtds_subscribers"] != listeners:
                pass


@asynccontextmanager
async def venue(**settings: str) -> AsyncIterator[tuple[Venue, dict[str, str]]]:
    async with process(**settings) as started, aiohttp.ClientSession() as http:
        urls = await ready(started)
        yield Venue(http, urls["control"]), urls


async def recorder(log: NatsLog, url: str, slot: int) -> None:
    """What stream-ingest does where an operator records everything."""
    socket = RtdsSocket(
        url, slot=slot, rules=Rules(silence_ms=30_000, life_ms=600_000), clock=SystemClock()
    )
    async with aclosing(socket.listen()) as heard:
        async for item in heard:
            if isinstance(item, Frame):
                await log.record(RTDS, item.session, item.received_at_ms, item.raw)


async def recorded(log: NatsLog, frames: int) -> None:
    async with asyncio.timeout(WITHIN_S):
        while (await log.captures.span())[1] < frames:
            pass


async def played(file: Path) -> tuple[int, Sequence[tuple[str, Any]]]:
    async with venue(source=str(file), trades="1000") as (replay, _):
        total = (await replay.status())["leader_trades"]
        return total, [await replay.next() for _ in range(total)]


async def test_what_two_connections_recorded_is_played_as_it_was(desk: Desk) -> None:
    assert isinstance(desk.log, NatsLog)
    log, file = desk.log, desk.home / "day.jsonl.gz"
    async with venue(source="seeded", trades=str(TRADES), seed="5") as (real, urls):
        listeners = [asyncio.create_task(recorder(log, urls["rtds"], slot)) for slot in (1, 2)]
        await real.heard_by(2)
        original = [await real.next() for _ in range(TRADES // 2)]
        frames = sum(len(rows) + 1 for _, rows in original)
        await recorded(log, 2 * frames)
        listeners[1].cancel()
        await asyncio.wait(listeners[1:])
        await real.heard_by(1)
        original += [await real.next() for _ in range(TRADES // 2)]
        await recorded(log, frames + sum(len(rows) + 1 for _, rows in original))
        listeners[0].cancel()
        await asyncio.wait(listeners)
    told = await desk.json("capture", "export", str(file), "--source", "rtds")
    assert told["frames"] == frames + sum(len(rows) + 1 for _, rows in original)
    total, replayed = await played(file)
    assert total == TRADES
    assert replayed == original
