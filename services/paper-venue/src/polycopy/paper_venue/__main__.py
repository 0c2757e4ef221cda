"""Start the paper venue. One JSON line on stdout says where it listens."""

import json
import random
from pathlib import Path

from polycopy.paper_venue.adapters.files import RESOLVED, recorded, resolved_markets
from polycopy.paper_venue.adapters.server import Ports, serving
from polycopy.paper_venue.config import Settings, load
from polycopy.paper_venue.core import exchange
from polycopy.paper_venue.core.desk import Desk
from polycopy.paper_venue.core.fault_book import FaultBook
from polycopy.paper_venue.core.ladders import SeededRecording
from polycopy.paper_venue.core.leaders import Leaders
from polycopy.paper_venue.core.pipeline import Pipeline
from polycopy.paper_venue.core.recordings import Replay
from polycopy.paper_venue.core.script import Script
from polycopy.paper_venue.core.settlement import Terms
from polycopy.paper_venue.service.venue import PaperVenue
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from polycopy.runtime.health import serve_health
from polycopy.runtime.process import start

SEEDED = "seeded"


def script(settings: Settings) -> Script:
    """The leaders' trades from the source that is set."""
    chance = random.Random(f"leaders {settings.seed}")  # noqa: S311 - a play, not a secret
    trades, leaders = settings.trades, settings.leaders
    try:
        if settings.source in (RESOLVED, SEEDED):
            resolved = settings.source == RESOLVED
            recording = resolved_markets() if resolved else SeededRecording(chance)
            return Leaders(recording, chance, seed=settings.seed, trades=trades, leaders=leaders)
        rows = recorded(Path(settings.source))
        note = f"recording {Path(settings.source).name}; books are made up around its prices"
        return Replay(rows, chance, trades=trades, source_note=note)
    except ValueError as error:
        raise Halt(f"SOURCE {settings.source}: {error}") from error


async def run(settings: Settings) -> None:
    told = script(settings)
    faults = FaultBook(settings.seed)
    desk = Desk(
        exchange.initial(settings.seed, told.markets),
        balance_micros=settings.balance_micros,
        mishaps=faults,
        key_delay_ms=settings.key_delay_ms,
    )
    pipeline = Pipeline(desk, faults, limiting=settings.rate_limits)
    venue = PaperVenue(
        desk,
        told,
        SystemClock(),
        pipeline,
        terms=Terms(least_ms=settings.settle_ms, most_ms=settings.settle_ms),
    )
    ports = Ports(
        venue=settings.port,
        data=settings.data_port,
        gamma=settings.gamma_port,
        rpc=settings.rpc_port,
        control=settings.control_port,
    )
    async with (
        serving(venue, venue, venue.rpc, ports) as urls,
        serve_health(settings.health_port, dict),
    ):
        print(json.dumps(urls, separators=(",", ":")), flush=True)
        await venue.run(settings.pace_ms)


if __name__ == "__main__":
    start("paper-venue", load, run)
