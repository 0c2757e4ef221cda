"""The venue's clock: measured by its answers, shown as a figure, and warned of."""

from polycopy.executor.core import clock_offset
from polycopy.executor.core.clock_offset import ClockOffset
from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import VENUE_CLOCK_OFFSET

_logger = get_logger("executor")


class VenueClock:
    """One for all connections to the venue."""

    def __init__(self, ours: Clock) -> None:
        self.ours = ours
        self.offset = ClockOffset()

    def request_time_s(self) -> int:
        """What a request that leaves now is signed with."""
        return clock_offset.request_time_s(self.offset, self.ours.now_ms())

    def venue_s(self) -> int:
        """The venue's time."""
        return (self.ours.now_ms() + self.offset.ms) // 1_000

    def heard(self, server_s: int, *, round_trip_s: float) -> None:
        """Just now."""
        before = self.offset
        self.offset = clock_offset.heard(
            before,
            server_s=server_s,
            answered_at_ms=self.ours.now_ms(),
            round_trip_ms=round(round_trip_s * 1_000),
        )
        VENUE_CLOCK_OFFSET.set(self.offset.ms / 1_000)
        if word := clock_offset.warning(before, self.offset):
            _logger.warning(word, offset_ms=self.offset.ms)
