"""The venue's clock: measured by its answers, shown as a figure, and warned of."""

from polycopy.executor.core import clock_offset
from polycopy.executor.core.clock_offset import ClockOffset
from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import VENUE_CLOCK_OFFSET

_STEP_MS = 500
"""More than a clock drifts between two requests, or is slewed."""
_logger = get_logger("executor")


class VenueClock:
    """One for all connections to the venue."""

    def __init__(self, ours: Clock) -> None:
        self.ours = ours
        self.offset = ClockOffset()
        self._gap_ms = self._gap()

    def request_time_s(self) -> int:
        """What a request that leaves now is signed with."""
        self._notice_step()
        return clock_offset.request_time_s(self.offset, self.ours.now_ms())

    def venue_s(self) -> int:
        """The venue's time."""
        self._notice_step()
        return (self.ours.now_ms() + self.offset.ms) // 1_000

    def heard(self, server_s: int, *, round_trip_s: float) -> None:
        """Just now."""
        self._notice_step()
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

    def _notice_step(self) -> None:
        """What was measured before our clock was set is worth nothing after it."""
        gap_ms = self._gap()
        if abs(gap_ms - self._gap_ms) > _STEP_MS:
            _logger.warning("our clock was set", by_ms=gap_ms - self._gap_ms)
            self.offset = ClockOffset(off=self.offset.off)
        self._gap_ms = gap_ms

    def _gap(self) -> int:
        """From the clock that never steps to the one that does."""
        return self.ours.now_ms() - round(1_000 * self.ours.monotonic_s())
