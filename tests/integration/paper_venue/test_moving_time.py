"""A clock that is moved while it is being moved."""

import pytest

from polycopy.paper_venue.service.agenda import Agenda, VenueClock
from tests.support.directing import STANDING, START_US, directing


class NoClock:
    """Implements Clock; a clock that stands never looks at it."""

    def now_us(self) -> int:
        return 0


async def test_a_way_gets_longer_when_something_on_it_moves_the_clock_further() -> None:
    agenda, done = Agenda(VenueClock(NoClock(), start_us=0)), list[int]()
    agenda.after(1, lambda: agenda.advance(5))
    agenda.after(4, lambda: agenda.advance(1))
    agenda.after(6, lambda: done.append(agenda.now_us()))
    agenda.after(7, lambda: done.append(agenda.now_us()))

    agenda.advance(2)

    assert (done, agenda.now_us(), agenda.target_us) == ([6000], 6000, None)
    agenda.advance(1)
    assert (done, agenda.now_us()) == ([6000, 7000], 7000)
    agenda.clear()


async def test_an_action_that_fails_leaves_a_clock_that_can_be_moved() -> None:
    agenda = Agenda(VenueClock(NoClock(), start_us=0))

    def fail() -> None:
        raise KeyError

    agenda.after(1, fail)

    with pytest.raises(KeyError):
        agenda.advance(2)
    agenda.advance(2)

    assert agenda.now_us() == 3000


async def test_a_step_that_moves_the_clock_to_its_own_next_time_comes_to_an_end() -> None:
    step = '[[step]]\nat_ms = 1000\nevery_ms = 1000\ndo = "advance_clock"\nms = 1000\n'
    async with directing(STANDING + step) as control:
        await control.advance(1000)

        done = await control.journal("commands")
        assert {(each["by"], each["error"]) for each in done[:-1]} == {("step 1", "")}
        _, clock = await control.ask("GET", "clock")
        assert clock["now_us"] == START_US + 1000 * (len(done) - 1) * 1000
