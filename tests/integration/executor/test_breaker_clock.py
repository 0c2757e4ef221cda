"""The circuit breaker counts time that passes, and not what a clock is set to."""

from typing import Any

from polycopy.executor.core.limits import Limits
from polycopy.executor.service.courier import Courier
from tests.support.hand_clock import HandClock

HOUR_MS = 3_600_000


class Set(HandClock):
    """Was set `by_ms` ahead; time passes as ever."""

    def __init__(self) -> None:
        super().__init__()
        self.by_ms = 0

    def now_ms(self) -> int:
        return super().now_ms() + self.by_ms


def test_a_clock_that_is_set_back_does_not_keep_the_breaker_open() -> None:
    clock, nothing = Set(), Any
    clock.by_ms = HOUR_MS
    courier = Courier({}, nothing, nothing, nothing, clock=clock, limits=Limits())  # type: ignore[arg-type]  # unused
    for _ in range(3):
        courier.settlement_failed()
    assert courier.unstable()

    clock.by_ms = 0
    clock.advance(30_000)

    assert not courier.unstable()
