"""The tables in memory and those in Postgres do the same."""

import random
import string
from collections.abc import AsyncIterator

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polycopy.projector import core
from polycopy.projector.adapters import open_tables
from polycopy.projector.ports import Tables
from polycopy.qualifier import core as qualifier
from polycopy.qualifier.core import Evaluate
from polycopy.readmodel.changes import KEYS, Change
from polycopy.readmodel.reader import open_reader
from polycopy.readmodel.schema import create_schema
from polycopy.readmodel.sql import connect
from polycopy.runtime.errors import Halt, Permanent, Transient
from polycopy.runtime.log import Position, Recorded
from polycopy.schemas.control import FixedSizing, Strategy, StrategyCreated, StrategyPaused
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import EventId
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.subjects import order_subject
from tests.support.histories import LOG_ID, histories, history, recorded
from tests.support.projecting import Each, as_it_is, changes_of, forgetful, write
from tests.support.projector_tables import MemoryTables
from tests.unit.projector.test_life_of_an_order import ACCOUNT, CONFIRMED, DEPOSITED, REQUESTED
from tests.unit.qualifier.makers import NOW_MS, strategy, trade

CHANGE = Change(table="targets", key=("0xa",), values={"label": "x"}, sequence=1)


@pytest.fixture(params=["memory", "postgres"])
async def tables(request: pytest.FixtureRequest) -> AsyncIterator[Tables]:
    if request.param == "memory":
        yield MemoryTables()
        return
    async with open_tables(request.getfixturevalue("database_url"), "rm_v1") as real:
        yield real


def at(sequence: int) -> Position:
    return Position(log_id=LOG_ID, sequence=sequence, event_id=EventId(f"e{sequence}"))


async def test_new_tables_have_no_checkpoint(tables: Tables) -> None:
    assert await tables.checkpoint() is None


async def test_the_checkpoint_moves_with_the_rows(tables: Tables) -> None:
    await tables.write([CHANGE], before=None, after=at(3))
    await tables.write([], before=at(3), after=at(4))
    assert await tables.checkpoint() == at(4)


@pytest.mark.parametrize("before", [None, at(2), at(4)])
async def test_a_checkpoint_that_is_elsewhere_halts(tables: Tables, before: Position) -> None:
    await tables.write([CHANGE], before=None, after=at(3))
    with pytest.raises(Halt):
        await tables.write([CHANGE], before=before, after=at(5))
    assert await tables.checkpoint() == at(3)


async def test_a_number_that_does_not_fit_is_permanent_and_nothing_is_written(
    tables: Tables,
) -> None:
    large = msgspec.structs.replace(CHANGE, values={"added_at_ms": 2**63})
    with pytest.raises(Permanent):
        await tables.write([CHANGE, large], before=None, after=at(3))
    assert await tables.checkpoint() is None
    await tables.write([CHANGE], before=None, after=at(3))


def decided_log(odd: Strategy) -> list[Recorded]:
    """The strategy, what is decided for it of a BUY and of a SELL, and its pause."""
    log = recorded([said(StrategyCreated(strategy=odd))])
    for side in Side:
        seen = trade(side=side)
        command = Evaluate(trade_id=EventId(side), sequence=9, trade=seen, at_ms=NOW_MS)
        [event] = qualifier.decide(qualifier.fold(log), command)
        assert event.decisions[0].qualified
        [stored] = recorded([said(event, side)])
        log.append(msgspec.structs.replace(stored, sequence=len(log) + 1))
    [paused] = recorded([said(StrategyPaused(strategy_id=odd.strategy_id))])
    return [*log, msgspec.structs.replace(paused, sequence=len(log) + 1)]


def said(event: Event, key: str = "") -> Draft:
    """As a writer says it that checks no name."""
    origin = Origin(source="test", time_ms=NOW_MS, causation_id="test")
    return draft(event, subject="control.strategy.odd.said", origin=origin, key=key)


async def strategy_row(url: str) -> dict[str, object]:
    async with connect(url, application="test") as connection:
        cursor = await connection.execute("SELECT capital_micros, paused FROM rm_v1.strategies")
        [row] = await cursor.fetchall()
        return row


