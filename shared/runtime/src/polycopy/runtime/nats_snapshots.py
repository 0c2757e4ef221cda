"""Snapshots in a key-value bucket of the server.

An entry of a bucket is a message and no longer than one, so a snapshot is several: `NAME.a.0`,
`NAME.a.1` … and `NAME.head`, which says how many there are. The next one is written as `NAME.b.*`,
the head last: whoever dies in the middle leaves the old one whole.
"""

import asyncio
import base64
from collections.abc import Iterable

import msgspec

from polycopy.runtime.errors import Permanent, Transient
from polycopy.runtime.log import SNAPSHOT_BYTES_MAX
from polycopy.runtime.nats_api import Api, ApiRefusal, refusal
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.provisioning import SNAPSHOT_STREAM, SNAPSHOT_SUBJECT

_CHUNK_BYTES = 128 * 1024
"""An order waits for no more than one of these on the wire."""
_ANSWER_S_MAX = 5.0


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    slot: str
    chunks: int


class _Ack(msgspec.Struct, frozen=True):
    error: object = None


class NatsSnapshots:
    """Implements Snapshots."""

    def __init__(self, connection: Connection, api: Api) -> None:
        self._connection = connection
        self._api = api
        self._writing = asyncio.Lock()

    async def get(self, name: str) -> bytes | None:
        try:
            head = await self._head(name)
            if head is None:
                return None
            return await self._chunks(name, head)
        except (Unanswered, ApiRefusal) as trouble:
            raise Transient(f"no snapshot can be read: {trouble}") from trouble

    async def put(self, name: str, pieces: Iterable[bytes]) -> None:
        async with self._writing:
            try:
                before = await self._head(name)
                slot = "b" if before is not None and before.slot == "a" else "a"
                chunks = await self._put_chunks(name, slot, pieces)
                head = msgspec.json.encode(_Head(slot=slot, chunks=chunks))
                await self._put_entry(f"{name}.head", head)
            except (Unanswered, ApiRefusal) as trouble:
                raise Transient(f"no snapshot can be written: {trouble}") from trouble

    async def _chunks(self, name: str, head: _Head) -> bytes:
        """Up to the first that is missing: then the hash is wrong, too."""
        whole = bytearray()
        for number in range(head.chunks):
            chunk = await self._entry(_key(name, head.slot, number))
            if chunk is None:
                break
            whole += chunk
        return bytes(whole)

    async def _put_chunks(self, name: str, slot: str, pieces: Iterable[bytes]) -> int:
        """How many there are."""
        chunks, chunk = 0, bytearray()
        for piece in pieces:
            chunk += piece
            await asyncio.sleep(0)  # Others first.
            while len(chunk) >= _CHUNK_BYTES:
                await self._put_entry(_key(name, slot, chunks), bytes(chunk[:_CHUNK_BYTES]))
                del chunk[:_CHUNK_BYTES]
                chunks += 1
            if chunks * _CHUNK_BYTES > SNAPSHOT_BYTES_MAX:
                raise Permanent(f"a snapshot has more than {SNAPSHOT_BYTES_MAX} bytes")
        await self._put_entry(_key(name, slot, chunks), bytes(chunk))
        return chunks + 1

    async def _head(self, name: str) -> _Head | None:
        entry = await self._entry(f"{name}.head")
        try:
            return None if entry is None else msgspec.json.decode(entry, type=_Head)
        except msgspec.DecodeError:
            return None

    async def _entry(self, key: str) -> bytes | None:
        subject = f"{SNAPSHOT_SUBJECT}.{key}"
        stored = await self._api.message(SNAPSHOT_STREAM, last_by_subj=subject)
        return None if stored is None else base64.b64decode(stored.data)

    async def _put_entry(self, key: str, value: bytes) -> None:
        answer = await self._connection.ask(
            f"{SNAPSHOT_SUBJECT}.{key}", value, within_s=_ANSWER_S_MAX
        )
        refusal(msgspec.json.decode(answer.data, type=_Ack).error)


def _key(name: str, slot: str, number: int) -> str:
    return f"{name}.{slot}.{number}"
