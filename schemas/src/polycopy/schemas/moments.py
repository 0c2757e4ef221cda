"""Moments as people read them, in pages and in the words of events."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_MS = 253_402_300_800_000


def moment(time_ms: int) -> str:
    """UTC to the millisecond; the number itself where no calendar reaches."""
    if not 0 <= time_ms < _LAST_MS:
        return f"{time_ms} ms"
    when = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{when:%Y-%m-%d %H:%M:%S}.{time_ms % 1000:03d}Z"
