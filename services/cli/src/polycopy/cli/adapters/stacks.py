"""Servers for a stack: embedded ones in its folder, or those that the operator runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from polycopy.cli.core.plan import Servers
from polycopy.cli.ports import RunningServers
from polycopy.runtime.errors import Halt
from polycopy.stack import StackFault, open_stack


@asynccontextmanager
async def open_servers(stack: Path, *, own: Servers | None = None) -> AsyncIterator[RunningServers]:
    """`own` are the operator's; None starts embedded ones in the folder. Raises Halt."""
    if own is not None:
        yield RunningServers(servers=own, ended=_never)
        return
    try:
        async with open_stack(stack) as embedded:
            servers = Servers(
                nats_url=embedded.nats_url,
                nats_monitor_url=embedded.nats_monitor_url,
                database_url=embedded.database_url,
            )
            yield RunningServers(servers=servers, ended=embedded.ended)
    except StackFault as fault:
        raise Halt(str(fault)) from fault


async def _never() -> str:
    never: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    return await never
