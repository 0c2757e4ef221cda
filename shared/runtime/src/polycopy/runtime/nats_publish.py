"""Appending to a stream: with a deadline, and never in doubt longer than needed.

An answer that does not come leaves the outcome unknown: the message may be stored, or may yet be.
So the same message is sent again with the same id and the same expectation until an answer comes.
A conflict may be with our own message (a single server checks the expectation before the id, a
cluster after it), so the messages after the expected one are read from the leader: if ours is
among them, that is the answer; otherwise the conflict is real.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Conflict, Halt, Permanent, Transient
from polycopy.runtime.nats_api import Api, ApiRefusal, StoredMessage, refusal
from polycopy.runtime.nats_connection import Connection, Unanswered

_WRONG_SEQUENCE = 10071
_WRONG_SEQUENCE_IN_FLIGHT = 10164
_CANNOT_STORE = frozenset({10023, 10047, 10077})
"""Insufficient resources; insufficient storage; the store failed, with the reason in the text."""
_ATTEMPT_S_MAX = 2.0
_OTHERS_MAX = 256
"""How many messages of others are looked through for ours; who is further behind must read."""
_PAUSE_S = 0.02
_PAUSE_S_MAX = 0.5
MESSAGE_ID = "Nats-Msg-Id"


class Outgoing(msgspec.Struct, frozen=True, kw_only=True):
    """A message to store once. `guard` and `expected` are both given or both None."""

    stream: str
    subject: str
    message_id: str
    headers: dict[str, str]
    body: bytes
    guard: str | None = None
    expected: int | None = None


class Stored(msgspec.Struct, frozen=True):
    """`known`: it had been stored before, by an earlier attempt or an earlier process."""

    sequence: int
    known: bool


class _Ack(msgspec.Struct, frozen=True, kw_only=True):
    seq: int = 0
    duplicate: bool = False
    error: object = None


def guard_headers(guard: str | None, expected: int | None) -> dict[str, str]:
    """The headers that make the server refuse where another message is in the way."""
    if guard is None or expected is None:
        return {}
    return {
        "Nats-Expected-Last-Subject-Sequence": str(expected),
        "Nats-Expected-Last-Subject-Sequence-Subject": guard,
    }


class Publisher:
    """`before` is awaited before each attempt: it makes sure that the log is still the same one."""

    def __init__(
        self,
        connection: Connection,
        api: Api,
        *,
        clock: Clock,
        before: Callable[[], Awaitable[None]],
        deadline_s: float,
    ) -> None:
        self._connection = connection
        self._api = api
        self._clock = clock
        self._before = before
        self._deadline_s = deadline_s

    async def store(self, message: Outgoing) -> Stored:
        """Raises Conflict, Permanent for a message that the server never takes, and Transient when
        the deadline is over: the message may then still be stored."""
        ends_s = self._clock.monotonic_s() + self._deadline_s
        pause_s = _PAUSE_S
        while True:
            try:
                return await self._attempt(message, ends_s)
            except Unanswered as trouble:
                why = str(trouble)
            except ApiRefusal as no:
                if final := _final(message.stream, no):
                    raise final from no
                why = str(no)
            left_s = ends_s - self._clock.monotonic_s()
            if left_s <= pause_s or not await self._connection.stands(left_s):
                raise Transient(f"it is unknown whether {message.subject} was stored: {why}")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _PAUSE_S_MAX)

    async def _attempt(self, message: Outgoing, ends_s: float) -> Stored:
        await self._before()
        headers = {
            **message.headers,
            MESSAGE_ID: message.message_id,
            "Nats-Expected-Stream": message.stream,
            **guard_headers(message.guard, message.expected),
        }
        left_s = max(_PAUSE_S, ends_s - self._clock.monotonic_s())
        answer = await self._connection.ask(
            message.subject, message.body, headers=headers, within_s=min(_ATTEMPT_S_MAX, left_s)
        )
        ack = msgspec.json.decode(answer.data, type=_Ack)
        try:
            refusal(ack.error)
        except ApiRefusal as no:
            if no.code not in {_WRONG_SEQUENCE, _WRONG_SEQUENCE_IN_FLIGHT}:
                raise
            return await self._in_the_way(message, no)
        if ack.duplicate:
            await self._verify_duplicate(message, ack.seq)
        return Stored(ack.seq, ack.duplicate)

    async def _in_the_way(self, message: Outgoing, no: ApiRefusal) -> Stored:
        """What made the server refuse: our own message, or another's."""
        if message.guard is None or message.expected is None:
            raise no
        after, others = message.expected, 0
        while others < _OTHERS_MAX:
            newer = await self._api.message(
                message.stream, seq=after + 1, next_by_subj=message.guard
            )
            if newer is None:
                break
            if _is(newer, message):
                return Stored(newer.seq, known=True)
            after, others = newer.seq, others + 1
        if others == 0 and no.code == _WRONG_SEQUENCE_IN_FLIGHT:
            raise no  # Another's write is under way: it is decided soon.
        raise Conflict(
            f"{message.guard}: expected {message.expected} as its last sequence, it is {after}"
            if others
            else f"{message.guard}: there is no event at sequence {message.expected}"
        )

    async def _verify_duplicate(self, message: Outgoing, sequence: int) -> None:
        """The server compares ids alone: see that what it has under the id is this message."""
        stored = await self._api.message(message.stream, seq=sequence)
        if stored is None or not _is(stored, message):
            found = "nothing" if stored is None else stored.subject
            raise Halt(
                f"{message.stream} says that it has {message.subject} at sequence {sequence}, "
                f"where {found} is: the log is not what it was"
            )


def _is(stored: StoredMessage, message: Outgoing) -> bool:
    return (
        stored.subject == message.subject and stored.headers.get(MESSAGE_ID) == message.message_id
    )


def _final(stream: str, no: ApiRefusal) -> Exception | None:
    """None where it is worth another try."""
    if no.code in _CANNOT_STORE:
        return Halt(f"stream {stream} is full ({no}): make room on the disk, or raise max_bytes")
    if no.passing or no.code == _WRONG_SEQUENCE_IN_FLIGHT:
        return None
    return Permanent(f"stream {stream} refuses the message: {no}")
