"""Ten minutes of every ready scenario, by a clock that is moved."""

import contextlib

import aiohttp
import msgspec
import pytest

from polycopy.paper_venue.adapters import scenarios
from polycopy.paper_venue.core.scenarios.scenario import ClockKind, Scenario
from polycopy.schemas.terms import OrderType
from tests.support.directing import Control
from tests.support.paper_venue import Wish, directed

ONE = 1_000_000
LONGEST_MS = 600_000


def standing(name: str) -> Scenario:
    scenario, _ = scenarios.load(name)
    venue = msgspec.structs.replace(scenario.venue, clock=ClockKind.MANUAL)
    return msgspec.structs.replace(scenario, venue=venue)


async def trades(control: Control) -> None:
    """Three bids that rest and three that are filled; a bad day may let any of them fail."""
    anna = await control.trader()
    token = control.running.venue.script.markets[0].tokens[0].token_id
    for salt in range(6):
        price = 20_000 if salt % 2 else 990_000
        wish = Wish(
            token_id=token,
            maker_amount=10 * price,
            taker_amount=10 * ONE,
            salt=salt,
            order_type=OrderType.GTC,
        )
        with contextlib.suppress(aiohttp.ClientError):
            await anna.post(wish)


@pytest.mark.parametrize("name", scenarios.ready())
async def test_everything_that_a_ready_scenario_orders_can_be_done(name: str) -> None:
    scenario = standing(name)
    async with directed(scenario) as running, aiohttp.ClientSession() as http:
        control = Control(running, http)
        delays = any(fault.kind == "slow_answer" for fault in scenario.faults)
        if not delays and scenario.venue.key_propagation_ms == 0:
            await trades(control)
        await control.advance(LONGEST_MS)

        commands = await control.journal("commands")
        assert [each for each in commands if each["error"]] == []
        told = (await control.ask("GET", "status"))[1]
        waiting = [
            step
            for step in scenario.steps
            if step.timing.every_ms or step.timing.after_orders is not None
        ]
        assert told["steps_left"] <= len(waiting)
        assert told["emitted"] == LONGEST_MS // scenario.source.pace_ms
        assert len(await control.journal("emissions")) == told["emitted"]
