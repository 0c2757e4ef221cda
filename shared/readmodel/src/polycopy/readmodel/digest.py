"""A fingerprint of what the tables hold, to compare two versions with."""

import hashlib

from psycopg import sql

from polycopy.readmodel.sql import Connection, told_plainly


async def table_digest(connection: Connection, schema: str) -> dict[str, str]:
    """SHA-256 of each table's rows as text in the order of their keys: equal rows, equal digest.

    Reads every row. Take it inside a transaction of isolation level REPEATABLE READ where somebody
    may be writing.
    """
    with told_plainly():
        return {
            table: await _digest(connection, schema, table, keys)
            for table, keys in (await _tables(connection, schema)).items()
        }


async def _tables(connection: Connection, schema: str) -> dict[str, list[str]]:
    """The tables of a schema, each with its key's columns that have an order."""
    cursor = await connection.execute(
        "SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS keys"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)"
        " WHERE n.nspname = %s AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname",
        [schema],
    )
    return {row["name"]: row["keys"] for row in await cursor.fetchall()}


async def _digest(connection: Connection, schema: str, table: str, keys: list[str]) -> str:
    # Bytes and not the database's collation, which differs from machine to machine.
    order = sql.SQL(", ").join(
        sql.SQL('{}::text COLLATE "C"').format(sql.Identifier(key)) for key in keys
    )
    statement = sql.SQL("COPY (SELECT * FROM {}.{} ORDER BY {}) TO STDOUT").format(
        sql.Identifier(schema), sql.Identifier(table), order
    )
    digest = hashlib.sha256()
    async with connection.cursor() as cursor, cursor.copy(statement) as rows:
        async for block in rows:
            digest.update(block)
    return digest.hexdigest()
