"""A stack in a process of its own, to be killed in every way."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

READY_S_MAX = 60
GONE_S_MAX = 60.0
_HOLD = """
import asyncio, json, signal, sys
from pathlib import Path
from polycopy.stack import StackFault, open_stack

async def main():
    # As the product does: asyncio's own handler sleeps on where it runs just before the selector.
    owner = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, owner.cancel)
    async with open_stack(Path(sys.argv[1])) as stack:
        print(json.dumps({"pids": stack.pids, "nats": stack.nats_url,
                          "database": stack.database_url}), flush=True)
        await asyncio.Event().wait()

try:
    asyncio.run(main())
except StackFault as fault:
    sys.exit(str(fault))
except asyncio.CancelledError:
    pass
"""


@asynccontextmanager
async def stack_process(
    folder: Path,
    *,
    python: str = sys.executable,
    user: int | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """The process, and what it printed when its stack was ready. It is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        python,
        "-c",
        _HOLD,
        str(folder),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        cwd="/",
        env=environ or os.environ,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(READY_S_MAX):
            line = await process.stdout.readline()
        assert line, (await process.stderr.read()).decode()
        yield process, json.loads(line)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def family(pids: Mapping[str, int]) -> list[psutil.Process]:
    """The servers and every process that they started."""
    servers = [psutil.Process(pid) for pid in pids.values()]
    return servers + [child for server in servers for child in server.children(recursive=True)]


async def gone(processes: list[psutil.Process]) -> bool:
    """Whether all of them have ended in time. One that only waits to be reaped has ended."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, GONE_S_MAX)
    return all(process.status() == psutil.STATUS_ZOMBIE for process in alive)
