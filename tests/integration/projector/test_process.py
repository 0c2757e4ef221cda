"""The projector as a process, between a real log and a real database."""

import asyncio
from collections.abc import Sequence

import psycopg
import pytest

from polycopy.readmodel.reader import open_reader
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import open_log
from polycopy.schemas.envelope import Draft
from polycopy.schemas.subjects import guard_of
from tests.support.histories import history
from tests.support.log_events import oversized
from tests.support.nats_server import Account
from tests.support.projector_process import projector_process

DRAFTS = history([(number * 2_654_435_761 + 12_345) ** 5 for number in range(300)])[1:]


@pytest.fixture
def settings(nats_account: Account, database_url: str) -> dict[str, str]:
    return {
        "NATS_URL": nats_account.url,
        "NATS_MONITOR_URL": nats_account.monitor_url,
        "DATABASE_URL": database_url,
        "POLYCOPY_PROJECTOR_BATCH_MAX": "10",
    }


async def fill(account: Account, drafts: Sequence[Draft] = DRAFTS) -> int:
    """Append events of every kind; the last sequence of the log."""
    async with open_log(
        account.url,
        source="test",
        clock=SystemClock(),
        create=True,
        monitor_url=account.monitor_url,
    ) as log:
        for new in drafts:
            guard = guard_of(new.subject)
            newest = await log.last(guard) if guard else None
            expected = newest.sequence if newest else 0
            await log.append(new, expected=expected if guard else None)
        return await log.end()


async def until_it_waits_for_a_lock(url: str) -> None:
    """Until the projector has a transaction open and cannot go on."""
    async with (
        asyncio.timeout(60),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as connection,
    ):
        waiting = False
        while not waiting:
            cursor = await connection.execute(
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND application_name = 'polycopy-projector' AND datname = current_database()"
            )
            [waiting] = await cursor.fetchone() or [False]


async def test_a_projector_that_was_killed_ends_with_the_tables_of_one_that_was_not(
    nats_account: Account, settings: dict[str, str], database_url: str
) -> None:
    half = await fill(nats_account, DRAFTS[:150])
    async with projector_process(**settings) as first:
        await first.projected(half)
        with psycopg.connect(database_url) as connection:
            # It is killed with its rows written and its transaction open.
            connection.execute("LOCK TABLE rm_v1.accounts")
            end = await fill(nats_account, DRAFTS[150:])
            await until_it_waits_for_a_lock(database_url)
            await first.kill()
    async with projector_process(**settings, POLYCOPY_PROJECTOR_UNTIL=str(end)) as second:
        assert await second.ended() == 0, second.said
    assert f'"sequence": {half}, "event": "caught up"' in second.said[0]
    fresh = settings | {
        "POLYCOPY_PROJECTOR_SCHEMA": "rm_check",
        "POLYCOPY_PROJECTOR_BATCH_MAX": "7",
        "POLYCOPY_PROJECTOR_UNTIL": str(end),
    }
    async with projector_process(**fresh) as third:
        assert await third.ended() == 0, third.said
    async with open_reader(database_url) as reader:
        assert (await reader.checkpoint())["sequence"] == end
        assert await reader.digests("rm_check") == await reader.digests("rm_v1")
        assert await reader.shown_schema() == "rm_v1"
        assert (await reader.counts())["orders"] > 0


async def test_it_goes_on_after_its_database_connection_was_cut(
    nats_account: Account, settings: dict[str, str], database_url: str
) -> None:
    end = await fill(nats_account)
    async with projector_process(**settings) as process:
        await process.projected(50)
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'polycopy-projector' AND datname = current_database()"
            )
        await process.projected(end)


async def test_tables_of_another_log_are_refused_with_one_line(
    nats_account: Account, settings: dict[str, str], database_url: str
) -> None:
    end = await fill(nats_account)
    async with projector_process(**settings, POLYCOPY_PROJECTOR_UNTIL=str(end)) as process:
        assert await process.ended() == 0, process.said
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("UPDATE rm_v1.checkpoint SET log_id = 'another'")
    async with projector_process(**settings) as process:
        assert await process.ended() == 2
    [line] = [line for line in process.said if not line.startswith("{")]
    assert line.startswith("projector: the tables hold log another and this is log ")


async def test_a_database_that_is_away_is_refused_with_one_line(
    nats_account: Account, settings: dict[str, str]
) -> None:
    await fill(nats_account)
    away = settings | {"DATABASE_URL": "postgresql://polycopy:x@127.0.0.1:1/polycopy"}
    async with projector_process(**away) as process:
        assert await process.ended() == 2
    [line] = [line for line in process.said if not line.startswith("{")]
    assert line.startswith("projector: Postgres: connection failed")


async def test_an_event_that_no_table_can_hold_is_named_in_one_line(
    nats_account: Account, settings: dict[str, str], database_url: str
) -> None:
    end = await fill(nats_account, [*DRAFTS[:25], oversized()])
    async with projector_process(**settings) as process:
        assert await process.ended() == 2
    [line] = [line for line in process.said if not line.startswith("{")]
    assert line.startswith(f"projector: event {end} of type polycopy.trade.observed.v1 cannot be ")
    async with open_reader(database_url) as reader:
        assert (await reader.checkpoint())["sequence"] == end - 1


async def test_all_faults_of_the_settings_are_told_at_once() -> None:
    wrong = {"POLYCOPY_PROJECTOR_BATCH_MAX": "0", "POLYCOPY_PROJECTOR_SCHEMA": "public"}
    async with projector_process(**wrong) as process:
        assert await process.ended() == 2
    assert [line.split(":")[1].strip() for line in process.said] == [
        "NATS_URL",
        "DATABASE_URL",
        "POLYCOPY_PROJECTOR_SCHEMA",
        "POLYCOPY_PROJECTOR_BATCH_MAX",
    ]
