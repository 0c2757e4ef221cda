"""The log in memory: a double for tests, held by the same suite as the real one.

Events pass through their bytes, so that what cannot be stored cannot be appended here either.
Nothing outlives the object; a worker's place and its parked messages are kept in it.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence

import msgspec

from polycopy.runtime.errors import Conflict, Halt, Permanent
from polycopy.runtime.filters import check_filters, matches
from polycopy.runtime.log import (
    KEPT_BYTES_MAX,
    SNAPSHOT_BYTES_MAX,
    Delivery,
    Recorded,
    body_of,
)
from polycopy.runtime.memory_capture import MemoryCaptures
from polycopy.runtime.nats_wire import recorded
from polycopy.schemas.control import LogCreated
from polycopy.schemas.envelope import Draft, Origin, draft, to_headers
from polycopy.schemas.ids import EventId, LogId
from polycopy.schemas.subjects import guard_of, subject_of, token


class ParkedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that a worker gave up on."""

    durable: str
    recorded: Recorded
    reason: str
    attempts: int


class KeptFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What was given to `keep`, cut as a real log cuts it."""

    source: str
    reason: str
    raw: bytes
    original_bytes: int


class _Worker:
    """Where a named worker stands."""

    def __init__(self, filters: Sequence[str]) -> None:
        self.filters = sorted(filters)
        self.next = 1
        self.attempts = 0
        self.in_hand = False
        self.due_s = 0.0


class MemorySnapshots:
    """Implements Snapshots."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self._writing = asyncio.Lock()

    async def get(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def put(self, name: str, pieces: Iterable[bytes]) -> None:
        async with self._writing:
            whole = bytearray()
            for piece in pieces:
                whole += piece
                await asyncio.sleep(0)
                if len(whole) > SNAPSHOT_BYTES_MAX:
                    raise Permanent(f"a snapshot has more than {SNAPSHOT_BYTES_MAX} bytes")
            self.kept[name] = bytes(whole)


class MemoryLog:
    """Implements Log and Capture. Like a real log it begins with LogCreated, at sequence 1."""

    def __init__(self, log_id: str = "0" * 32) -> None:
        self.snapshots = MemorySnapshots()
        self.captures = MemoryCaptures()
        self.parked: list[ParkedMessage] = []
        self.kept: list[KeptFrame] = []
        self._log_id = LogId(log_id)
        self._events: list[Recorded] = []
        self._by_id: dict[EventId, int] = {}
        self._workers: dict[str, _Worker] = {}
        self._changed = asyncio.Condition()
        first = LogCreated(log_id=self._log_id)
        origin = Origin(source="memory", time_ms=0, causation_id=log_id)
        self._store(draft(first, subject=subject_of(first), origin=origin, aggregate_version=1))

    @property
    def log_id(self) -> LogId:
        return self._log_id

    @property
    def connected(self) -> bool:
        return True

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        guard = guard_of(new.subject)
        if (guard is None) != (expected is None):
            wants = "no" if guard is None else "an"
            raise ValueError(f"an append to {new.subject} takes {wants} expected sequence")
        known = self._by_id.get(new.envelope.event_id)
        if known is not None:
            return known
        if guard is not None and self._last(guard) != expected:
            raise Conflict(f"{guard}: {expected} is not its last sequence")
        sequence = self._store(new)
        await self._tell()
        return sequence

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        found = self._under(check_filters(filters), after)
        return [event for event in found if until is None or event.sequence <= until]

    async def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]:
        found = await self.read(filters, after=after, until=until)
        for first in range(0, len(found), size_max):
            yield found[first : first + size_max]

    async def follow(
        self, filters: Sequence[str], *, after: int = 0
    ) -> AsyncGenerator[Recorded, None]:
        async for batch in self.follow_batches(filters, after=after):
            for event in batch:
                yield event

    async def follow_batches(
        self, filters: Sequence[str], *, after: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Recorded], None]:
        wanted = check_filters(filters)
        if after > len(self._events):
            raise Halt(f"the log ends at sequence {len(self._events)}, before {after}")
        while True:
            found = self._under(wanted, after)[:size_max]
            if found:
                after = found[-1].sequence
                yield found
            else:
                await self._change(len(self._events))

    async def work(self, durable: str, filters: Sequence[str]) -> AsyncGenerator[Delivery, None]:
        wanted = check_filters(filters)
        worker = self._workers.setdefault(token(durable), _Worker(wanted))
        if worker.filters != sorted(wanted):
            raise Halt(f"consumer {durable}: filter_subjects must be {sorted(wanted)}")
        while True:
            event = await self._due(worker)
            delivery = _Delivery(self, worker, durable, event)
            try:
                yield delivery
            finally:
                await delivery.release()

    async def last(self, subject_filter: str) -> Recorded | None:
        sequence = self._last(subject_filter)
        return self._events[sequence - 1] if sequence else None

    async def at(self, sequence: int) -> Recorded | None:
        return self._events[sequence - 1] if 0 < sequence <= len(self._events) else None

    async def end(self) -> int:
        return len(self._events)

    async def keep(self, source: str, reason: str, raw: bytes) -> None:
        frame = KeptFrame(
            source=source, reason=reason, raw=raw[:KEPT_BYTES_MAX], original_bytes=len(raw)
        )
        self.kept.append(frame)
        self.captures.store(source, frame.raw, reason=reason)

    async def record(self, source: str, session: str, received_at_ms: int, raw: bytes) -> None:
        self.captures.store(source, raw, session=session, received_at_ms=received_at_ms)

    def _store(self, new: Draft) -> int:
        sequence = len(self._events) + 1
        headers = to_headers(new.envelope)
        self._events.append(recorded(new.subject, headers, body_of(new), sequence))
        self._by_id[new.envelope.event_id] = sequence
        return sequence

    def _under(self, filters: Sequence[str], after: int) -> list[Recorded]:
        return [
            event
            for event in self._events[after:]
            if any(matches(one, event.subject) for one in filters)
        ]

    def _last(self, subject_filter: str) -> int:
        return next(
            (
                one.sequence
                for one in reversed(self._events)
                if matches(subject_filter, one.subject)
            ),
            0,
        )

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _change(self, known_end: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._events) > known_end)

    async def _due(self, worker: _Worker) -> Recorded:
        """The worker's next message, once it may be delivered. It is in hand from then on."""
        loop = asyncio.get_running_loop()
        async with self._changed:
            while True:
                found = [] if worker.in_hand else self._under(worker.filters, worker.next - 1)
                if found and loop.time() >= worker.due_s:
                    worker.in_hand = True
                    worker.attempts += 1
                    return found[0]
                if found:  # It was asked for later: look again then.
                    loop.call_at(worker.due_s, lambda: asyncio.ensure_future(self._tell()))
                await self._changed.wait()


