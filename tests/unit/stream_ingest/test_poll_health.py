"""When the Data API is left alone, asked in its other version, or counts as silent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.activity_query import Version
from polycopy.stream_ingest.core.poll_health import (
    FIRST_FOR_MS,
    PAUSE_MS_MAX,
    SWITCH_AFTER,
    ApiHealth,
)

V1, V2 = Version.V1, Version.V2
WATCHDOG_MS = 30_000


class Api:
    """Health, and a clock that goes on with every answer and every pause."""

    def __init__(self) -> None:
        self.health = ApiHealth(WATCHDOG_MS)
        self.now_ms = 1_000

    def good(self) -> None:
        self.now_ms += 10 + self.health.wait_ms(self.now_ms)
        self.health.good()
        self.health.walked(self.version)

    def bad(self, of: Version | None = V2, *, retry_after_s: int = 0) -> int:
        """The pause after it."""
        asked_ms = self.now_ms + self.health.wait_ms(self.now_ms)
        self.now_ms = asked_ms + 10
        self.health.bad(
            "why", asked_ms=asked_ms, now_ms=self.now_ms, of=of, retry_after_s=retry_after_s
        )
        return self.health.wait_ms(self.now_ms)

    @property
    def version(self) -> Version:
        return self.health.version(self.now_ms)


def test_one_failure_costs_the_others_nothing() -> None:
    api = Api()

    assert [api.bad() for _ in range(3)] == [0, 1_000, 2_000]
    api.good()
    assert api.bad() == 0


def test_pauses_grow_to_ten_seconds() -> None:
    api = Api()

    assert [api.bad(None) for _ in range(8)] == [0, 1_000, 2_000, 4_000, 8_000, *[10_000] * 3]


@pytest.mark.parametrize(("told_s", "pause_ms"), [(7, 7_000), (900, PAUSE_MS_MAX)])
def test_what_the_api_wants_is_heeded_at_once_within_reason(told_s: int, pause_ms: int) -> None:
    assert Api().bad(None, retry_after_s=told_s) == pause_ms


def test_failures_side_by_side_are_one() -> None:
    health = ApiHealth(WATCHDOG_MS)
    for now_ms in (10, 11, 12, 13):
        health.bad("why", asked_ms=5, now_ms=now_ms, of=V2)

    assert (health.failed_in_row, health.wait_ms(13)) == (1, 0)


def test_the_first_version_is_asked_for_a_while_and_then_the_second_again() -> None:
    api = Api()
    for _ in range(SWITCH_AFTER):
        assert api.version is V2
        api.bad()
    assert api.version is V1
    switched_ms = api.now_ms
    api.good()
    api.now_ms = switched_ms + FIRST_FOR_MS - 1
    assert api.version is V1
    api.now_ms += 1

    assert api.version is V2


def test_where_the_first_version_fails_too_the_second_is_tried_again() -> None:
    api = Api()
    for of in (V2, V1):
        for _ in range(SWITCH_AFTER):
            assert api.version is of
            api.bad(of)

    assert api.version is V2


def test_a_version_that_never_comes_to_the_end_of_a_walk_is_left() -> None:
    """Its first pages are good, and those after them are not."""
    api = Api()
    for _ in range(SWITCH_AFTER):
        assert api.version is V2
        api.health.good()
        api.bad()

    assert api.version is V1


def test_no_connection_is_no_fault_of_a_version() -> None:
    api = Api()
    for _ in range(10):
        api.bad(None)

    assert api.version is V2


def test_a_late_failure_of_the_other_version_says_nothing_of_this_one() -> None:
    api = Api()
    for _ in range(SWITCH_AFTER):
        api.bad(V2)
    for _ in range(SWITCH_AFTER):
        api.bad(V2)

    assert api.version is V1


def test_silence_is_told_once_and_ends_with_a_good_answer() -> None:
    api = Api()
    api.good()
    api.bad(None)
    began_ms = api.now_ms
    assert not api.health.fell_silent(began_ms + WATCHDOG_MS - 1)
    assert api.health.fell_silent(began_ms + WATCHDOG_MS)
    assert not api.health.fell_silent(began_ms + WATCHDOG_MS + 1)
    assert (api.health.is_delivering, api.health.reason) == (False, "why")
    api.good()

    assert api.health.is_delivering


def test_what_never_delivered_does_not_fall_silent() -> None:
    api = Api()
    api.bad(None)

    assert not api.health.fell_silent(api.now_ms + WATCHDOG_MS)


@given(st.lists(st.tuples(st.sampled_from([None, V1, V2]), st.integers(0, 99)), max_size=40))
def test_no_pause_is_longer_than_a_minute(failures: list[tuple[Version | None, int]]) -> None:
    api = Api()
    for of, told_s in failures:
        assert api.bad(of, retry_after_s=told_s) <= PAUSE_MS_MAX
