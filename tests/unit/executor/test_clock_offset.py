"""The venue's time, as well as it can be known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.executor.core.clock_offset import ClockOffset, heard, request_time_s, warning

NOW_MS = 1_795_000_000_000


def after(*ahead_ms: int) -> ClockOffset:
    """Our clock, after samples of a venue that is so far ahead of it, in the middle of its
    second."""
    offset = ClockOffset()
    for ahead in ahead_ms:
        asked_at_ms = NOW_MS + 500 - ahead
        offset = heard(
            offset, server_s=NOW_MS // 1_000, answered_at_ms=asked_at_ms + 50, round_trip_ms=100
        )
    return offset


def test_half_a_second_is_added_and_the_middle_of_the_request_counts() -> None:
    [sample_ms] = after(0).samples_ms

    assert sample_ms == 0
    assert after(1_234).ms == 1_234


def test_before_the_first_sample_our_clock_is_taken_for_right() -> None:
    assert ClockOffset().ms == 0
    assert request_time_s(ClockOffset(), NOW_MS) == NOW_MS // 1_000 - 2


def test_the_median_of_the_newest_five_counts() -> None:
    assert after(9_000, 10, 20, 30, 40, 50).ms == 30
    assert after(10, 9_000, 20).ms == 20
    assert after(10, 20).ms == 15


@pytest.mark.parametrize("round_trip_ms", [-1, 2_001, 60_000])
def test_an_answer_that_took_too_long_tells_nothing(round_trip_ms: int) -> None:
    known = after(100)

    told = heard(known, server_s=1, answered_at_ms=NOW_MS, round_trip_ms=round_trip_ms)

    assert told == known


def test_a_clock_that_is_off_by_more_than_a_second_is_told_once_and_once_that_it_is_well() -> None:
    words: list[str] = []
    offset = ClockOffset()
    for ahead_ms in (0, 2_000, 2_000, 2_000, 2_000, 800, 800, 800, 800, 300, 300, 300, 300):
        before = offset
        offset = heard(
            before,
            server_s=NOW_MS // 1_000,
            answered_at_ms=NOW_MS + 550 - ahead_ms,
            round_trip_ms=100,
        )
        words.append(warning(before, offset))

    assert [word for word in words if word] == [
        "our clock is 2.0 s behind the venue's: let the machine keep its time (NTP)",
        "our clock agrees with the venue's again",
    ]
    assert words.index("our clock agrees with the venue's again") == 11


def test_a_clock_that_is_fast_is_told_to_be_ahead() -> None:
    assert "is 5.0 s ahead of the venue's" in warning(ClockOffset(), after(-5_000))


SAMPLES = st.lists(
    st.tuples(st.integers(0, 100_000_000), st.integers(0, 1_000), st.integers(0, 1_000)),
    min_size=1,
    max_size=9,
)


@given(st.integers(-(10**9), 10**9), SAMPLES, st.integers(0, 10**9))
def test_no_request_is_signed_in_the_venue_s_future_and_none_is_old(
    ahead_ms: int, samples: list[tuple[int, int, int]], later_ms: int
) -> None:
    """Whatever the delays there and back, up to a second each."""
    offset = ClockOffset()
    for at_ms, there_ms, back_ms in samples:
        asked_at_ms = NOW_MS + at_ms
        offset = heard(
            offset,
            server_s=(asked_at_ms + there_ms + ahead_ms) // 1_000,
            answered_at_ms=asked_at_ms + there_ms + back_ms,
            round_trip_ms=there_ms + back_ms,
        )

    now_ms = NOW_MS + later_ms
    behind_s = (now_ms + ahead_ms) // 1_000 - request_time_s(offset, now_ms)

    assert 0 <= behind_s <= 4