class _Delivery:
    """One message in hand."""

    def __init__(self, log: MemoryLog, worker: _Worker, durable: str, event: Recorded) -> None:
        self._log = log
        self._worker = worker
        self._durable = durable
        self._recorded = event
        self._attempt = worker.attempts
        self._answered = False

    @property
    def recorded(self) -> Recorded:
        return self._recorded

    @property
    def attempt(self) -> int:
        return self._attempt

    async def done(self) -> None:
        await self._answer(go_on=True)

    async def retry(self, after_s: float) -> None:
        self._worker.due_s = asyncio.get_running_loop().time() + after_s
        await self._answer(go_on=False)

    async def park(self, reason: str) -> None:
        self._log.parked.append(
            ParkedMessage(
                durable=self._durable,
                recorded=self._recorded,
                reason=reason,
                attempts=self._attempt,
            )
        )
        await self._answer(go_on=True)

    async def release(self) -> None:
        """Give the message back where nobody answered it."""
        if not self._answered:
            await self.retry(0)

    async def _answer(self, *, go_on: bool) -> None:
        self._answered = True
        worker = self._worker
        worker.in_hand = False
        if go_on:
            worker.next = self._recorded.sequence + 1
            worker.attempts = 0
        await self._log._tell()  # noqa: SLF001 - two classes of one module
