"""Start the paper venue. One JSON line on stdout says where it listens."""

import asyncio
import json
import sys
from pathlib import Path

from polycopy.paper_venue.adapters import scenarios
from polycopy.paper_venue.adapters.server import Ports, serving
from polycopy.paper_venue.adapters.sources import dice, staged
from polycopy.paper_venue.config import Settings, load
from polycopy.paper_venue.core.control import terms
from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.sources.script import Script
from polycopy.paper_venue.service.building import venue_of
from polycopy.paper_venue.service.console import Console
from polycopy.paper_venue.service.direction import Direction
from polycopy.paper_venue.service.house import House
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.health import serve_health
from polycopy.runtime.process import start


async def run(settings: Settings) -> None:
    scenario, folder = scenarios.load(settings.scenario)
    scenario = settings.over(scenario)
    clock = SystemClock()

    def stage(scenario: Scenario) -> Script:
        beside = folder if settings.source is None else Path()
        begins_us = terms.started_us(scenario.venue, clock.now_us()) or clock.now_us()
        return staged(scenario, beside, begins_us // 1_000_000)

    house = House(venue_of(scenario, stage(scenario), clock))
    direction = Direction(house, scenario, clock, stage=stage, dice_of=dice)
    director = Console(direction, scenarios.ReadyScenarios())
    ports = Ports(
        venue=settings.port,
        data=settings.data_port,
        gamma=settings.gamma_port,
        rpc=settings.rpc_port,
        control=settings.control_port,
    )
    async with (
        serving(house, director, house.node, ports) as urls,
        serve_health(settings.health_port, dict),
    ):
        direction.start()
        print(json.dumps(urls, separators=(",", ":")), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        scenarios.tell()
    else:
        start("paper-venue", load, run)
