"""What is said about an event: CloudEvents attributes in the message's headers.

`ce-id` is also the `Nats-Msg-Id`. The correlation id is the leader trade that an event
goes back to, the causation id the event (or command) that it follows from.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from polycopy.schemas import catalog, ids
from polycopy.schemas.event import Event
from polycopy.schemas.ids import EventId
from polycopy.schemas.subjects import aggregate_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPEC_VERSION = "1.0"
_TRACE_ID_LENGTH = 32


class Envelope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`aggregate_version` counts the events of the aggregate from 1; 0 where nobody counts."""

    event_id: EventId
    event_type: str
    source: str
    time_ms: int
    aggregate: str
    causation_id: str = ""
    correlation_id: str = ""
    aggregate_version: int = 0


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event with its envelope and subject, ready to be appended."""

    subject: str
    envelope: Envelope
    event: Event


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Who says the next events, because of what, and when (milliseconds since the epoch)."""

    source: str
    time_ms: int
    causation_id: str
    correlation_id: str = ""


def draft(
    event: Event, *, subject: str, origin: Origin, key: str = "", aggregate_version: int = 0
) -> Draft:
    """Give an event its id and envelope. `key` as in `ids.event_id`."""
    aggregate = aggregate_of(subject)
    event_type = catalog.type_name(type(event))
    event_id = ids.event_id(
        cause=origin.causation_id, aggregate=aggregate, event_type=event_type, key=key
    )
    envelope = Envelope(
        event_id=event_id,
        event_type=event_type,
        source=origin.source,
        time_ms=origin.time_ms,
        aggregate=aggregate,
        causation_id=origin.causation_id,
        correlation_id=origin.correlation_id or event_id,
        aggregate_version=aggregate_version,
    )
    return Draft(subject=subject, envelope=envelope, event=event)


def to_headers(envelope: Envelope) -> dict[str, str]:
    """A new dict of header values, all ASCII."""
    trace = (
        envelope.correlation_id
        if len(envelope.correlation_id) == _TRACE_ID_LENGTH
        else envelope.event_id
    )
    return {
        "Nats-Msg-Id": envelope.event_id,
        "ce-specversion": _SPEC_VERSION,
        "ce-id": envelope.event_id,
        "ce-type": envelope.event_type,
        "ce-source": envelope.source,
        "ce-time": _rfc3339(envelope.time_ms),
        "ce-subject": envelope.aggregate,
        "x-causation-id": envelope.causation_id,
        "x-correlation-id": envelope.correlation_id,
        "x-aggregate-version": str(envelope.aggregate_version),
        "traceparent": f"00-{trace}-{envelope.event_id[:16]}-01",
    }


def from_headers(headers: dict[str, str]) -> Envelope:
    """Raises ValueError where a needed header is missing or unreadable."""
    try:
        return Envelope(
            event_id=EventId(headers["ce-id"]),
            event_type=headers["ce-type"],
            source=headers["ce-source"],
            time_ms=_milliseconds(headers["ce-time"]),
            aggregate=headers["ce-subject"],
            causation_id=headers.get("x-causation-id", ""),
            correlation_id=headers.get("x-correlation-id", ""),
            aggregate_version=int(headers.get("x-aggregate-version", "0")),
        )
    except KeyError as error:
        raise ValueError(f"no header {error}") from error


def _rfc3339(time_ms: int) -> str:
    moment = _EPOCH + timedelta(milliseconds=time_ms)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ms % 1000:03d}Z"


def _milliseconds(text: str) -> int:
    since = datetime.fromisoformat(text) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000 + since.microseconds // 1_000
