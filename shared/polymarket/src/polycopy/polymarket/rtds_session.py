"""One connection to the activity feed, without the connection: what to send, and when to give up.

A socket can stay open and bring nothing, or bring what is half an hour old. Only young data is a
sign of life. Source: research 3.3.
"""

import msgspec

from polycopy.polymarket import wire

_LOOK_EVERY_MS = 1_000


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """A session ends after `silence_ms` without data, after `silence_ms` in which all data was
    older than `age_ms_max`, and after `life_ms`: a connection that is renewed stalls less."""

    silence_ms: int = 30_000
    age_ms_max: int = 60_000
    life_ms: int = 600_000


class RtdsSession(msgspec.Struct, kw_only=True):
    """Times on our clock, in milliseconds; `age_ms` of the data that was looked at last."""

    rules: Rules
    opened_at_ms: int
    last_at_ms: int = 0
    young_at_ms: int = 0
    looked_at_ms: int = 0
    age_ms: int = 0

    def feed(self, raw: bytes, at_ms: int) -> None:
        """A frame with data came. Looks at the time in it at most once a second."""
        self.last_at_ms = at_ms
        if at_ms - self.looked_at_ms < _LOOK_EVERY_MS and at_ms >= self.looked_at_ms:
            return
        self.looked_at_ms = at_ms
        told_ms = _time_of(raw)
        self.age_ms = max(0, at_ms - told_ms) if told_ms else 0
        if self.age_ms <= self.rules.age_ms_max:
            self.young_at_ms = at_ms

    def verdict(self, now_ms: int) -> str:
        """Why the session is to be ended; empty while it is not."""
        rules = self.rules
        if now_ms - max(self.last_at_ms, self.opened_at_ms) >= rules.silence_ms:
            return f"no data for {rules.silence_ms / 1000:g} s"
        young_at_ms = max(self.young_at_ms, self.opened_at_ms)
        if self.age_ms > rules.age_ms_max and now_ms - young_at_ms >= rules.silence_ms:
            return f"data is {self.age_ms / 1000:.0f} s old"
        if now_ms - self.opened_at_ms >= rules.life_ms:
            return f"renewed after {rules.life_ms / 1000:g} s"
        return ""


class _Payload(msgspec.Struct):
    timestamp: int | str = 0


class _Times(msgspec.Struct):
    payload: _Payload


_TIMES = msgspec.json.Decoder(_Times)


def _time_of(raw: bytes) -> int:
    """When the trade of a frame happened, by the venue; 0 where the frame does not say."""
    try:
        payload = _TIMES.decode(raw).payload
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return 0
    return wire.time_note_ms({"timestamp": str(payload.timestamp)}, "timestamp")
