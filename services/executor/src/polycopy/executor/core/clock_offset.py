"""How far the venue's clock is ahead of ours, and what time a request is signed with.

The venue tells whole seconds, so half a second is added; when it read its clock is taken to be half
way through our request. One sample errs by half a second and half its round trip at the most, so by
1.5 s, and the median of five by less.

The venue forgives a request that is some seconds old, and refuses one from its future. So requests
are signed with a time of two seconds ago.
Source: what users report of sporadic 401s (py-clob-client #190).
"""

import msgspec

_KEPT_MAX = 5
_ROUND_TRIP_MS_MAX = 2_000
_HALF_A_SECOND_MS = 500
_OFF_ABOVE_MS = 1_000
_AGO_S = 2


class ClockOffset(msgspec.Struct, frozen=True, kw_only=True):
    """`samples_ms`: the newest offsets, oldest first. `off`: more than a second, and not well
    since."""

    samples_ms: tuple[int, ...] = ()
    off: bool = False

    @property
    def ms(self) -> int:
        """The median; 0 before the first sample."""
        ranked = sorted(self.samples_ms)
        middle = ranked[(len(ranked) - 1) // 2 : len(ranked) // 2 + 1]
        return sum(middle) // len(middle) if middle else 0


def heard(
    offset: ClockOffset, *, server_s: int, answered_at_ms: int, round_trip_ms: int
) -> ClockOffset:
    """After an answer to `GET /time`; one that took too long tells too little, and changes
    nothing."""
    if not 0 <= round_trip_ms <= _ROUND_TRIP_MS_MAX:
        return offset
    sample_ms = server_s * 1_000 + _HALF_A_SECOND_MS - (answered_at_ms - round_trip_ms // 2)
    samples_ms = (*offset.samples_ms, sample_ms)[-_KEPT_MAX:]
    far_ms = abs(ClockOffset(samples_ms=samples_ms).ms)
    # A clock that is right may be measured half a second off: between the two, the word stands.
    off = far_ms > _OFF_ABOVE_MS or (offset.off and far_ms > _HALF_A_SECOND_MS)
    return ClockOffset(samples_ms=samples_ms, off=off)


def warning(before: ClockOffset, after: ClockOffset) -> str:
    """What an operator should know now; empty where that is nothing new."""
    if before.off == after.off:
        return ""
    if not after.off:
        return "our clock agrees with the venue's again"
    way = "behind" if after.ms > 0 else "ahead of"
    far = f"{abs(after.ms) / 1_000:.1f} s"
    return f"our clock is {far} {way} the venue's: let the machine keep its time (NTP)"


def request_time_s(offset: ClockOffset, now_ms: int) -> int:
    """The time that a request is signed with, now by our clock: never later than the venue's."""
    return (now_ms + offset.ms) // 1_000 - _AGO_S
