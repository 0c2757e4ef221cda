"""The log, said by `cli`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polycopy.cli.core.plan import Servers
from polycopy.runtime.clock import Clock
from polycopy.runtime.log import Log
from polycopy.runtime.nats_log import open_log as open_nats_log


@asynccontextmanager
async def open_log(servers: Servers, *, clock: Clock, create: bool = False) -> AsyncIterator[Log]:
    """`create` provisions streams that are missing. Raises Halt where anything is wrong."""
    async with open_nats_log(
        servers.nats_url,
        source="cli",
        clock=clock,
        create=create,
        monitor_url=servers.nats_monitor_url,
    ) as log:
        yield log
