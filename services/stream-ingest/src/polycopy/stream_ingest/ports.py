"""What the service wants from the feed and from the log."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Protocol

import msgspec

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft
from polycopy.stream_ingest.core import Frame


class Delivering(msgspec.Struct, frozen=True, kw_only=True):
    """A connection brought its first frame."""

    connection: str
    at_ms: int


class Silent(msgspec.Struct, frozen=True, kw_only=True):
    """A connection that had delivered ended, or fell silent; the next one is being tried."""

    connection: str
    reason: str
    at_ms: int
    last_frame_at_ms: int


Heard = Frame | Delivering | Silent


class Feed(Protocol):
    """One of the connections that run side by side."""

    @property
    def connected(self) -> bool:
        """Open and subscribed."""

    def listen(self) -> AsyncGenerator[Heard, None]:
        """Without end, across reconnects. Reads no further than it is asked to: a slow listener
        slows the socket down and nothing piles up."""


class EventLog(Protocol):
    """The parts of `polycopy.runtime.log` that are used here."""

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]: ...

    async def at(self, sequence: int) -> Recorded | None: ...

    async def end(self) -> int: ...

    def follow(self, filters: Sequence[str], *, after: int = 0) -> AsyncIterator[Recorded]: ...


class RawStore(Protocol):
    """Where frames go that could not be read."""

    async def keep(self, source: str, reason: str, raw: bytes) -> None: ...
