"""How trades come to the chain."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core.chain.settlement import Terms, course
from polycopy.paper_venue.core.engine.facts import TradeStatus
from polycopy.paper_venue.core.faults.rules import FaultKind

ENDS = {TradeStatus.CONFIRMED, TradeStatus.FAILED}


def told(terms: Terms, fault: FaultKind | None = None, trade: str = "t") -> list[tuple[str, int]]:
    return [(step.status.value, step.due_ms) for step in course(terms, "seed", trade, fault)]


def test_a_trade_is_mined_half_way_to_its_confirmation() -> None:
    assert told(Terms(least_ms=2001, most_ms=2001)) == [("MINED", 1000), ("CONFIRMED", 2001)]


def test_a_ghost_fill_is_tried_again_and_fails() -> None:
    assert told(Terms(), FaultKind.SETTLE_FAILED) == [("RETRYING", 1000), ("FAILED", 2000)]


def test_a_retried_trade_is_confirmed_in_the_end() -> None:
    names = [name for name, _ in told(Terms(), FaultKind.SETTLE_RETRIED)]

    assert names == ["RETRYING", "MINED", "CONFIRMED"]


def test_a_stuck_trade_goes_nowhere() -> None:
    assert told(Terms(), FaultKind.SETTLE_STUCK) == []


def test_so_many_of_a_million_go_wrong_as_was_asked_for() -> None:
    terms = Terms(failed_ppm=15_000, retried_ppm=100_000)
    courses = [told(terms, trade=str(number)) for number in range(4000)]

    failed = sum(steps[-1][0] == "FAILED" for steps in courses) / len(courses)
    retried = sum(len(steps) == 3 for steps in courses) / len(courses)

    assert 0.010 < failed < 0.020
    assert 0.085 < retried < 0.115


@given(st.integers(0, 50_000), st.integers(0, 50_000), st.text(max_size=9))
def test_every_course_ends_within_its_time_and_never_goes_back(
    least: int, span: int, trade: str
) -> None:
    terms = Terms(least_ms=least, most_ms=least + span, failed_ppm=300_000, retried_ppm=300_000)

    steps = course(terms, "seed", trade, None)

    assert least <= steps[-1].due_ms <= least + span
    assert [step.due_ms for step in steps] == sorted(step.due_ms for step in steps)
    assert steps[-1].status in ENDS
    assert course(terms, "seed", trade, None) == steps
