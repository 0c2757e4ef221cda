"""Raw frames on JetStream: written without waiting for an answer, read back for a recording."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import nats.errors
from nats.aio.msg import Msg

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Permanent, Transient
from polycopy.runtime.log import KEPT_BYTES_MAX, Captured, session_name
from polycopy.runtime.metrics import CAPTURE_DROPPED
from polycopy.runtime.nats_api import Api, ApiRefusal
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.nats_follow import settle
from polycopy.runtime.nats_pull import Broken, pulling
from polycopy.runtime.nats_wire import pending_of, place_of
from polycopy.runtime.provisioning import CAPTURE_SUBJECT, make_capture_reader
from polycopy.schemas.subjects import CAPTURE_STREAM, token

ORIGINAL_BYTES = "original-bytes"  # How long a captured frame was before it was cut.
_RECEIVED_AT, _SESSION, _REASON, _ENCODING = "received-at-ms", "session", "reason", "encoding"
_ZLIB = "zlib"
_FAST = 1
_AHEAD = 1_000
_SILENCE_S_MAX = 15.0
_TRIES_MAX = 5
_CLOCKS_APART_MS_MAX = 10 * 60_000
"""So far the server's clock may be from that of who heard a frame."""
_DROPS = (Unanswered, Permanent, ValueError, OSError, nats.errors.Error)


_ENDS = ("", ".frame")


class NatsCaptures:
    """Implements Captures and Capture."""

    def __init__(self, connection: Connection, api: Api, *, clock: Clock) -> None:
        self._connection = connection
        self._api = api
        self._clock = clock

    async def keep(self, source: str, reason: str, raw: bytes) -> None:
        headers = {
            _REASON: " ".join(reason.split()),
            ORIGINAL_BYTES: str(len(raw)),
            _RECEIVED_AT: str(self._clock.now_ms()),
        }
        try:
            subject = f"{CAPTURE_SUBJECT}.{token(source)}"
            await self._connection.publish(subject, raw[:KEPT_BYTES_MAX], headers=headers)
        except _DROPS:
            CAPTURE_DROPPED.inc()

    async def record(self, source: str, session: str, received_at_ms: int, raw: bytes) -> None:
        """A long frame is packed: the server takes a mebibyte."""
        headers = {_RECEIVED_AT: str(received_at_ms)}
        try:
            headers[_SESSION] = session_name(session)
            subject = f"{CAPTURE_SUBJECT}.{token(source)}.frame"
            if len(raw) > KEPT_BYTES_MAX:
                headers[_ENCODING] = _ZLIB
                raw = await asyncio.to_thread(zlib.compress, raw, _FAST)
            await self._connection.publish(subject, raw, headers=headers)
        except _DROPS:
            CAPTURE_DROPPED.inc()

    async def span(self) -> tuple[int, int]:
        try:
            state = (await self._api.stream_info(CAPTURE_STREAM)).state
        except (Unanswered, ApiRefusal) as trouble:
            raise Transient(f"what was captured cannot be read: {trouble}") from trouble
        return max(1, state.first_seq), state.last_seq

    async def read(
        self, sources: Sequence[str] = (), *, since_ms: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Captured], None]:
        filters = [f"{CAPTURE_SUBJECT}.{token(one)}{end}" for one in sources for end in _ENDS]
        _, goal = await self.span()
        after, tries = 0, 0
        while True:
            try:
                async with aclosing(self._batches(filters, after, since_ms, size_max)) as batches:
                    async for batch in batches:
                        after, tries = batch[-1].sequence, 0
                        wanted = [
                            one
                            for one in batch
                            if one.received_at_ms >= since_ms and one.sequence <= goal
                        ]
                        if wanted:
                            yield wanted
                        if after >= goal:
                            return
                    return
            except (Broken, Unanswered, ApiRefusal, TimeoutError) as trouble:
                tries += 1
                if tries > _TRIES_MAX or (isinstance(trouble, ApiRefusal) and not trouble.passing):
                    raise Transient(f"what was captured cannot be read: {trouble}") from trouble
                await settle(self._connection, "capture", trouble, tries)

    async def _batches(
        self, filters: Sequence[str], after: int, since_ms: int, size_max: int
    ) -> AsyncGenerator[list[Captured], None]:
        """Until nothing is left."""
        name = f"capture-{self._connection.new_inbox().rpartition('.')[2]}"
        since_ms = max(0, since_ms - _CLOCKS_APART_MS_MAX)
        pending = await make_capture_reader(
            self._api, name, filters, after=after, since_ms=since_ms
        )
        async with pulling(self._connection, CAPTURE_STREAM, name, ahead=_AHEAD) as pull:
            while pending:
                async with asyncio.timeout(_SILENCE_S_MAX):
                    messages = await pull.next(size_max)
                pending = pending_of(messages[-1].reply)
                yield [_captured(message) for message in messages]


def _captured(message: Msg) -> Captured:
    headers = message.headers or {}
    raw = message.data
    if headers.get(_ENCODING) == _ZLIB:
        raw = zlib.decompress(raw)
    received_at = headers.get(_RECEIVED_AT, "")
    return Captured(
        sequence=place_of(message.reply).sequence,
        source=message.subject.split(".")[1],
        received_at_ms=int(received_at) if received_at.isdecimal() else 0,
        raw=raw,
        session=headers.get(_SESSION, ""),
        reason=headers.get(_REASON, ""),
    )
