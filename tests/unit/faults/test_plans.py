"""What the loops do and what they come to."""

from polycopy.runtime.crash_points import POINTS, CrashPoints
from tests.faults.harness.laws import Verdict
from tests.faults.harness.plans import Blow, plan
from tests.faults.harness.summary import Loop, failed, last_line, line_of

GOOD = Verdict(faults={"V1": [], "E2": []}, orders=3, fills=4, lost=0, doubled=0, stuck=0)


def loop(verdict: Verdict) -> Loop:
    return Loop(seed="s", verdict=verdict, deaths={"executor": 2}, seconds=1.26)


def test_a_seed_has_one_plan_and_another_seed_another() -> None:
    assert plan("a") == plan("a")
    assert plan("a") != plan("b")


def test_a_hundred_plans_strike_every_blow_and_every_point() -> None:
    plans = [plan(str(number)) for number in range(100)]
    assert {blow for one in plans for _, blow in one.blows} == set(Blow)
    wanted = {wish for one in plans for wishes in one.crash_at.values() for wish in wishes}
    assert {wish.partition(":")[0] for wish in wanted} == set(POINTS)
    for wish in wanted:
        CrashPoints(wish)


def test_the_last_line_is_the_one_that_was_agreed() -> None:
    line = "loops=2 orders=6 fills=8 lost=0 doubled=0 stuck=0 invariants=ok"
    assert last_line([loop(GOOD), loop(GOOD)], tested=True) == (line, True)


def test_one_fault_or_one_failed_test_breaks_the_whole() -> None:
    broken = Verdict(faults={"V1": ["two"]}, orders=3, fills=4, lost=1, doubled=2, stuck=3)
    line = "loops=2 orders=6 fills=8 lost=1 doubled=2 stuck=3 invariants=broken"
    assert last_line([loop(GOOD), loop(broken)], tested=True) == (line, False)
    assert not last_line([loop(GOOD)], tested=False)[1]
    assert not last_line([failed("s", ValueError("x"))], tested=True)[1]


def test_a_loop_tells_its_seed() -> None:
    assert line_of(loop(GOOD)) == "seed s: 3 orders, 4 fills, executor died 2×, 1.3 s, ok"
