"""Raw frames where the server goes, and where the oldest ones had to go."""

import asyncio
import random
from contextlib import aclosing

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Captured
from polycopy.runtime.metrics import CAPTURE_DROPPED
from polycopy.runtime.nats_log import NatsLog
from tests.integration.runtime.test_server_faults import count
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account, NatsServer

SOON_S = 60.0


async def recorded(log: NatsLog, frames: int) -> None:
    now_ms = SystemClock().now_ms()
    for number in range(frames):
        await log.record("rtds", "1", now_ms + number, str(number).encode() * 500)
    async with asyncio.timeout(SOON_S):
        while (await log.captures.span())[1] < frames:
            pass


async def read(log: NatsLog, since_ms: int = 0) -> list[Captured]:
    return [one async for batch in log.captures.read(since_ms=since_ms) for one in batch]


async def test_frames_for_a_server_that_is_away_are_dropped_and_counted(
    own_nats_server: NatsServer,
) -> None:
    async with real_log(own_nats_server.whole, patience_s=0.3) as log:
        await asyncio.to_thread(own_nats_server.kill)
        with pytest.raises(Transient):
            await log.end()
        before = count(CAPTURE_DROPPED)
        await log.record("rtds", "1", 1, b"x")
        assert count(CAPTURE_DROPPED) == before + 1
        with pytest.raises(Transient, match="what was captured cannot be read"):
            await read(log)


async def test_a_frame_that_is_too_large_however_packed_is_dropped(nats_account: Account) -> None:
    async with real_log(nats_account) as log:
        before = count(CAPTURE_DROPPED)
        await log.record("rtds", "1", 1, SystemClock().now_ms().to_bytes(8, "big") * 2**10)
        await log.record("rtds", "1", 1, random.Random(1).randbytes(3 << 20))
        assert count(CAPTURE_DROPPED) == before + 1
        assert await log.end() == 1


async def test_reading_goes_on_where_the_server_came_back(own_nats_server: NatsServer) -> None:
    async with real_log(own_nats_server.whole) as log:
        await recorded(log, 4_000)
        found: list[Captured] = []
        async with aclosing(log.captures.read(size_max=100)) as batches:
            async for batch in batches:
                if not found:
                    await asyncio.to_thread(own_nats_server.stop)
                    await asyncio.to_thread(own_nats_server.start)
                found += batch
        assert [one.sequence for one in found] == list(range(1, 4_001))


async def test_what_had_to_go_is_not_waited_for(nats_account: Account) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (_, api):
        await recorded(log, 50)
        await api.ask("STREAM.PURGE.CAPTURE", {"keep": 20})
        assert await log.captures.span() == (31, 50)
        assert [one.sequence for one in await read(log)] == list(range(31, 51))
        await api.ask("STREAM.PURGE.CAPTURE")
        assert await read(log) == []


async def test_frames_of_earlier_are_not_read(nats_account: Account) -> None:
    async with real_log(nats_account) as log:
        await recorded(log, 10)
        latest = (await read(log))[-1].received_at_ms
        assert len(await read(log, since_ms=latest - 1)) == 2
        assert await read(log, since_ms=latest + 3_600_000) == []
