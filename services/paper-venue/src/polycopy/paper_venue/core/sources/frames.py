"""Raw frames of the activity feed, as `polycopy capture export` writes them: one JSON object a line
with `source`, `session`, `received_at_ms`, `reason` and `raw` (or `raw_base64`).

A trade is heard as often as connections listen. Within one session equal rows are fills of their
own; so of equal rows as many count as the session has that heard the most of them, each at the
place where it was heard first.
"""

import base64
import binascii
from collections import Counter
from collections.abc import Iterable, Sequence

from polycopy.polymarket import rtds, wire
from polycopy.polymarket.leader_rows import LeaderRow

_SOURCE = "rtds"
_EXECUTIONS = frozenset({"trades", rtds.TOPIC})
"""Kinds whose rows are single executions. `orders_matched` tells the same once more, as a whole."""
_Row = tuple[str, str, str, str, int, int]


def are(lines: Sequence[bytes]) -> bool:
    """Whether the first line is a frame."""
    try:
        first = wire.an_object(wire.document(lines[0])) if lines else {}
    except wire.MisfitError:
        return False
    return "received_at_ms" in first and ("raw" in first or "raw_base64" in first)


def rows(lines: Iterable[bytes]) -> list[LeaderRow]:
    """Executions in the order in which they were heard. What other sources brought is left out, and
    so is what nobody could read. ValueError names a line that is no frame."""
    kept: list[LeaderRow] = []
    heard: Counter[tuple[str, _Row]] = Counter()
    counted: Counter[_Row] = Counter()
    for at, line in enumerate(lines, start=1):
        session, raw = _frame(line, at)
        for row in rtds.feed(raw) if raw else ():
            if not isinstance(row, LeaderRow) or row.kind not in _EXECUTIONS:
                continue
            key = _key(row)
            heard[session, key] += 1
            if heard[session, key] > counted[key]:
                counted[key] += 1
                kept.append(row)
    return kept


def _frame(line: bytes, at: int) -> tuple[str, bytes]:
    """Its session and its bytes; none where another source brought it or it was kept in part."""
    try:
        frame = wire.an_object(wire.document(line), "the frame")
        session = wire.text(frame, "session", default="")
        if wire.text(frame, "source") != _SOURCE or wire.text(frame, "reason", default=""):
            return session, b""
        return session, _raw(frame)
    except (wire.MisfitError, binascii.Error) as error:
        raise ValueError(f"line {at} of the recording: {error}") from error


def _raw(frame: wire.Object) -> bytes:
    """`wire.text` cuts, and a frame is long."""
    raw = frame.get("raw")
    if isinstance(raw, str):
        return raw.encode(errors="replace")
    packed = frame.get("raw_base64")
    if not isinstance(packed, str):
        raise wire.MisfitError("no raw")
    return base64.b64decode(packed, validate=True)


def _key(row: LeaderRow) -> _Row:
    return (
        row.transaction_hash,
        row.wallet,
        row.token_id,
        row.side.value,
        row.size_micros,
        row.price_micros,
    )
