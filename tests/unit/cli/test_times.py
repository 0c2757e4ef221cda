"""Lines that tell when they were said."""

from datetime import UTC, datetime

import pytest

from polycopy.cli.adapters.terminal import RichTerminal
from tests.support.hand_clock import HandClock

NOON_MS = 1_795_003_200_000
DAY_MS = 86_400_000


def local(now_ms: int, form: str) -> str:
    return datetime.fromtimestamp(now_ms // 1_000, tz=UTC).astimezone().strftime(form)


def test_each_line_begins_with_the_local_time_and_with_the_date_where_that_is_new(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = HandClock(NOON_MS)
    terminal = RichTerminal()
    terminal.note("before")
    terminal.tell_times(clock)
    terminal.note("first")
    clock.advance(1_000)
    terminal.note("second")
    clock.advance(DAY_MS)
    terminal.note("next day")
    assert capsys.readouterr().err.splitlines() == [
        "before",
        local(NOON_MS, "%Y-%m-%d %H:%M:%S first"),
        local(NOON_MS + 1_000, "%H:%M:%S second"),
        local(NOON_MS + 1_000 + DAY_MS, "%Y-%m-%d %H:%M:%S next day"),
    ]
