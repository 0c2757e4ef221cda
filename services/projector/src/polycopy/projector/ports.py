"""What the projector wants from the world."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from polycopy.readmodel.changes import Change
from polycopy.runtime.log import Position, Recorded
from polycopy.schemas.ids import LogId


class EventLog(Protocol):
    """The part of `polycopy.runtime.log.Log` that is used here."""

    @property
    def log_id(self) -> LogId: ...

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]: ...

    def follow_batches(
        self, filters: Sequence[str], *, after: int = 0, size_max: int = 500
    ) -> AsyncIterator[list[Recorded]]: ...

    async def at(self, sequence: int) -> Recorded | None: ...


class Tables(Protocol):
    """The tables of one version, of which we are the one writer.

    Everything raises Transient where the database is away, and Halt where the tables are not ours.
    """

    async def checkpoint(self) -> Position | None:
        """How far the tables hold the log; None for empty tables."""

    async def write(
        self, changes: Sequence[Change], *, before: Position | None, after: Position
    ) -> None:
        """All of it or nothing. After Transient either may be the case.

        Raises Permanent, and has done nothing, where the tables can never hold a value.
        """
