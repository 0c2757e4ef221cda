"""Raw frames: recorded whole, kept in part, read back in order."""

import asyncio

import pytest

from polycopy.runtime.log import Captured
from polycopy.runtime.metrics import CAPTURE_DROPPED
from tests.contract.log.conftest import AnyLog

AT_MS = 1_795_000_000_000
SOON_S = 60.0


def dropped() -> float:
    [metric] = CAPTURE_DROPPED.collect()
    return float(metric.samples[0].value)


async def captured(
    log: AnyLog, *sources: str, since_ms: int = 0, size_max: int = 500
) -> list[Captured]:
    batches = log.captures.read(sources, since_ms=since_ms, size_max=size_max)
    found: list[Captured] = []
    async for batch in batches:
        assert 1 <= len(batch) <= size_max
        found += batch
    return found


async def stored(log: AnyLog, number: int) -> None:
    """Until so many frames are there: nobody waits for the store's answer."""
    async with asyncio.timeout(SOON_S):
        while (await log.captures.span())[1] < number:
            pass


async def test_a_recorded_frame_comes_back_whole_with_all_that_was_said_of_it(log: AnyLog) -> None:
    await log.record("rtds", "1-1795", AT_MS, b"\x00\xff\r\n{}")
    await stored(log, 1)
    assert await captured(log) == [
        Captured(
            sequence=1,
            source="rtds",
            received_at_ms=AT_MS,
            raw=b"\x00\xff\r\n{}",
            session="1-1795",
        )
    ]


async def test_nothing_captured_is_nothing_to_read(log: AnyLog) -> None:
    first, last = await log.captures.span()
    assert first > last
    assert await captured(log) == []
    assert await captured(log, "rtds", since_ms=AT_MS) == []


async def test_frames_come_in_the_order_in_which_they_were_recorded(log: AnyLog) -> None:
    for number in range(2_500):
        await log.record("rtds", "1", AT_MS + number, str(number).encode())
    await stored(log, 2_500)
    found = await captured(log, size_max=300)
    assert [one.raw for one in found] == [str(number).encode() for number in range(2_500)]
    assert [one.sequence for one in found] == list(range(1, 2_501))
    assert await log.captures.span() == (1, 2_500)


@pytest.mark.parametrize("size", [0, 64 * 1024, 64 * 1024 + 1, 4 << 20])
async def test_a_frame_of_any_honest_size_is_recorded_whole(log: AnyLog, size: int) -> None:
    raw = (b'{"price":0.52,"side":"BUY"},' * (size // 20 + 1))[:size]
    await log.record("poll", "2", AT_MS, raw)
    await stored(log, 1)
    assert [one.raw for one in await captured(log)] == [raw]


async def test_frames_of_some_sources_alone_are_read(log: AnyLog) -> None:
    for source in ("rtds", "poll", "rtds-2", "rtds"):
        await log.record(source, "1", AT_MS, source.encode())
    await log.keep("rtds", "not json", b"kept")
    await stored(log, 5)
    assert [one.raw for one in await captured(log, "rtds")] == [b"rtds", b"rtds", b"kept"]
    assert [one.raw for one in await captured(log, "poll", "rtds-2")] == [b"poll", b"rtds-2"]
    assert await captured(log, "chain") == []


async def test_a_frame_that_was_kept_for_looking_at_has_its_reason(log: AnyLog) -> None:
    await log.keep("rtds", "no hash", b"{}")
    await stored(log, 1)
    [one] = await captured(log)
    assert (one.reason, one.session, one.raw) == ("no hash", "", b"{}")


async def test_frames_are_read_since_the_time_at_which_they_were_received(log: AnyLog) -> None:
    """By the clock of who received them."""
    now_ms = 4_000_000_000_000
    for number in range(3):
        await log.record("rtds", "1", now_ms + number, str(number).encode())
    await stored(log, 3)
    found = await captured(log, since_ms=1)
    assert [one.raw for one in found] == [b"0", b"1", b"2"]


async def test_recording_never_raises_and_counts_what_it_drops(log: AnyLog) -> None:
    before = dropped()
    await log.record("a source with spaces", "1", AT_MS, b"x")
    await log.record("rtds", "two\r\nlines: 1", AT_MS, b"x")
    assert dropped() == before + 2
    await log.record("rtds", "1", AT_MS, b"x")
    await stored(log, 1)
    assert [one.raw for one in await captured(log)] == [b"x"]
    assert await log.end() == 1
