"""What the qualifier wants from the log."""

from collections.abc import Sequence
from typing import Protocol

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft


class EventLog(Protocol):
    """The part of `polycopy.runtime.log.Log` that is used here."""

    async def append(self, new: Draft, *, expected: int | None = None) -> int: ...

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]: ...

    async def end(self) -> int: ...

    async def at(self, sequence: int) -> Recorded | None: ...
