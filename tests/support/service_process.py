"""A service as the process that it is: `python -m polycopy.<service>`."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

END_S_MAX = 60.0
START_S_MAX = 60.0


@asynccontextmanager
async def service_process(
    module: str, settings: Mapping[str, str], *arguments: str, stdout: int = DEVNULL
) -> AsyncIterator[Process]:
    """It is killed at the end, if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env={"PATH": os.environ["PATH"], **settings},
        stdin=DEVNULL,
        stdout=stdout,
        stderr=DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def venue_process(**settings: str) -> AsyncIterator[dict[str, Any]]:
    """The paper venue with made-up books; what it printed when it was ready."""
    told = {f"POLYCOPY_PAPER_VENUE_{key}": value for key, value in settings.items()}
    told.setdefault("POLYCOPY_PAPER_VENUE_SOURCE", "seeded")
    async with service_process("polycopy.paper_venue", told, stdout=PIPE) as process:
        assert process.stdout is not None
        async with asyncio.timeout(START_S_MAX):
            line = await process.stdout.readline()
        yield json.loads(line)


async def ended(module: str, settings: Mapping[str, str], *arguments: str) -> tuple[int, str]:
    """Exit code and stderr of a process that ends by itself."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        env={"PATH": os.environ["PATH"], **settings},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    async with asyncio.timeout(END_S_MAX):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()
