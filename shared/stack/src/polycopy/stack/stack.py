"""Both servers, or one of them, in one folder."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from polycopy.stack.folder import hold
from polycopy.stack.lodging import leave_lodging
from polycopy.stack.nats_server import NatsServer, run_nats
from polycopy.stack.postgres_server import PostgresServer, run_postgres


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A running stack. The URLs hold passwords: for settings and never for a log."""

    folder: Path
    nats: NatsServer
    postgres: PostgresServer

    @property
    def nats_url(self) -> str:
        return self.nats.url

    @property
    def nats_monitor_url(self) -> str:
        return self.nats.monitor_url

    @property
    def database_url(self) -> str:
        return self.postgres.url

    @property
    def pids(self) -> dict[str, int]:
        return {"nats": self.nats.server.pid, "postgres": self.postgres.server.pid}

    async def ended(self) -> str:
        """Waits until a server ends by itself, and says so in one line."""
        waits = [
            asyncio.create_task(server.ended())
            for server in (self.nats.server, self.postgres.server)
        ]
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for wait in waits:
                wait.cancel()


@asynccontextmanager
async def open_stack(folder: Path) -> AsyncIterator[Stack]:
    """NATS and Postgres with what they held last time, stopped at the end of the block.

    About a second the first time, half of it later. Raises StackFault.
    """
    async with hold(folder) as held, run_nats(held) as nats, run_postgres(held) as postgres:
        yield Stack(folder=held.path, nats=nats, postgres=postgres)


async def remove_stack(folder: Path) -> None:
    """Delete the stack and all it holds. Raises StackFault where it is in use."""
    async with hold(folder) as held:
        leave_lodging(held.path)
        shutil.rmtree(held.path)


@asynccontextmanager
async def open_nats(folder: Path) -> AsyncIterator[NatsServer]:
    """NATS alone; otherwise as `open_stack`."""
    async with hold(folder) as held, run_nats(held) as nats:
        yield nats


@asynccontextmanager
async def open_postgres(folder: Path) -> AsyncIterator[PostgresServer]:
    """Postgres alone; otherwise as `open_stack`."""
    async with hold(folder) as held, run_postgres(held) as postgres:
        yield postgres
