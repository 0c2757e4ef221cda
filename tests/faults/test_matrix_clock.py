"""Row 21 of the fault matrix: clocks that are five minutes wrong, and that step.

The services' own clock is altered in their process (`tests/support/altered.py`), so the log, the
venue and the checker go on with the right one.
"""

import pytest

from polycopy.schemas.orders import ExecutorEpochStarted, OrderLost, OrderRequested, OrderUncertain
from tests.faults.harness import EXECUTOR, STATUS_SYNC
from tests.faults.harness.clocks import SteppingClock
from tests.faults.harness.world import World
from tests.support.venue_control import Journal

pytestmark = pytest.mark.asyncio(loop_scope="session")
FIVE_MINUTES_MS = 300_000
FIFTY_MINUTES_MS = 3_000_000


async def start(world: World, clock: SteppingClock) -> None:
    for name, recipe in ((STATUS_SYNC, world.status_sync()), (EXECUTOR, world.executor())):
        await world.supervisor.start(name, recipe.altered("clock", clock=clock.path))
    await world.ready()


@pytest.mark.parametrize(
    "ahead_ms", [FIVE_MINUTES_MS, pytest.param(-FIVE_MINUTES_MS, marks=pytest.mark.long)]
)
async def test_row_21_a_clock_that_is_five_minutes_wrong_breaks_no_law_and_heals(
    ahead_ms: int, world: World
) -> None:
    """What is traded meanwhile is one thing; that nothing is lost, doubled or locked another."""
    clock = SteppingClock(world.folder / "clock")
    await start(world, clock)
    clock.step_to(ahead_ms)
    await world.feeder.run(10, per_second=40)
    await world.rest(within_s=5)  # Of what the venue refuses to talk about, too.
    clock.step_to(0)

    await world.feeder.run(10, per_second=40)

    await world.holds()


async def test_row_21_after_a_step_of_the_clock_orders_are_taken_at_once(world: World) -> None:
    """What was measured before the step is worth nothing after it."""
    clock = SteppingClock(world.folder / "clock")
    await start(world, clock)
    clock.step_to(FIVE_MINUTES_MS)
    world.supervisor.kill(EXECUTOR)
    await world.watch.heard(ExecutorEpochStarted, times=2)
    clock.step_to(0)
    await world.watch.until(lambda account: account.caught_up)
    await world.feeder.buy()

    assert (await world.holds()).orders == 1


async def test_row_21_a_step_back_makes_nobody_wait_for_the_time_that_was(world: World) -> None:
    """Neither is an order given up while the clock is wrong, nor forgotten when it is right."""
    clock = SteppingClock(world.folder / "clock")
    await start(world, clock)
    await world.venue.fault("lost_before", "POST /order")
    await world.feeder.buy()
    await world.watch.heard(OrderUncertain)
    clock.step_to(FIVE_MINUTES_MS)
    seen = looks(await world.venue.journal())
    await world.venue.until(lambda journal: looks(journal) > seen + 1)
    assert world.watch.account.locked_micros > 0
    await world.venue.heal()
    clock.step_to(0)

    assert (await world.holds(within_s=20)).orders == 1
    assert len(world.watch.of(OrderRequested)) == 1


@pytest.mark.long
async def test_row_21_a_clock_that_was_ahead_keeps_no_money_until_its_time_comes(
    world: World,
) -> None:
    clock = SteppingClock(world.folder / "clock")
    recipes = {
        STATUS_SYNC: world.status_sync(),
        EXECUTOR: world.executor(SIGNAL_AGE_MAX_S="3600"),
    }
    for name, recipe in recipes.items():
        await world.supervisor.start(name, recipe.altered("clock", clock=clock.path))
    await world.ready()
    await world.venue.fault("lost_before", "POST /order")
    clock.step_to(FIFTY_MINUTES_MS)
    await world.feeder.buy()
    await world.watch.heard(OrderUncertain)

    clock.step_to(0)

    await world.watch.until(lambda account: not account.locked_micros, within_s=40)
    assert len(world.watch.of(OrderLost)) == 1


def looks(journal: Journal) -> int:
    """How often somebody asked for an order."""
    return sum(one.path.startswith("/data/order/") for one in journal.requests)
