"""SQL of this package by name, and the way to a connection."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg.types.numeric import Int8Dumper

from polycopy.readmodel.address import check_address
from polycopy.readmodel.faults import NotOurs, Unavailable

Connection = AsyncConnection[dict[str, Any]]
_CONNECT_S_MAX = 10
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Raises Unavailable, in one line, for a database that is away or still empty, and NotOurs for
    one whose files are damaged."""
    try:
        yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
        raise Unavailable("Postgres holds no read models yet; start the projector") from error
    except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted) as error:
        raise NotOurs(
            f"the database is damaged ({' '.join(str(error).split())}): give the projector an "
            "empty one, it makes all tables anew from the log"
        ) from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable(f"Postgres: {' '.join(str(error).split())}") from error


@asynccontextmanager
async def connect(url: str, *, application: str) -> AsyncIterator[Connection]:
    """A connection in autocommit mode whose rows are dicts. Raises Unavailable."""
    try:
        check_address(url)
    except ValueError as error:
        raise Unavailable(f"DATABASE_URL: {error}") from error
    with told_plainly():
        connection: AsyncConnection[DictRow] = await AsyncConnection.connect(
            url,
            autocommit=True,
            row_factory=dict_row,
            connect_timeout=_CONNECT_S_MAX,
            application_name=application,
        )
    # One width for all numbers: else the width of a value would choose the prepared statement.
    connection.adapters.register_dumper(int, Int8Dumper)
    try:
        yield connection
    finally:
        await connection.close()


@cache
def text(name: str) -> str:
    """A file of this package."""
    return files("polycopy.readmodel").joinpath(name).read_text()


@cache
def query(name: str) -> str:
    """A statement of `queries.sql`."""
    parts = _NAME.split(text("queries.sql"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))[name]
