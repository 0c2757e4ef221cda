"""Snapshots: where a fold had come to, so that a start does not fold a long log again.

A snapshot is a cache. It is used only where its hash is that of its bytes, the same build made it,
it belongs to this log, and the event at its place in the log is the one that it ends with. Whatever
else is found is not used, and costs the time of a fold from zero, and nothing else.
"""

import asyncio
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Generic, Protocol, TypeVar

import msgspec

from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded, Snapshots
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import EventId, LogId

EVERY_EVENTS = 5_000
_LENGTH_BYTES = 4
_HASH_BYTES = 32
_STEP_BYTES = 64 * 1024
_FAST = 1
"""Of zlib's levels: ids are most of what is kept, and they hardly get smaller by trying harder."""

_logger = get_logger("polycopy.snapshots")


class Folded(Protocol):
    """A state that is the fold of so many events, of which the last stands at `sequence`."""

    @property
    def sequence(self) -> int: ...

    @property
    def event_id(self) -> EventId: ...

    @property
    def events(self) -> int: ...


S = TypeVar("S", bound=Folded)


class Fold(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """How a state becomes bytes and back. `fingerprint`: of all code that made the state what it
    is."""

    fingerprint: str
    encode: Callable[[S], Iterable[bytes]]
    decode: Callable[[Iterable[bytes]], S]


class SnapshotLog(Protocol):
    """The part of `polycopy.runtime.log.Log` that is used here."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...

    async def at(self, sequence: int) -> Recorded | None: ...


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What a snapshot says of itself: whose it is, of which log, and by which build."""

    name: str
    log_id: LogId
    fingerprint: str


class Unusable(Exception):  # noqa: N818 - the word says it
    """Why a snapshot is not used."""


class Keeper(Generic[S]):
    """Keeps the snapshots of one fold under one name."""

    def __init__(
        self, log: SnapshotLog, name: str, fold: Fold[S], *, every_events: int = EVERY_EVENTS
    ) -> None:
        self._log = log
        self._fold = fold
        self._every_events = every_events
        self._kept_events = 0
        self._name = name
        self.keeping: asyncio.Task[None] | None = None
        """The last one, which may still be written."""

    async def restore(self) -> S | None:
        """The state of the last snapshot; None where there is none that can be used: then the log
        has everything. Raises nothing but Halt."""
        try:
            state = await self._restored()
        except Halt:
            raise
        except Exception as why:  # noqa: BLE001 - a cache must keep nobody from starting
            _logger.warning("snapshot not used", name=self._name, why=_words(why))
            return None
        if state is None:
            _logger.info("no snapshot", name=self._name)
            return None
        self._kept_events = state.events
        _logger.info("snapshot used", name=self._name, sequence=state.sequence, events=state.events)
        return state

    def offer(self, state: S) -> None:
        """Keep the state, if it is enough events newer than the last one that was kept.

        In the background, one at a time. One that fails is given up until the next is due.
        """
        busy = self.keeping is not None and not self.keeping.done()
        if busy or state.events - self._kept_events < self._every_events:
            return
        self._kept_events = state.events
        self.keeping = asyncio.create_task(self._keep(state))

    async def _keep(self, state: S) -> None:
        label, name = self._label(), self._name
        try:
            await self._log.snapshots.put(name, sealed(label, self._fold.encode(state)))
        except Exception as why:  # noqa: BLE001 - nobody waits for it, and it is only a cache
            _logger.warning("snapshot not kept", name=name, why=_words(why))
        else:
            _logger.info("snapshot kept", name=name, sequence=state.sequence, events=state.events)

    async def _restored(self) -> S | None:
        kept = await self._log.snapshots.get(self._name)
        if kept is None:
            return None
        state = self._fold.decode(unsealed(kept, self._label()))
        known = await self._log.at(state.sequence)
        if known is None or known.envelope.event_id != state.event_id:
            raise Unusable(f"the log has another event at sequence {state.sequence}, or none")
        return state

    def _label(self) -> Label:
        return Label(name=self._name, log_id=self._log.log_id, fingerprint=self._fold.fingerprint)


def fingerprint(*modules: ModuleType) -> str:
    """Of the source of modules and of whole packages: builds that fold differently never share
    one."""
    told = hashlib.sha256()
    for module in modules:
        source = Path(str(module.__file__))
        files = sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
        for file in files:
            told.update(f"{module.__name__} {file.relative_to(source.parent)}\n".encode())
            told.update(hashlib.sha256(file.read_bytes()).digest())
    return told.hexdigest()


def sealed(label: Label, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The snapshot made of the pieces: compressed, with the hash of all of it at the end.

    Nothing is done before it is asked for, and little at a time; some of it may be empty.
    """
    press, told = zlib.compressobj(_FAST), hashlib.sha256()
    for piece in chain([msgspec.msgpack.encode(label)], pieces):
        part = press.compress(len(piece).to_bytes(_LENGTH_BYTES, "big") + piece)
        told.update(part)
        yield part
    part = press.flush()
    told.update(part)
    yield part
    yield told.digest()


def unsealed(kept: bytes, expected: Label) -> Iterator[bytes]:
    """The pieces. Raises Unusable where it was damaged or is not what was expected."""
    body, told = kept[:-_HASH_BYTES], kept[-_HASH_BYTES:]
    if hashlib.sha256(body).digest() != told:
        raise Unusable("it was damaged")
    pieces = _unpressed(body)
    found = msgspec.msgpack.decode(next(pieces, b""), type=Label)
    if found.name != expected.name:
        raise Unusable(f"it is that of {found.name}")
    if found.log_id != expected.log_id:
        raise Unusable(f"it is of another log ({found.log_id})")
    if found.fingerprint != expected.fingerprint:
        raise Unusable("another build made it")
    return pieces


def _unpressed(body: bytes) -> Iterator[bytes]:
    press, buffer = zlib.decompressobj(), bytearray()
    for start in range(0, len(body), _STEP_BYTES):
        buffer += press.decompress(body[start : start + _STEP_BYTES])
        while len(buffer) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(buffer[:_LENGTH_BYTES], "big")
            if len(buffer) < end:
                break
            yield bytes(buffer[_LENGTH_BYTES:end])
            del buffer[:end]


def _words(why: Exception) -> str:
    return str(why) or type(why).__name__
