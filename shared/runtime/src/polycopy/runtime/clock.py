"""Time, as an argument."""

import time
from typing import Protocol


class Clock(Protocol):
    """`now_ms`: wall clock, milliseconds since the epoch. `monotonic_s`: never steps back."""

    def now_ms(self) -> int: ...

    def monotonic_s(self) -> float: ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now_us(self) -> int:
        """For measuring: latencies and the order of what happened within a millisecond."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> float:
        return time.monotonic()
