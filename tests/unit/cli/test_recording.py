"""Raw frames as lines, and since when they are wanted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core import recording
from polycopy.paper_venue.core.sources import frames
from polycopy.runtime.log import Captured
from tests.support.rtds_frames import frame

NOW_MS = 1_795_000_000_000


def captured(raw: bytes, reason: str = "") -> Captured:
    return Captured(
        sequence=1, source="rtds", received_at_ms=NOW_MS, session="1-1", raw=raw, reason=reason
    )


def test_a_line_has_what_was_heard_and_all_that_is_known_of_it() -> None:
    assert recording.line(captured(b'{"a":\n1}')) == (
        b'{"received_at_ms":1795000000000,"source":"rtds","session":"1-1","reason":"",'
        b'"raw":"{\\"a\\":\\n1}"}\n'
    )


@given(st.binary(max_size=50))
def test_every_frame_is_one_line_and_comes_back_byte_for_byte(raw: bytes) -> None:
    line = recording.line(captured(raw))
    assert line.count(b"\n") == 1
    assert frames.are([line])
    assert frames.rows([line]) == frames.rows([recording.line(captured(raw))])
    told = json.loads(line)
    assert ("raw" in told) != ("raw_base64" in told)


def test_the_paper_venue_reads_what_is_written() -> None:
    assert len(frames.rows([recording.line(captured(frame()))])) == 1


@pytest.mark.parametrize(
    ("text", "before_ms"),
    [("90s", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000)],
)
def test_a_time_before_now(text: str, before_ms: int) -> None:
    assert recording.since_ms(text, NOW_MS) == NOW_MS - before_ms


@pytest.mark.parametrize(
    "text", ["2026-11-18T11:06:40", "2026-11-18T11:06:40Z", "2026-11-18T12:06:40+01:00"]
)
def test_a_moment(text: str) -> None:
    assert recording.since_ms(text, 0) == 1_795_000_000_000


def test_long_ago_is_the_beginning() -> None:
    assert recording.since_ms("999999d", NOW_MS) == 0
    assert recording.since_ms("1900-01-01", NOW_MS) == 0


@pytest.mark.parametrize("text", ["yesterday", "2x", "-1h", "1.5h", ""])
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="is no time: 2h"):
        recording.since_ms(text, NOW_MS)
