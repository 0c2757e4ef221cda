"""Raw frames as lines of a recording, and since when they are wanted."""

import base64
import re
from datetime import UTC, datetime, timedelta

import msgspec

from polycopy.runtime.log import Captured

SUFFIXES = (".jsonl.gz", ".jsonl")
_AGO = re.compile(r"([0-9]{1,6})([smhd])")
_UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def line(frame: Captured) -> bytes:
    """One JSON object and a line feed. Bytes that are no text are packed."""
    fields: dict[str, object] = {
        "received_at_ms": frame.received_at_ms,
        "source": frame.source,
        "session": frame.session,
        "reason": frame.reason,
    }
    try:
        fields["raw"] = frame.raw.decode()
    except UnicodeDecodeError:
        fields["raw_base64"] = base64.b64encode(frame.raw).decode()
    return msgspec.json.encode(fields) + b"\n"


def since_ms(text: str, now_ms: int) -> int:
    """`90s`, `15m`, `2h`, `7d` before now, or a moment in ISO 8601, UTC where it names no zone.
    ValueError for anything else."""
    if ago := _AGO.fullmatch(text):
        return max(0, now_ms - int(ago[1]) * _UNIT_MS[ago[2]])
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no time: 2h (or s, m, d) before now, or 2026-11-30T12:00"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))
