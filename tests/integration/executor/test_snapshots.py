"""A desk that is opened again goes on from the snapshot of the last one."""

import asyncio

import pytest

from polycopy.executor.core.ledger import Unfit
from polycopy.executor.service.desk import Desk
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.snapshots import EVERY_EVENTS
from polycopy.schemas.envelope import Origin
from polycopy.schemas.orders import OrderEvent
from polycopy.trading.account import fold
from tests.support import trading as make
from tests.support.trading import ACCOUNT, ON_PAPER
from tests.support.watched_log import Watched, append

NAME = f"executor.{ACCOUNT}"
SOON_S = 60.0


async def opened(log: MemoryLog) -> Desk:
    desk = Desk(log, ACCOUNT, ON_PAPER, clock=SystemClock())
    await desk.catch_up()
    return desk


async def written(desk: Desk) -> None:
    """Until its snapshot is."""
    assert desk.keeper.keeping is not None
    async with asyncio.timeout(SOON_S):
        await desk.keeper.keeping


@pytest.fixture
async def log() -> Watched:
    """One with an account long enough for a snapshot, and a snapshot of it."""
    made = Watched()
    await append(made, make.many_orders(EVERY_EVENTS // 4))
    await written(await opened(made))
    made.read_after.clear()
    return made


async def test_only_what_came_after_the_snapshot_is_read(log: Watched) -> None:
    end = await log.end()
    more: list[OrderEvent] = [make.requested("more"), make.placed("more")]
    await append(log, more, first_version=EVERY_EVENTS + 3)

    desk = await opened(log)

    assert log.read_after == [end]
    assert desk.ledger.account == fold(ACCOUNT, [*make.many_orders(EVERY_EVENTS // 4), *more])
    assert desk.ledger.sequence == end + 2


async def test_without_its_snapshot_the_desk_is_the_same(log: Watched) -> None:
    restored = await opened(log)
    log.snapshots.kept.clear()

    assert (await opened(log)).ledger == restored.ledger
    assert log.read_after == [restored.ledger.sequence, 0]


async def test_a_damaged_snapshot_costs_a_read_from_zero(log: Watched) -> None:
    log.snapshots.kept[NAME] = log.snapshots.kept[NAME][:-1]

    desk = await opened(log)

    assert log.read_after == [0]
    assert desk.ledger.events == EVERY_EVENTS + 2


async def test_a_hole_behind_the_snapshot_is_found(log: Watched) -> None:
    await append(log, [make.requested("more")], first_version=EVERY_EVENTS + 4)

    with pytest.raises(Unfit, match="the log lost something"):
        await opened(log)


async def test_who_takes_over_goes_on_from_the_snapshot_with_the_next_epoch(log: Watched) -> None:
    desk = Desk(log, ACCOUNT, ON_PAPER, clock=SystemClock())

    await desk.take_over("next")

    assert desk.ledger.account.epoch == 2
    assert log.read_after[0] > 0


async def test_what_a_desk_itself_appends_brings_the_next_snapshot(log: Watched) -> None:
    desk = await opened(log)
    log.snapshots.kept.clear()
    origin = Origin(source="test", time_ms=1, causation_id="more")
    for number in range(EVERY_EVENTS):
        assert not log.snapshots.kept
        refused = make.refused(f"r{number}")
        await desk.append(refused, origin)
    await written(desk)
    assert NAME in log.snapshots.kept
