"""Commands that read: what they need is open only as long as they read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polycopy.cli.core import chain
from polycopy.cli.core.plan import Servers
from polycopy.cli.core.rows import OrderRow
from polycopy.cli.ports import World
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas.subjects import ALL_ORDERS, ALL_SIGNALS, ALL_TRADES


def servers_of(world: World, stack: Path | None) -> Servers:
    """Those that the environment names, or those of the running stack. Raises Halt for none."""
    servers = world.own_servers if stack is None else None
    if servers is not None:
        return servers
    run = world.runs.find(stack)
    if run is None:
        raise Halt("no stack is running: start one with polycopy up")
    return run.servers


@asynccontextmanager
async def running_log(world: World, stack: Path | None) -> AsyncIterator[Log]:
    """The log of the running stack."""
    async with world.open_log(servers_of(world, stack)) as log:
        yield log


async def orders(world: World, stack: Path | None) -> list[OrderRow]:
    """All orders of the read model, by time."""
    async with world.open_rows(servers_of(world, stack).database_url) as rows:
        found = (await rows.read()).orders
    return sorted(found, key=lambda row: (row.requested_at_ms, row.order_id))


async def chain_of(world: World, stack: Path | None, wanted: str) -> list[Recorded]:
    """Reads the trades, signals and orders of the whole log: the log has no index by id."""
    async with running_log(world, stack) as log:
        events = await log.read([ALL_TRADES, ALL_SIGNALS, ALL_ORDERS])
    return chain.find(events, wanted)
