"""One loop: a world, its load, and blows in the middle of it; then rest, and the verdict."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

from polycopy.runtime.clock import SystemClock
from polycopy.schemas.control import TradingState
from tests.faults.harness import EXECUTOR, STATUS_SYNC, scenes
from tests.faults.harness.laws import judge
from tests.faults.harness.plans import Blow, Plan
from tests.faults.harness.read_back import read_back
from tests.faults.harness.summary import Loop
from tests.faults.harness.world import World, open_world
from tests.support.nursery import Nursery

_SIGNALS = {
    Blow.KILL_EXECUTOR: (signal.SIGKILL, (EXECUTOR,)),
    Blow.KILL_STATUS_SYNC: (signal.SIGKILL, (STATUS_SYNC,)),
    Blow.KILL_BOTH: (signal.SIGKILL, (EXECUTOR, STATUS_SYNC)),
    Blow.END_EXECUTOR: (signal.SIGTERM, (EXECUTOR,)),
    Blow.END_STATUS_SYNC: (signal.SIGTERM, (STATUS_SYNC,)),
}
_OTHER = {
    TradingState.ACTIVE: TradingState.HALTED,
    TradingState.HALTED: TradingState.ACTIVE,
}


async def run_loop(nursery: Nursery, folder: Path, plan: Plan, *, database_url: str) -> Loop:
    """The database is empty, and for the read models that the run's log makes."""
    clock = SystemClock()
    began_s = clock.monotonic_s()
    scene = scenes.scenario(plan.seed, more=scenes.refilled())
    async with open_world(nursery, folder, seed=plan.seed, scenario=scene) as world:
        for fault in plan.faults:
            await world.venue.do({"do": "set_fault", "fault": dict(fault)})
        for loss, chance in plan.losses.items():
            world.proxy.lose(loss, chance=chance)
        await world.start(crash_at=plan.crash_at)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(world.feeder.run(plan.signals, per_second=plan.per_second))
            tasks.create_task(_strike(world, plan))
        world.proxy.heal()
        await world.venue.heal()
        evidence = await world.evidence(await world.rest())
        verdict = await read_back(database_url, evidence, judge(evidence))
        return Loop(
            seed=plan.seed,
            verdict=verdict,
            deaths=dict(Counter(end.name for end in world.supervisor.ends)),
            seconds=clock.monotonic_s() - began_s,
        )


async def _strike(world: World, plan: Plan) -> None:
    """At the end trading goes on."""
    state = TradingState.ACTIVE
    for wait_s, blow in plan.blows:
        await asyncio.sleep(wait_s)  # A moment that the seed chose.
        match blow:
            case Blow.CUT:
                await world.proxy.cut()
            case Blow.CRASH_SERVER:
                await world.crash_server()
            case Blow.SWITCH:
                state = _OTHER[state]
                await world.switch(state)
            case _:
                number, names = _SIGNALS[blow]
                for name in names:
                    world.supervisor.signal(name, number)
    if state is not TradingState.ACTIVE:
        await world.switch(TradingState.ACTIVE)