@pytest.mark.parametrize("amount_micros", [10**30, -(10**30)])
async def test_whatever_amounts_a_strategy_names_they_can_be_written(
    database_url: str, amount_micros: int
) -> None:
    """Only our CLI checks a strategy, and what is decided for it follows its settings."""
    odd = strategy(
        sizing=FixedSizing(notional_micros=abs(amount_micros)),
        capital_micros=amount_micros,
        trade_age_ms_max=abs(amount_micros),
        leader_notional_min_micros=-abs(amount_micros),
        order_notional_max_micros=abs(amount_micros),
        price_min_micros=-abs(amount_micros),
        price_max_micros=abs(amount_micros),
        slippage_micros_max=amount_micros,
    )
    await write(database_url, "rm_v1", [decided_log(odd)])
    bounded = LIMIT if amount_micros > 0 else -LIMIT
    assert await strategy_row(database_url) == {"capital_micros": bounded, "paused": True}


async def test_a_strategy_of_any_name_can_be_written(database_url: str) -> None:
    name = "".join(random.Random(1).choices(string.ascii_letters, k=20_000))
    odd = strategy(name)
    await write(database_url, "rm_v1", [decided_log(odd)])
    assert (await strategy_row(database_url))["paused"] is True


async def test_a_database_that_is_away_is_transient() -> None:
    with pytest.raises(Transient):
        async with open_tables("postgresql://polycopy:x@127.0.0.1:1/polycopy", "rm_v1"):
            raise AssertionError("there is nothing there")


async def test_a_database_of_somebody_else_halts(database_url: str) -> None:
    async with connect(database_url, application="test") as connection:
        await connection.execute("CREATE SCHEMA api")
    with pytest.raises(Halt, match="name an empty database in DATABASE_URL"):
        async with open_tables(database_url, "rm_v1"):
            raise AssertionError("it is not ours")


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(histories(max_size=200), st.integers(1, 30), st.sampled_from([as_it_is, forgetful]))
async def test_any_history_in_any_batches_gives_byte_identical_tables(
    database_url: str, drafts: list[Draft], size: int, each: Each
) -> None:
    log = recorded(drafts)
    parts = [log[start : start + size] for start in range(0, len(log), size)]
    async with open_reader(database_url) as reader:
        for schema in ("rm_whole", "rm_parts"):
            await forget(database_url, schema)
        await write(database_url, "rm_whole", [log], each)
        await write(database_url, "rm_parts", parts, each)
        assert await reader.digests("rm_parts") == await reader.digests("rm_whole")


async def forget(url: str, schema: str) -> None:
    """An empty version, whatever the last example left."""
    async with connect(url, application="test") as connection:
        await create_schema(connection, "rm_shown")
        await connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


async def test_the_double_holds_what_the_real_tables_hold(database_url: str) -> None:
    chance = random.Random(1)
    log = recorded(history([chance.getrandbits(200) for _ in range(600)]))
    await write(database_url, "rm_v1", [log])
    double, state = MemoryTables(), core.initial()
    for one in log:
        state, changes = core.project(state, one)
        await double.write(changes, before=double.position, after=at(one.sequence))
    assert {table for table, _ in double.rows} == set(KEYS)
    async with connect(database_url, application="test") as connection:
        for table, keys in KEYS.items():
            cursor = await connection.execute(f"SELECT * FROM rm_v1.{table}")  # noqa: S608 - ours
            rows = {tuple(row[key] for key in keys): row for row in await cursor.fetchall()}
            doubles = {key: row for (name, key), row in double.rows.items() if name == table}
            assert rows.keys() == doubles.keys()
            for key, row in doubles.items():
                assert {name: rows[key][name] for name in row} == row


async def test_a_request_sets_every_column_of_an_order_and_the_first_word_all_of_a_match(
    database_url: str,
) -> None:
    """What the row held may be of an order that its account forgot."""
    log = recorded([said_of(DEPOSITED), said_of(REQUESTED), said_of(CONFIRMED)])
    _, changes = changes_of(log, core.initial())
    told = {(one.table, one.sequence): one for one in changes}
    async with connect(database_url, application="test") as connection:
        await create_schema(connection, "rm_v1")
        for table, sequence in (("orders", 2), ("fills", 3)):
            change = told[table, sequence]
            cursor = await connection.execute(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_schema = 'rm_v1' AND table_name = %s",
                [table],
            )
            columns = {row["column_name"] for row in await cursor.fetchall()}
            assert columns == {*KEYS[table], *change.values, "sequence"}


def said_of(event: OrderEvent) -> Draft:
    origin = Origin(source="test", time_ms=NOW_MS, causation_id="test")
    return draft(event, subject=order_subject(ACCOUNT, event), origin=origin)
