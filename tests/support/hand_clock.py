"""A clock that stands until a test moves it, and one that is wrong by what a test says."""

from polycopy.runtime.clock import Clock


class HandClock:
    """Implements Clock."""

    def __init__(self, now_ms: int = 1_795_000_000_000) -> None:
        self.at_ms = now_ms

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_s(self) -> float:
        return self.at_ms / 1_000

    def advance(self, by_ms: int) -> None:
        self.at_ms += by_ms


class WrongClock:
    """Implements Clock: `right` as a machine has it whose wall clock is set to another time."""

    def __init__(self, right: Clock) -> None:
        self.right = right
        self.ahead_ms = 0

    def now_ms(self) -> int:
        return self.right.now_ms() + self.ahead_ms

    def monotonic_s(self) -> float:
        return self.right.monotonic_s()
