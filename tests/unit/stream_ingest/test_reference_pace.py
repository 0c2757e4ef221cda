"""How many requests leave, and when none do."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.stream_ingest.core.pace import Pace, Rest

NOW = 1_795_000_000_000


@given(st.integers(1, 7), st.lists(st.integers(0, 900), max_size=60))
def test_no_second_has_more_requests_than_it_may_and_none_waits_for_nothing(
    per_s: int, gaps: list[int]
) -> None:
    pace, now = Pace(per_s), NOW
    turns: list[int] = []
    for gap in gaps:
        now += gap
        turns.append(now + pace.wait_ms(now))
    assert turns == sorted(turns)
    for first, last in zip(turns, turns[per_s:], strict=False):
        assert last - first >= 1_000
    if len(gaps) <= per_s:
        assert sum(turn - NOW for turn in turns) == sum(
            sum(gaps[: place + 1]) for place in range(len(gaps))
        )


def test_a_clock_that_steps_back_lets_nobody_jump_the_queue() -> None:
    pace = Pace(2)
    assert [pace.wait_ms(NOW), pace.wait_ms(NOW - 500)] == [0, 500]


def test_a_host_that_fails_three_times_on_end_is_left_alone_longer_each_time() -> None:
    rest = Rest()
    left = []
    for _ in range(14):
        rest.failed(NOW)
        left.append(rest.left_ms(NOW))

    assert left[:6] == [0, 0, 500, 1_000, 2_000, 4_000]
    assert left[-1] == 60_000
    assert rest.failures == 14
    assert rest.left_ms(NOW + 60_000) == 0


def test_a_host_that_asks_for_it_is_left_alone_at_once() -> None:
    rest = Rest()
    rest.failed(NOW, asked_ms=7_000)
    rest.failed(NOW)

    assert rest.left_ms(NOW + 1_000) == 6_000


def test_an_answer_forgets_the_failures() -> None:
    rest = Rest()
    assert not rest.answered()
    rest.failed(NOW)
    rest.failed(NOW)
    assert rest.answered()
    rest.failed(NOW)

    assert rest.left_ms(NOW) == 0
