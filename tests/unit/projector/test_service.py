"""The loop: contiguous, from the checkpoint, and never over a doubt."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.projector.ports import Tables
from polycopy.projector.service import Projector
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.log import Position, Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import EventId, LogId
from tests.support.log_events import feed, oversized, target
from tests.support.projector_tables import MemoryTables


def projector(log: MemoryLog, tables: MemoryTables, *, batch_max: int = 500) -> Projector:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Tables]:
        yield tables

    def open_tables() -> AbstractAsyncContextManager[Tables]:
        return opened()

    return Projector(log, open_tables, batch_max=batch_max)


async def log_of(events: int) -> MemoryLog:
    log = MemoryLog()
    last = 0
    for number in range(events - 1):
        last = await log.append(target(number), expected=last)
    return log


async def test_it_ends_at_the_sequence_that_it_was_told() -> None:
    tables = MemoryTables()
    await projector(await log_of(9), tables).run(until=5)
    assert tables.position is not None
    assert tables.position.sequence == 5


async def test_it_goes_on_behind_its_checkpoint() -> None:
    log, tables, whole = await log_of(9), MemoryTables(), MemoryTables()
    await projector(log, tables, batch_max=2).run(until=4)
    await projector(log, tables).run(until=4)
    await projector(log, tables).run(until=9)
    await projector(log, whole).run(until=9)
    assert tables.batches == [2, 2, 5]
    assert (tables.rows, tables.position) == (whole.rows, whole.position)


class Damaged(MemoryLog):
    """A log whose followers see what `spoil` makes of it."""

    def __init__(self, *, missing: int = 0, unknown: int = 0) -> None:
        super().__init__()
        self._missing = missing
        self._unknown = unknown

    async def follow_batches(
        self, filters: Sequence[str], *, after: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Recorded], None]:
        async for batch in super().follow_batches(filters, after=after, size_max=size_max):
            yield [self._spoiled(one) for one in batch if one.sequence != self._missing]

    def _spoiled(self, one: Recorded) -> Recorded:
        if one.sequence != self._unknown:
            return one
        envelope = msgspec.structs.replace(one.envelope, event_type="polycopy.order.lost.v1")
        unknown = UnknownEvent(event_type=envelope.event_type, body=b"{}")
        return msgspec.structs.replace(one, envelope=envelope, event=unknown)


async def test_it_halts_at_a_gap() -> None:
    log, tables = Damaged(missing=3), MemoryTables()
    for number in range(5):
        await log.append(feed(number))
    with pytest.raises(Halt, match="the log has no event 3"):
        await projector(log, tables).run(until=6)
    assert tables.rows == {}


async def test_it_halts_at_an_event_that_it_does_not_know_and_keeps_what_came_before() -> None:
    log, tables = Damaged(unknown=3), MemoryTables()
    for number in range(5):
        await log.append(feed(number))
    with pytest.raises(Halt, match=r"event 3 is of type polycopy\.order\.lost\.v1"):
        await projector(log, tables, batch_max=1).run(until=6)
    assert tables.position is not None
    assert tables.position.sequence == 2


@pytest.mark.parametrize("batch_max", [1, 3, 500])
async def test_it_halts_at_an_event_that_cannot_be_written_and_keeps_what_came_before(
    batch_max: int,
) -> None:
    log, tables, whole = await log_of(4), MemoryTables(), MemoryTables()
    await log.append(oversized(), expected=0)
    await log.append(feed(1))
    await projector(log, whole).run(until=4)
    with pytest.raises(Halt, match=r"event 5 of type polycopy\.trade\.observed\.v1 cannot be w"):
        await projector(log, tables, batch_max=batch_max).run(until=6)
    assert (tables.rows, tables.position) == (whole.rows, whole.position)


@pytest.mark.parametrize(
    ("position", "words"),
    [
        ({"log_id": LogId("another")}, "the tables hold log another"),
        ({"event_id": EventId("another")}, "the log has another event at 4"),
        ({"sequence": 99}, "the log has another event at 99, or none"),
    ],
)
async def test_it_halts_where_the_checkpoint_is_not_of_this_log(
    position: dict[str, str], words: str
) -> None:
    log, tables = await log_of(6), MemoryTables()
    await projector(log, tables).run(until=4)
    tables.position = msgspec.convert(msgspec.to_builtins(tables.position) | position, Position)
    with pytest.raises(Halt, match=words):
        await projector(log, tables).run(until=6)


@pytest.mark.parametrize("late", [False, True])
async def test_a_database_that_goes_away_is_waited_for(late: bool) -> None:  # noqa: FBT001 - pytest
    log, tables, whole = await log_of(9), MemoryTables(), MemoryTables()
    tables.away, tables.late = 3, late
    await projector(log, tables, batch_max=2).run(until=9)
    await projector(log, whole).run(until=9)
    assert (tables.rows, tables.position) == (whole.rows, whole.position)


async def test_a_database_that_is_away_at_the_start_ends_it() -> None:
    @asynccontextmanager
    async def away() -> AsyncIterator[Tables]:
        raise Transient("the database is away")
        yield MemoryTables()

    with pytest.raises(Transient):
        await Projector(MemoryLog(), away, batch_max=1).run()


@given(st.integers(1, 8), st.lists(st.integers(1, 12), max_size=3))
async def test_any_batches_and_any_stops_give_the_same_tables(
    batch_max: int, stops: list[int]
) -> None:
    log, tables, whole = await log_of(12), MemoryTables(), MemoryTables()
    for stop in [*sorted(stops), 12]:
        await projector(log, tables, batch_max=batch_max).run(until=stop)
    await projector(log, whole).run(until=12)
    assert (tables.rows, tables.position) == (whole.rows, whole.position)
