"""Somebody for whom time passes only while he sleeps."""

from collections.abc import Callable

from tests.support.hand_clock import HandClock


class Sleeper:
    """`sleep` moves the clock, and then does what was wanted of it once."""

    def __init__(self, now_ms: int = 1_795_000_000_000) -> None:
        self.clock = HandClock(now_ms)
        self.slept_s: list[float] = []
        self._wanted: list[Callable[[], None]] = []

    def then(self, wanted: Callable[[], None]) -> None:
        self._wanted.append(wanted)

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(round(seconds, 3))
        self.clock.advance(round(seconds * 1_000))
        while self._wanted:
            self._wanted.pop()()
