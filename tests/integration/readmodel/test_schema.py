"""Which database and which schema are ours."""

import psycopg
import pytest

from polycopy.readmodel.changes import KEYS
from polycopy.readmodel.faults import NotOurs, Unavailable
from polycopy.readmodel.reader import open_reader
from polycopy.readmodel.schema import create_schema, drop_schema, shown_schema, switch_views
from polycopy.readmodel.sql import connect

TEST = "polycopy-test"


def execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_a_schema_is_made_once_and_found_again(database_url: str) -> None:
    async with connect(database_url, application=TEST) as connection:
        await create_schema(connection, "rm_v1")
        await create_schema(connection, "rm_v1")
        assert await shown_schema(connection) == "rm_v1"


async def test_every_table_has_the_key_that_changes_are_made_by(database_url: str) -> None:
    async with connect(database_url, application=TEST) as connection:
        await create_schema(connection, "rm_v1")
        cursor = await connection.execute(
            "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS keys"
            " FROM information_schema.key_column_usage WHERE table_schema = 'rm_v1'"
            " AND table_name <> 'checkpoint' GROUP BY table_name"
        )
        assert {row["table_name"]: tuple(row["keys"]) for row in await cursor.fetchall()} == KEYS


async def test_a_database_with_tables_of_somebody_else_is_refused(database_url: str) -> None:
    execute(database_url, "CREATE TABLE customers ()")
    async with connect(database_url, application=TEST) as connection:
        for look in (create_schema(connection, "rm_v1"), shown_schema(connection)):
            with pytest.raises(
                NotOurs, match=r"public\.customers that is not PolyCopy's; name an e"
            ):
                await look
    execute(database_url, "DROP TABLE customers")


@pytest.mark.parametrize("schema", ["rm_v1", "api"])
async def test_a_schema_of_somebody_else_is_refused(database_url: str, schema: str) -> None:
    execute(database_url, f"CREATE SCHEMA {schema}")
    async with connect(database_url, application=TEST) as connection:
        with pytest.raises(NotOurs):
            await create_schema(connection, "rm_v1")
        with pytest.raises(NotOurs):
            await switch_views(connection, "rm_v1")


async def test_a_schema_that_another_build_made_is_refused(database_url: str) -> None:
    async with connect(database_url, application=TEST) as connection:
        await create_schema(connection, "rm_v1")
        execute(database_url, "COMMENT ON SCHEMA rm_v1 IS 'polycopy read model 0123'")
        with pytest.raises(NotOurs, match="another build of PolyCopy; name a new one"):
            await create_schema(connection, "rm_v1")
        await create_schema(connection, "rm_v2")
        await switch_views(connection, "rm_v2")


async def test_a_second_version_is_made_beside_the_first_and_shown_when_told(
    database_url: str,
) -> None:
    async with connect(database_url, application=TEST) as connection:
        await create_schema(connection, "rm_v1")
        await create_schema(connection, "rm_v2")
        assert await shown_schema(connection) == "rm_v1"
        with pytest.raises(NotOurs, match="the views show schema rm_v1"):
            await drop_schema(connection, "rm_v1")
        await switch_views(connection, "rm_v2")
        assert await shown_schema(connection) == "rm_v2"
        await drop_schema(connection, "rm_v1")


@pytest.mark.parametrize("name", ["public", "rm_", "rm_v1; DROP", "RM_V1", "rm_v1'"])
async def test_a_name_that_is_no_version_is_refused(database_url: str, name: str) -> None:
    async with connect(database_url, application=TEST) as connection:
        with pytest.raises(NotOurs, match="cannot be a version's name"):
            await create_schema(connection, name)


async def test_a_database_that_is_away_is_told_in_one_line() -> None:
    with pytest.raises(Unavailable) as told:
        async with open_reader("postgresql://polycopy:x@127.0.0.1:1/polycopy"):
            pass
    assert "\n" not in str(told.value)


async def test_a_database_without_read_models_is_told_in_one_line(database_url: str) -> None:
    async with open_reader(database_url) as reader:
        with pytest.raises(Unavailable, match="no read models yet; start the projector"):
            await reader.orders()
