"""Where the servers of benchmarks keep their data: beside that of `make demo`, on the same disk."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog, open_log
from polycopy.stack import Stack, open_stack, remove_stack

_HOME = Path(".polycopy")


@contextmanager
def folder() -> Iterator[Path]:
    """An empty folder, removed at the end."""
    _HOME.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_HOME.absolute()) as made:
        yield Path(made)


@asynccontextmanager
async def stack() -> AsyncIterator[Stack]:
    """NATS that syncs always and Postgres, embedded and empty; nothing of them is left behind."""
    with folder() as outer:
        inner = outer / "stack"
        async with open_stack(inner) as opened:
            yield opened
        await remove_stack(inner)


@asynccontextmanager
async def event_log(url: str, monitor_url: str) -> AsyncIterator[NatsLog]:
    """The log, made where it is not there."""
    async with open_log(
        url, source="bench", clock=SystemClock(), create=True, monitor_url=monitor_url
    ) as log:
        yield log
