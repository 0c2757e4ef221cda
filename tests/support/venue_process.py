"""The paper venue as a process of its own."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

WITHIN_S = 60.0
PREFIX = "POLYCOPY_PAPER_VENUE_"
URLS = {
    "clob",
    "user_ws",
    "market_ws",
    "rtds",
    "data",
    "gamma",
    "relayer",
    "rpc",
    "rpc_ws",
    "control",
}


@asynccontextmanager
async def process(**settings: str) -> AsyncIterator[Process]:
    """The venue as a process of its own; nothing of it is left behind."""
    ours = {PREFIX + name.upper(): value for name, value in settings.items()}
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "polycopy.paper_venue",
        env={**os.environ, **ours},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def ready(started: Process) -> dict[str, str]:
    assert started.stdout is not None
    async with asyncio.timeout(WITHIN_S):
        return dict(json.loads(await started.stdout.readline()))


async def ended(started: Process) -> tuple[int, str]:
    async with asyncio.timeout(WITHIN_S):
        _, complaint = await started.communicate()
    assert started.returncode is not None
    return started.returncode, complaint.decode()
