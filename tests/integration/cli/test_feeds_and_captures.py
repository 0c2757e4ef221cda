"""What is told of feeds, and what is exported of the frames that were recorded, on a real log."""

import asyncio
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.feeds import (
    FeedConnected,
    FeedEvent,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
    FeedMissed,
)
from polycopy.schemas.subjects import subject_of
from tests.support.desk import Desk
from tests.support.rtds_frames import frame

AT_MS = 1_795_000_000_000
SOON_S = 60.0


async def say(desk: Desk, *events: FeedEvent) -> None:
    for place, event in enumerate(events):
        origin = Origin(source="stream-ingest", time_ms=AT_MS, causation_id=str(place))
        await desk.log.append(draft(event, subject=subject_of(event), origin=origin))


async def record(desk: Desk, *frames: tuple[str, int, bytes]) -> None:
    """Frames of a source, received at a time."""
    assert isinstance(desk.log, NatsLog)
    _, before = await desk.log.captures.span()
    for source, at_ms, raw in frames:
        await desk.log.record(source, "1-1", at_ms, raw)
    async with asyncio.timeout(SOON_S):
        while (await desk.log.captures.span())[1] < before + len(frames):
            pass


def lines(file: Path) -> list[Any]:
    content = file.read_bytes()
    text = gzip.decompress(content) if file.suffix == ".gz" else content
    return [json.loads(line) for line in text.splitlines()]


async def test_feeds_are_told_with_their_gaps(desk: Desk) -> None:
    assert "no source was heard yet" in (await desk("feed", "list"))[1]
    lost = FeedLost(source="rtds", connection="2-1795000000000", reason="no data", at_ms=AT_MS)
    await say(
        desk,
        FeedConnected(source="rtds", connection="1-1795000000000", at_ms=AT_MS),
        lost,
        FeedGapOpened(source="rtds", from_ms=AT_MS, reason="all lost", at_ms=AT_MS),
        FeedGapClosed(
            source="rtds",
            from_ms=AT_MS,
            to_ms=AT_MS + 90_000,
            by="poll",
            wallets=9,
            recovered=3,
            unknown_wallets=1,
            at_ms=AT_MS + 91_000,
        ),
        FeedMissed(
            source="rtds", from_ms=AT_MS, to_ms=AT_MS, trades=2, transactions=(), at_ms=AT_MS
        ),
        FeedGapOpened(source="poll", from_ms=AT_MS, reason="away", at_ms=AT_MS),
    )
    poll, rtds = await desk.json("feed", "list")
    assert (poll["source"], poll["state"]) == ("poll", "silent")
    assert (rtds["state"], rtds["gaps"], rtds["recovered"]) == ("delivers", 1, 3)
    assert (rtds["unknown_wallets"], rtds["missed"]) == (1, 2)
    assert [one["delivering"] for one in rtds["connections"]] == [True, False]
    assert rtds["last_gap"]["to_ms"] == AT_MS + 90_000
    code, out, _ = await desk("feed", "list")
    assert (code, "silent" in out, "lost: no data" in out) == (0, True, True)
    told = await desk.json("feed", "gaps", "--source", "rtds")
    assert [gap["recovered"] for gap in told["gaps"]] == [3]
    assert [one["trades"] for one in told["missed"]] == [2]
    code, out, _ = await desk("feed", "gaps")
    assert (code, "open" in out, "90 s" in out, "1 of 9" in out) == (0, True, True, True)
    code, _, err = await desk("feed", "gaps", "--source", "moon")
    assert (code, err) == (1, "there is no source moon: there are poll, rtds\n")


@pytest.mark.parametrize("name", ["day.jsonl.gz", "day.jsonl"])
async def test_frames_are_exported_whole_and_in_order(desk: Desk, name: str) -> None:
    raws = [frame(size=number) for number in range(1, 700)]
    await record(desk, *(("rtds", AT_MS + at, raw) for at, raw in enumerate(raws)))
    file = desk.home / name
    told = await desk.json("capture", "export", str(file))
    assert told == {
        "file": str(file),
        "frames": 699,
        "sources": {"rtds": 699},
        "from_ms": AT_MS,
        "to_ms": AT_MS + 698,
    }
    exported = lines(file)
    assert [one["raw"].encode() for one in exported] == raws
    assert exported[0]["received_at_ms"] == AT_MS
    assert exported[0]["session"] == "1-1"
    assert [path.name for path in desk.home.glob("day*")] == [name]


async def test_frames_of_one_source_and_since_a_time_alone_are_exported(desk: Desk) -> None:
    now_ms = SystemClock().now_ms()
    await record(
        desk,
        ("rtds", now_ms - 7_200_000, b"old"),
        ("rtds", now_ms, b"new"),
        ("poll", now_ms, b"\xff"),
    )
    file = desk.home / "some.jsonl"
    assert (await desk("capture", "export", str(file), "--source", "rtds"))[0] == 0
    assert [one["raw"] for one in lines(file)] == ["old", "new"]
    assert (await desk("capture", "export", str(file), "--since", "1h", "--force"))[0] == 0
    assert [one.get("raw") for one in lines(file)] == ["new", None]


async def test_a_file_is_written_over_only_where_that_is_wanted(desk: Desk) -> None:
    await record(desk, ("rtds", AT_MS, b"{}"))
    file = desk.home / "day.jsonl"
    file.write_text("mine")
    code, _, err = await desk("capture", "export", str(file))
    assert (code, file.read_text()) == (2, "mine")
    assert err == f"polycopy: {file} is there already: choose another name, or --force\n"
    assert (await desk("capture", "export", str(file), "--force"))[0] == 0
    assert len(lines(file)) == 1


async def test_nothing_captured_is_a_no_and_no_file(desk: Desk) -> None:
    file = desk.home / "day.jsonl.gz"
    code, _, err = await desk("capture", "export", str(file))
    assert code == 1
    assert err.startswith("no such frame was captured: POLYCOPY_STREAM_INGEST_RECORD=")
    assert list(desk.home.glob("day*")) == []
    assert "error" in await desk.json("capture", "export", str(file))
