"""Rows 1, 2 and 5 of the fault matrix: the services die, at random and at named points, and one
that was thought dead comes back."""

import asyncio
import signal
from pathlib import Path

import pytest

from polycopy.runtime.crash_points import POINTS
from polycopy.schemas.orders import ExecutorEpochStarted
from tests.faults.harness import STATUS_SYNC
from tests.faults.harness.laws import judge
from tests.faults.harness.loops import run_loop
from tests.faults.harness.plans import plan
from tests.faults.harness.supervisor import End
from tests.faults.harness.world import World
from tests.support.nats_proxy import nats_proxy
from tests.support.nursery import Nursery

pytestmark = pytest.mark.asyncio(loop_scope="session")
KILLED = -signal.SIGKILL
DEPOSED = 2
ZOMBIE, SUCCESSOR = "zombie", "successor"


@pytest.mark.parametrize(
    "seed",
    ["one", "two", *(pytest.param(seed, marks=pytest.mark.long) for seed in ("three", "four"))],
)
async def test_row_1_kill_nine_at_random_times_loses_nothing_and_doubles_nothing(
    seed: str, nursery: Nursery, tmp_path: Path, database_url: str
) -> None:
    """`make faults` goes on with seeds that nobody has seen."""
    loop = await run_loop(nursery, tmp_path, plan(seed), database_url=database_url)

    assert loop.verdict.holds, loop.verdict.broken
    assert loop.verdict.orders
    assert loop.deaths


@pytest.mark.parametrize("point", POINTS)
async def test_row_2_a_crash_at_a_named_point_is_finished_with_the_same_order(
    point: str, world: World
) -> None:
    service = point.partition(".")[0]
    await world.start(crash_at={service: (f"{point}:2", f"{point}:3")})

    await world.feeder.run(10, per_second=40)
    while len(world.supervisor.ends) < 2:  # Until it got there again: at first it is behind.
        await world.feeder.buy()
        await world.decided()

    assert (await world.holds()).orders
    assert world.supervisor.ends == 2 * [End(name=service, code=KILLED)]


async def test_row_5_a_zombie_is_refused_by_the_log_and_its_successor_goes_on(
    world: World,
) -> None:
    """It wakes up with a signal in hand, and with all that it believes about the account."""
    async with nats_proxy(world.server.port) as way_of_the_zombie:
        await world.supervisor.start(STATUS_SYNC, world.status_sync())
        zombie = world.executor(proxy=way_of_the_zombie).altered("pause")
        await world.supervisor.start(ZOMBIE, zombie, crash_at=["executor.decided:4"], kept=False)
        await world.ready()
        feeding = asyncio.create_task(world.feeder.run(30, per_second=40))
        await world.supervisor.paused(ZOMBIE)
        await world.supervisor.start(SUCCESSOR, world.executor())
        await world.watch.heard(ExecutorEpochStarted, times=2)
        world.supervisor.signal(ZOMBIE, signal.SIGCONT)

        assert await world.supervisor.ended(ZOMBIE) == DEPOSED
        await feeding

        assert (await world.holds()).orders > 4
    stored = [one.sequence for one in way_of_the_zombie.acknowledged]
    epochs = [
        one.sequence for one in world.watch.recorded if isinstance(one.event, ExecutorEpochStarted)
    ]
    assert max(stored) < epochs[1]
    assert world.supervisor.gave_up() == {}


async def test_row_5_a_zombie_between_request_and_sending_sends_the_same_bytes_at_most(
    world: World,
) -> None:
    """No broker can fence this one: the order's own id does."""
    await world.supervisor.start(STATUS_SYNC, world.status_sync())
    zombie = world.executor().altered("pause")
    await world.supervisor.start(ZOMBIE, zombie, crash_at=["executor.request-stored"], kept=False)
    await world.ready()
    await world.feeder.buy()
    await world.supervisor.paused(ZOMBIE)
    await world.supervisor.start(SUCCESSOR, world.executor())
    assert await world.rest() == []
    world.supervisor.signal(ZOMBIE, signal.SIGCONT)
    await world.feeder.run(20, per_second=40)  # It learns that it is deposed by its next signal.

    assert await world.supervisor.ended(ZOMBIE) == DEPOSED

    evidence = await world.evidence(await world.rest())
    assert judge(evidence).holds, judge(evidence).broken
    [first] = {one.venue_order_id for one in evidence.journal.orders[:1]}
    attempts = [one for one in evidence.journal.orders if one.venue_order_id == first]
    assert [one.accepted for one in attempts] == [True, False]
