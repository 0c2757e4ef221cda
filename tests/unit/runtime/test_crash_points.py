"""Where a test may kill a service."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from polycopy.runtime.crash_points import ENVIRONMENT_KEY, POINTS, CrashPoints
from polycopy.runtime.errors import Halt

ROOT = Path(__file__).parents[3]
ONE, OTHER = list(POINTS)[:2]


def reached(wanted: str, *names: str) -> list[int]:
    """Which of the points, reached one after the other, are the one."""
    points = CrashPoints(wanted)
    return [place for place, name in enumerate(names, start=1) if points.reach(name)]


def test_without_a_wish_no_point_is_the_one() -> None:
    assert reached("", *POINTS, "", "nowhere") == []


def test_a_point_is_the_one_at_the_first_time_and_never_again() -> None:
    assert reached(ONE, OTHER, ONE, ONE) == [2]


def test_a_point_is_the_one_at_the_time_that_is_named() -> None:
    assert reached(f"{ONE}:3", ONE, OTHER, ONE, ONE, ONE) == [4]


@pytest.mark.parametrize("wanted", ["executor.nowhere", f"{ONE}:0", f"{ONE}:often", f"{ONE}:-1"])
def test_a_wish_that_cannot_come_true_stops_the_service(wanted: str) -> None:
    with pytest.raises(Halt, match=ENVIRONMENT_KEY):
        CrashPoints(wanted)


def test_every_point_is_in_the_service_that_it_names() -> None:
    for name in POINTS:
        folder = ROOT / "services" / name.partition(".")[0] / "src"
        places = [
            path
            for path in folder.rglob("*.py")
            if f'crash_points.reach("{name}")' in path.read_text()
        ]
        assert len(places) == 1, name


def test_the_process_is_killed_and_cleans_nothing_up() -> None:
    program = (
        "import atexit; from polycopy.runtime.crash_points import reach\n"
        "atexit.register(print, 'cleaned up'); reach('executor.sent'); print('went on')"
    )
    for wanted, code, said in [
        ("executor.sent", -signal.SIGKILL, ""),
        ("executor.decided", 0, "went on\ncleaned up\n"),
    ]:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, ENVIRONMENT_KEY: wanted},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, said)
