"""The projector's tables in memory: a double that `tests/integration/projector` holds to the real
ones."""

from collections.abc import Sequence

from polycopy.readmodel.changes import Change, Value, merge
from polycopy.runtime.errors import Halt, Permanent, Transient
from polycopy.runtime.log import Position

_KEY_MAX = 2_600
"""About what an index of Postgres takes."""
Rows = dict[tuple[str, tuple[str, ...]], dict[str, Value]]


class MemoryTables:
    """`away` times in a row a write fails, before or after it is done (`late`)."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.position: Position | None = None
        self.batches: list[int] = []
        self.away = 0
        self.late = False

    async def checkpoint(self) -> Position | None:
        return self.position

    async def write(
        self, changes: Sequence[Change], *, before: Position | None, after: Position
    ) -> None:
        if self.away and not self.late:
            self._leave()
        if before != self.position:
            raise Halt("the checkpoint has moved")
        if any(_is_too_large(value) for one in changes for value in one.values.values()):
            raise Permanent("out of range")
        if any(len(part) > _KEY_MAX for one in changes for part in one.key):
            raise Permanent("too long a key")
        apply(self.rows, changes)
        self.position = after
        self.batches.append(after.sequence - (before.sequence if before else 0))
        if self.away:
            self._leave()

    def _leave(self) -> None:
        self.away -= 1
        raise Transient("the database is away", after_s=0)


def _is_too_large(value: Value) -> bool:
    return isinstance(value, int) and not -(2**63) <= value < 2**63


def apply(rows: Rows, changes: Sequence[Change]) -> None:
    """As the database does it: one statement for all, so at most one change a row; before it one
    for those that are for new rows only."""
    for change in sorted(merge(changes), key=lambda change: not change.new_only):
        known = (change.table, change.key) in rows
        if change.new_only and known:
            continue
        row = rows.setdefault((change.table, change.key), {})
        row.update(change.values)
        row["sequence"] = change.sequence
