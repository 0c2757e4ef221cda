"""Writing a version: rows and checkpoint in one transaction."""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import NamedTuple

import msgspec
import psycopg
from psycopg import sql

from polycopy.readmodel.changes import KEYS, Change, Value, merge
from polycopy.readmodel.faults import Moved, Unwritable
from polycopy.readmodel.schema import create_schema
from polycopy.readmodel.sql import Connection, connect, told_plainly

_NUL = "\x00"
_REASON_MAX = 200


class _Shape(NamedTuple):
    """Rows that one statement can write: those which set the same columns of a table."""

    table: str
    columns: tuple[str, ...]
    new_only: bool

    @property
    def names(self) -> tuple[str, ...]:
        return (*KEYS[self.table], *self.columns, "sequence")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a version has read which log. Sequence 0: nothing yet."""

    log_id: str = ""
    sequence: int = 0
    event_id: str = ""


class Writer:
    """The one writer of a schema. Made by `open_writer`."""

    def __init__(self, connection: Connection, types: dict[tuple[str, str], str]) -> None:
        self._connection = connection
        self._types = types
        self._statements: dict[_Shape, bytes] = {}

    async def checkpoint(self) -> Checkpoint:
        with told_plainly():
            cursor = await self._connection.execute(
                "SELECT log_id, sequence, event_id FROM checkpoint"
            )
            return msgspec.convert(await cursor.fetchone(), Checkpoint)

    async def write(
        self, changes: Sequence[Change], *, before: Checkpoint, after: Checkpoint
    ) -> None:
        """Apply all changes and move the checkpoint, or do nothing.

        Raises Moved where the checkpoint is not `before`, Unwritable where a value does not fit,
        Unavailable where the database went away: it may have been written then.
        """
        with told_plainly(), _told_as_unwritable():
            async with self._connection.transaction(), self._connection.pipeline():
                moved = await self._connection.execute(
                    "UPDATE checkpoint SET log_id = %s, sequence = %s, event_id = %s"
                    " WHERE log_id = %s AND sequence = %s AND event_id = %s RETURNING sequence",
                    [*msgspec.structs.astuple(after), *msgspec.structs.astuple(before)],
                )
                for shape, rows in _by_shape(changes).items():
                    await self._connection.execute(self._statement(shape), _arrays(shape, rows))
                if await moved.fetchone() is None:
                    raise Moved(f"the checkpoint is no longer at {before.sequence}")

    def _statement(self, shape: _Shape) -> bytes:
        known = self._statements.get(shape)
        if known is None:
            known = self._statements[shape] = self._upsert(shape).as_bytes(self._connection)
        return known

    def _upsert(self, shape: _Shape) -> sql.Composed:
        comma = sql.SQL(", ")
        changed = comma.join(
            sql.SQL("{0} = EXCLUDED.{0}").format(sql.Identifier(name))
            for name in (*shape.columns, "sequence")
        )
        update = sql.SQL("UPDATE SET {}").format(changed)
        types = [sql.SQL(self._types[shape.table, name]) for name in shape.names]
        # %b: in an array of the text format psycopg looks at every value for what to escape.
        return sql.SQL(
            "INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"
            " ON CONFLICT ({key}) DO {action}"
        ).format(
            table=sql.Identifier(shape.table),
            names=comma.join(map(sql.Identifier, shape.names)),
            arrays=comma.join(sql.SQL("%b::{}[]").format(kind) for kind in types),
            key=comma.join(map(sql.Identifier, KEYS[shape.table])),
            action=sql.SQL("NOTHING") if shape.new_only else update,
        )


@asynccontextmanager
async def open_writer(url: str, schema: str, *, patience_ms: int = 10_000) -> AsyncIterator[Writer]:
    """Makes the schema where it is missing.

    Raises NotOurs as `create_schema` does, Unavailable, and Moved where another writer has the
    schema and keeps it for `patience_ms`: the session of one that was killed is gone sooner.
    """
    async with connect(url, application="polycopy-projector") as connection:
        await create_schema(connection, schema)
        with told_plainly():
            # A power cut may take the last commits, rows and checkpoint together: they are read
            # again from the log. Waiting for the disk here would make the log wait for it too.
            await connection.execute("SET synchronous_commit = off")
            await connection.execute(
                sql.SQL("SET search_path TO {}").format(sql.Identifier(schema))
            )
            await _lock(connection, schema, patience_ms)
            types = await _types(connection, schema)
        yield Writer(connection, types)


@contextmanager
def _told_as_unwritable() -> Iterator[None]:
    """Raises Unwritable, in one line, where the values are to blame and trying again is no use."""
    try:
        yield
    except (
        psycopg.DataError,
        psycopg.IntegrityError,
        psycopg.errors.ProgramLimitExceeded,  # A key too long for its index.
    ) as error:
        reason = " ".join((error.diag.message_primary or str(error)).split())
        raise Unwritable(f"Postgres: {reason[:_REASON_MAX]}") from error


async def _lock(connection: Connection, schema: str, patience_ms: int) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {patience_ms}")
            await connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [schema])
    except psycopg.errors.LockNotAvailable as error:
        raise Moved(f"another projector writes to schema {schema}; stop it") from error


async def _types(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    """(table, column) → type, as the database has it."""
    cursor = await connection.execute(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = %s",
        [schema],
    )
    return {
        (row["table_name"], row["column_name"]): row["data_type"] for row in await cursor.fetchall()
    }


def _by_shape(changes: Sequence[Change]) -> dict[_Shape, list[Change]]:
    """Those for new rows only come first, as in `merge`."""
    shapes: dict[_Shape, list[Change]] = defaultdict(list)
    merged = merge(map(_with_storable_key, changes))
    for change in sorted(merged, key=lambda change: not change.new_only):
        columns = tuple(sorted(change.values))
        shapes[_Shape(change.table, columns, change.new_only)].append(change)
    return shapes


def _arrays(shape: _Shape, rows: Sequence[Change]) -> list[list[Value]]:
    """One array for each column: a statement then has as many parameters as columns."""
    keys = [list(column) for column in zip(*(row.key for row in rows), strict=True)]
    values = [[_storable(row.values[name]) for row in rows] for name in shape.columns]
    return [*keys, *values, [row.sequence for row in rows]]


def _with_storable_key(change: Change) -> Change:
    """Before the merge: keys that become equal are one row, in one batch as in two."""
    if not any(_NUL in part for part in change.key):
        return change
    return msgspec.structs.replace(change, key=tuple(map(_without_nul, change.key)))


def _storable(value: Value) -> Value:
    return _without_nul(value) if isinstance(value, str) else value


def _without_nul(text: str) -> str:
    """Postgres has no NUL in texts, and a title that somebody gave a market may hold one."""
    return text.replace(_NUL, "\N{REPLACEMENT CHARACTER}")
