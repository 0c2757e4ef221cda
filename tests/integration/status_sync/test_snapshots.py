"""status-sync goes on from its snapshot, and is where a fold from zero is."""

import asyncio

import pytest

from polycopy.executor.service.desk import Desk
from polycopy.runtime.errors import Halt
from polycopy.runtime.memory_log import MemoryLog
from polycopy.runtime.snapshots import EVERY_EVENTS
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.orders import OrderEvent
from polycopy.status_sync.core.rules import Rules
from polycopy.status_sync.service.scribe import Scribe
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.account import fold
from tests.support import trading as make
from tests.support.executing import DEADLINE_S
from tests.support.hand_clock import HandClock
from tests.support.syncing import Quiet
from tests.support.trading import ACCOUNT, ON_PAPER
from tests.support.watched_log import Watched, append

NAME = f"status-sync.{ACCOUNT}"
MANY = make.many_orders(EVERY_EVENTS // 4)
MORE: list[OrderEvent] = [make.requested("more"), make.placed("more")]
CLOCK = HandClock(1_796_126_400_000)


class Unasked:
    """A venue of which nobody wants to know anything yet."""

    host, signer, owner = "clob.example", "0x" + "b2" * 20, "key"


async def started(log: MemoryLog) -> Scribe:
    """One that has learnt its account, and written its snapshot if one was due."""
    scribe = Scribe(log, ACCOUNT, asked=Unasked(), clock=CLOCK)  # type: ignore[arg-type]  # not asked
    await scribe.catch_up()
    await written(scribe)
    return scribe


async def written(scribe: Scribe) -> None:
    if scribe.keeper.keeping is not None:
        async with asyncio.timeout(DEADLINE_S):
            await scribe.keeper.keeping


@pytest.fixture
async def log() -> Watched:
    """One with an account long enough for a snapshot, a snapshot of it, and two events after it."""
    made = Watched()
    await append(made, MANY)
    await started(made)
    assert NAME in made.snapshots.kept
    await append(made, MORE, first_version=len(MANY) + 1)
    made.read_after.clear()
    return made


async def test_a_start_reads_what_came_after_the_snapshot_and_is_where_one_from_zero_is(
    log: Watched,
) -> None:
    from_snapshot = await started(log)
    log.snapshots.kept.clear()

    from_zero = await started(log)

    end = await log.end()
    assert log.read_after == [end - len(MORE), 0]
    assert from_snapshot.ledger == from_zero.ledger
    assert from_zero.account == fold(ACCOUNT, [*MANY, *MORE])


async def test_the_service_itself_starts_from_the_snapshot_and_follows_on_from_its_end(
    log: Watched,
) -> None:
    end = await log.end()
    service = StatusSync(
        log,
        ACCOUNT,
        asked=Unasked(),  # type: ignore[arg-type]  # not asked
        told=Quiet(),
        clock=CLOCK,
        rules=Rules(),
    )

    assert await service.start() == end
    assert log.read_after == [end - len(MORE)]


@pytest.mark.parametrize("cut", [slice(None, -1), slice(1, None), slice(0, 0)])
async def test_a_damaged_snapshot_costs_a_read_from_zero(log: Watched, cut: slice) -> None:
    log.snapshots.kept[NAME] = log.snapshots.kept[NAME][cut]

    scribe = await started(log)

    assert log.read_after == [0]
    assert scribe.account == fold(ACCOUNT, [*MANY, *MORE])


async def test_the_executor_s_snapshot_of_the_same_account_is_not_ours(log: Watched) -> None:
    """Its name is in it, and its build is another."""
    desk = Desk(log, ACCOUNT, ON_PAPER, clock=CLOCK)
    await desk.catch_up()
    assert desk.keeper.keeping is not None
    async with asyncio.timeout(DEADLINE_S):
        await desk.keeper.keeping
    log.snapshots.kept[NAME] = log.snapshots.kept[f"executor.{ACCOUNT}"]
    log.read_after.clear()

    scribe = await started(log)

    assert log.read_after == [0]
    assert scribe.ledger.events == len(MANY) + len(MORE)


async def test_the_snapshot_of_another_log_is_not_ours(log: Watched) -> None:
    other = Watched()
    await append(other, MANY[:4])
    other.snapshots.kept[NAME] = log.snapshots.kept[NAME]

    scribe = await started(other)

    assert other.read_after == [0]
    assert scribe.account == fold(ACCOUNT, MANY[:4])


async def test_a_hole_behind_the_snapshot_is_found(log: Watched) -> None:
    await append(log, [make.requested("late")], first_version=len(MANY) + len(MORE) + 2)

    with pytest.raises(Halt, match="the log lost something"):
        await started(log)


async def test_what_is_heard_from_others_brings_the_next_snapshot(log: Watched) -> None:
    scribe = await started(log)
    log.snapshots.kept.clear()
    version = len(MANY) + 1  # Of MORE, which the snapshot lacks.
    refused = [make.refused(f"r{number}") for number in range(EVERY_EVENTS - len(MORE))]
    await append(log, refused, first_version=version + len(MORE))
    *heard, last = await log.read(scribe.filters, after=scribe.ledger.sequence)

    for recorded in heard:
        await scribe.hear(recorded)
    await written(scribe)
    assert not log.snapshots.kept
    await scribe.hear(last)

    await written(scribe)
    assert NAME in log.snapshots.kept


async def test_what_it_says_itself_brings_the_next_snapshot(log: Watched) -> None:
    scribe = await started(log)
    log.snapshots.kept.clear()
    behind = AccountFellBehind(account=ACCOUNT, reason="x", fell_behind_at_ms=5)

    await scribe.say(lambda _: [behind] * (EVERY_EVENTS - len(MORE) - 1))
    await written(scribe)
    assert not log.snapshots.kept
    await scribe.say(lambda _: [behind])

    await written(scribe)
    assert NAME in log.snapshots.kept
