"""Schemas: made, recognised, shown through the views, dropped.

The comment on a schema says that it is ours and which DDL made it. A changed table is a new version
under a new name, so other DDL under the same name is refused, never altered.
"""

import hashlib
import re

from psycopg import sql

from polycopy.readmodel.faults import NotOurs
from polycopy.readmodel.sql import Connection, text, told_plainly

VIEWS = "api"
_NAME = re.compile(r"rm_[a-z0-9_]{1,50}")
_MARK = "polycopy read model"
_CREATING = 7_305_519_101
"""Advisory lock: one process at a time makes schemas."""


async def create_schema(connection: Connection, schema: str) -> None:
    """Make the tables where they are missing, and the views where there are none yet.

    Raises NotOurs for a database that holds something else, and for a schema that other DDL made.
    """
    _check_name(schema)
    with told_plainly():
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATING])
            marks = await _marks(connection)
            if schema not in marks:
                if not any(_is_ours(mark) for mark in marks.values()):
                    await _refuse_strangers(connection)
                await _create(connection, schema)
            elif marks[schema] != _mark():
                raise NotOurs(_other_build(schema, marks[schema]))
            if VIEWS not in marks:
                await _create_views(connection, schema)
            elif not _is_ours(marks[VIEWS]):
                raise NotOurs(_not_ours(await _database(connection), f"a schema {VIEWS}"))


async def switch_views(connection: Connection, schema: str) -> None:
    """Show another version through the views, in one transaction."""
    _check_name(schema)
    with told_plainly():
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_CREATING])
            marks = await _marks(connection)
            if marks.get(schema) != _mark():
                raise NotOurs(f"there is no schema {schema} of this build to show; build it first")
            if VIEWS in marks and not _is_ours(marks[VIEWS]):
                raise NotOurs(_not_ours(await _database(connection), f"a schema {VIEWS}"))
            await connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(VIEWS))
            )
            await _create_views(connection, schema)


async def shown_schema(connection: Connection) -> str:
    """The version that the views show; empty in a database that holds nothing yet.

    Raises NotOurs for one that holds something else.
    """
    with told_plainly():
        marks = await _marks(connection)
        mark = marks.get(VIEWS) or ""
        if _is_ours(mark):
            return mark.rsplit(" ", 1)[1]
        if not any(_is_ours(other) for other in marks.values()):
            await _refuse_strangers(connection)
    return ""


async def drop_schema(connection: Connection, schema: str) -> None:
    """Remove a version that is not shown. Raises NotOurs where it is, or is nobody's of ours."""
    _check_name(schema)
    with told_plainly():
        async with connection.transaction():
            mark = (await _marks(connection)).get(schema)
            if mark is not None and not _is_ours(mark):
                raise NotOurs(f"schema {schema} is not PolyCopy's; it stays")
            if await shown_schema(connection) == schema:
                raise NotOurs(f"the views show schema {schema}; switch them to another one first")
            await connection.execute(
                sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema))
            )


def _check_name(schema: str) -> None:
    if not _NAME.fullmatch(schema):
        raise NotOurs(f"{schema!r} cannot be a version's name; use rm_ and small letters or digits")


def _mark() -> str:
    return f"{_MARK} {hashlib.sha256(text('tables.sql').encode()).hexdigest()[:16]}"


def _is_ours(mark: str | None) -> bool:
    return mark is not None and mark.startswith(_MARK)


async def _marks(connection: Connection) -> dict[str, str | None]:
    """The comment of every schema that is not Postgres' own."""
    cursor = await connection.execute(
        "SELECT nspname, obj_description(oid, 'pg_namespace') AS mark FROM pg_namespace"
    )
    return {row["nspname"]: row["mark"] for row in await cursor.fetchall()}


async def _refuse_strangers(connection: Connection) -> None:
    cursor = await connection.execute(
        "SELECT schemaname, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        " ORDER BY schemaname, tablename LIMIT 1"
    )
    row = await cursor.fetchone()
    if row is not None:
        held = f"a table {row['schemaname']}.{row['tablename']}"
        raise NotOurs(_not_ours(await _database(connection), held))


async def _database(connection: Connection) -> str:
    return connection.info.dbname


def _not_ours(database: str, holds: str) -> str:
    return (
        f"database {database} holds {holds} that is not PolyCopy's; "
        "name an empty database in DATABASE_URL"
    )


def _other_build(schema: str, mark: str | None) -> str:
    whose = "another build of PolyCopy" if _is_ours(mark) else "somebody else"
    return f"schema {schema} was made by {whose}; name a new one in POLYCOPY_PROJECTOR_SCHEMA"


async def _create(connection: Connection, schema: str) -> None:
    name = sql.Identifier(schema)
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(name))
    await connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(name))
    await connection.execute(text("tables.sql"))
    await _comment(connection, schema, _mark())


async def _create_views(connection: Connection, schema: str) -> None:
    await connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(VIEWS)))
    await connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(sql.Identifier(schema)))
    await connection.execute(text("views.sql"))
    await _comment(connection, VIEWS, f"{_MARK}, views of {schema}")


async def _comment(connection: Connection, schema: str, words: str) -> None:
    await connection.execute(
        sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(words))
    )
