"""`polycopy up`: the stack in the foreground."""

import asyncio
from pathlib import Path

from polycopy.cli.core.plan import VenueChoice
from polycopy.cli.ports import World
from polycopy.cli.service.pipeline import open_pipeline
from polycopy.runtime.errors import Halt


async def up(world: World, stack: Path, venue: VenueChoice | None) -> bool:
    """Runs until cancelled, which is its good end. Raises Halt where a service cannot be kept
    running."""
    try:
        await _run(world, stack, venue)
    except asyncio.CancelledError:
        world.terminal.note("stopped")
    return True


async def _run(world: World, stack: Path, venue: VenueChoice | None) -> None:
    world.terminal.note(f"starting the stack in {stack}")
    async with open_pipeline(
        world, stack, venue, open_servers=world.open_servers, given=world.given
    ) as pipeline:
        where = "the paper venue" if venue else "Polymarket"
        world.terminal.note(f"running at {where}; stop with Ctrl-C")
        if venue and pipeline.venue:
            status = await pipeline.venue.status()
            world.terminal.note(
                f"{len(status.wallets)} leaders trade here; follow one with "
                f"polycopy target add {status.wallets[0]}"
            )
        raise Halt(await pipeline.supervisor.ended())
