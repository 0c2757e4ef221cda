"""When a connection to the activity feed is given up."""

import pytest

from polycopy.polymarket.rtds_session import RtdsSession, Rules
from tests.support.rtds_frames import TRADED_AT_S, frame

RULES = Rules(silence_ms=30_000, age_ms_max=60_000, life_ms=600_000)
NOW_MS = TRADED_AT_S * 1000


def session() -> RtdsSession:
    return RtdsSession(rules=RULES, opened_at_ms=NOW_MS)


def fed(age_ms: int, *, for_ms: int, every_ms: int = 1_000) -> tuple[RtdsSession, int]:
    """A session that for so long brings data of this age, and the time then."""
    one = session()
    for at_ms in range(NOW_MS, NOW_MS + for_ms + 1, every_ms):
        one.feed(frame(timestamp=(at_ms - age_ms) // 1000), at_ms)
    return one, NOW_MS + for_ms


def test_young_data_is_a_sign_of_life() -> None:
    one, now_ms = fed(2_000, for_ms=300_000)
    assert one.verdict(now_ms + 29_999) == ""
    assert one.verdict(now_ms + 30_000) == "no data for 30 s"


def test_nothing_at_all_is_given_up_as_soon() -> None:
    assert session().verdict(NOW_MS + 29_999) == ""
    assert session().verdict(NOW_MS + 30_000) == "no data for 30 s"


def test_data_that_stays_old_is_no_sign_of_life() -> None:
    one, now_ms = fed(1_800_000, for_ms=29_000)
    assert one.verdict(now_ms) == ""
    one, now_ms = fed(1_800_000, for_ms=30_000)
    assert one.verdict(now_ms) == "data is 1800 s old"


def test_one_old_row_among_young_ones_ends_nothing() -> None:
    one, now_ms = fed(2_000, for_ms=60_000)
    one.feed(frame(timestamp=TRADED_AT_S - 1_800), now_ms + 1_000)
    assert one.verdict(now_ms + 1_000) == ""


def test_a_connection_is_renewed_when_its_time_is_over() -> None:
    one, now_ms = fed(2_000, for_ms=600_000)
    assert one.verdict(now_ms - 1) == ""
    assert one.verdict(now_ms) == "renewed after 600 s"


@pytest.mark.parametrize("raw", [b"{", b"[]", frame(timestamp="soon"), frame(timestamp=None)])
def test_data_without_a_time_counts_as_young(raw: bytes) -> None:
    one = session()
    for at_ms in range(NOW_MS, NOW_MS + 40_000, 1_000):
        one.feed(raw, at_ms)
    assert one.verdict(NOW_MS + 40_000) == ""
