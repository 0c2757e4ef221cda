"""The log as the services want it. One suite holds every implementation (`tests/contract/log`).

Positions are stream sequences, from 1. Filters are subjects with NATS wildcards. Everything that
waits takes its time limit from the implementation and raises Transient when it is over.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from typing import Protocol

import msgspec

from polycopy.runtime.errors import Permanent
from polycopy.schemas.envelope import Draft, Envelope
from polycopy.schemas.event import Event, encode
from polycopy.schemas.ids import EventId, LogId

KEPT_BYTES_MAX = 64 * 1024
"""So much of a raw frame is kept; whatever a stranger sends, the server takes it."""
EVENT_BYTES_MAX = 768 * 1024
"""No event's body is longer. The server's limit is 1 MiB with the headers, and a worker that gives
up on the event must be able to store it once more, with the reason."""
SNAPSHOT_BYTES_MAX = 32 * 1024 * 1024


def body_of(new: Draft) -> bytes:
    """The event as it is stored. Raises Permanent where it is too long."""
    body = encode(new.event)
    if len(body) > EVENT_BYTES_MAX:
        raise Permanent(
            f"an event for {new.subject} has {len(body)} bytes, the log takes {EVENT_BYTES_MAX}"
        )
    return body


def session_name(text: str) -> str:
    """`text`, if it can stand beside a frame; otherwise ValueError."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"not the name of a session: {text!r}")
    return text


class Recorded(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An event as the log holds it. An unknown type is an UnknownEvent."""

    sequence: int
    subject: str
    envelope: Envelope
    event: Event


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a log: enough to notice that the log was replaced or lost its tail."""

    log_id: LogId
    sequence: int
    event_id: EventId


class Delivery(Protocol):
    """One message in hand; exactly one of the three answers ends it."""

    @property
    def recorded(self) -> Recorded: ...

    @property
    def attempt(self) -> int:
        """1 at the first delivery."""

    async def done(self) -> None: ...

    async def retry(self, after_s: float) -> None: ...

    async def park(self, reason: str) -> None:
        """Keep the message with its reason in the PARKED stream, and never deliver it again."""


class Snapshots(Protocol):
    """Where folds are kept by name. A cache: what it gives may be old, damaged or lost, and whoever
    reads it has to look (`polycopy.runtime.snapshots`)."""

    async def get(self, name: str) -> bytes | None:
        """What was put last; None where there is nothing. Raises Transient."""

    async def put(self, name: str, pieces: Iterable[bytes]) -> None:
        """Keep all the pieces in one, in place of what was kept before. Where that fails the old
        one stays. Only one is written at a time, and after each piece others have their turn.

        Raises Transient, and Permanent for more than SNAPSHOT_BYTES_MAX.
        """


class Captured(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A raw frame. Recorded ones are whole and have a `session`; one that was kept because it could
    not be used has a `reason`, and may be cut. `received_at_ms` is on the clock of who heard it."""

    sequence: int
    source: str
    received_at_ms: int
    raw: bytes
    session: str = ""
    reason: str = ""


class Captures(Protocol):
    """The raw frames that are kept at this moment. The oldest go when there is no room."""

    async def span(self) -> tuple[int, int]:
        """The first and the last sequence, of any source; the first is the larger one where there
        are none. Raises Transient."""

    def read(
        self, sources: Sequence[str] = (), *, since_ms: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Captured], None]:
        """What was received since then, in the order in which it was kept, in lists of 1 to
        `size_max`; of these sources, or of all. What comes meanwhile is left out. Raises
        Transient."""


class Log(Protocol):
    """The one log of events."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...

    @property
    def captures(self) -> Captures: ...

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        """Store an event and return its sequence; the same event id is stored once.

        `expected` is the last sequence of the event's aggregate (`subjects.guard_of`), 0 for none
        yet; it must be given exactly where the subject is guarded (otherwise ValueError).
        An answer that does not come, or a conflict, is read back first: if the event is in the log,
        its sequence is returned. Raises Conflict when another event is in its place, Permanent for
        one of more than EVENT_BYTES_MAX, Transient when the outcome cannot be learnt in time: it
        may still be stored.
        """

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        """All events with after < sequence ≤ until (default: the end of the log), in order."""

    def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]:
        """As `read`, in lists of 1 to `size_max`: whoever folds a long log never holds all of it.
        What is appended meanwhile is left out."""

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]:
        """All events with sequence > after, in order, without end, each once.

        Survives reconnects. Raises Halt when an event is missing in between.
        """

    def follow_batches(
        self, filters: Sequence[str], *, after: int = 0, size_max: int = 500
    ) -> AsyncIterator[list[Recorded]]:
        """As `follow`, in lists of 1 to `size_max` that never wait for a full list."""

    def work(self, durable: str, filters: Sequence[str]) -> AsyncIterator[Delivery]:
        """New and unanswered messages for a named worker, one at a time, in order.

        A message without an answer comes again. The first start begins at the beginning of the log.
        """

    async def last(self, subject_filter: str) -> Recorded | None:
        """The newest event under the filter, through the leader; None where there is none."""

    async def at(self, sequence: int) -> Recorded | None:
        """The event at a sequence, through the leader."""

    async def end(self) -> int:
        """The last sequence of the log."""


class Capture(Protocol):
    """Where raw frames go: bounded by age and size, never needed again."""

    async def keep(self, source: str, reason: str, raw: bytes) -> None:
        """Store the first KEPT_BYTES_MAX bytes, and how many there were: this is for looking at,
        not for replay. Drops them where the store is away: never raises."""

    async def record(self, source: str, session: str, received_at_ms: int, raw: bytes) -> None:
        """Store a frame whole, so that it can be replayed (`Captures`). Drops and counts it where
        the store is away or no frame is so large: never raises."""
