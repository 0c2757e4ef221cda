"""A fold is evolve, from initial on."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.runtime.decider import fold


class Sum:
    """A decider with integers for everything."""

    def initial(self) -> int:
        return 0

    def decide(self, state: int, command: int) -> list[int]:
        return [command - state]

    def evolve(self, state: int, event: int) -> int:
        return state + event


@given(st.lists(st.integers()), st.integers())
def test_a_state_is_the_fold_of_its_events(events: list[int], command: int) -> None:
    state = fold(Sum(), events)
    assert state == sum(events)
    assert fold(Sum(), [*events, *Sum().decide(state, command)]) == command
