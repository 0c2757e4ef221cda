"""The `polycopy` command as a user runs it, in a process of its own."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.nats_log import NatsLog, open_log

LINE_S_MAX = 120.0
END_S_MAX = 240.0
RUNS = "everything runs"
"""What the demo says when every service is ready."""


@dataclass
class Command:
    """A running command."""

    process: Process

    async def says(self, words: str) -> str:
        """Reads stderr until a line with these words, and returns that."""
        assert self.process.stderr is not None
        seen: list[str] = []
        async with asyncio.timeout(LINE_S_MAX):
            while line := (await self.process.stderr.readline()).decode():
                seen.append(line)
                if words in line:
                    return line
        raise AssertionError(f"it ended without {words!r}: {''.join(seen)}")

    async def ends(self) -> tuple[int, str, str]:
        """Exit code, stdout, and what is left of stderr."""
        async with asyncio.timeout(END_S_MAX):
            out, err = await self.process.communicate()
        assert self.process.returncode is not None
        return self.process.returncode, out.decode(), err.decode()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)


@asynccontextmanager
async def polycopy(*arguments: str, home: Path, **environ: str) -> AsyncIterator[Command]:
    """A command whose stacks are kept in `home`; it is told to end at the end of the block."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("POLYCOPY_", "NATS_URL", "DATABASE_URL"))
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "polycopy.cli",
        *arguments,
        stdout=PIPE,
        stderr=PIPE,
        env={**kept, "POLYCOPY_HOME": str(home), **environ},
        start_new_session=True,
    )
    try:
        yield Command(process)
    finally:
        if process.returncode is None:
            process.terminate()
            await asyncio.wait_for(process.communicate(), END_S_MAX)


async def run(*arguments: str, home: Path, **environ: str) -> tuple[int, str, str]:
    """A command to its end: exit code, stdout, stderr."""
    async with polycopy(*arguments, home=home, **environ) as command:
        return await command.ends()


def running(stack: Path) -> dict[str, Any]:
    """What the running stack in this folder tells about itself."""
    told: dict[str, Any] = json.loads((stack / "run.json").read_bytes())
    return told


@asynccontextmanager
async def log_of(stack: Path) -> AsyncIterator[NatsLog]:
    """The log of the running stack in this folder."""
    servers = running(stack)["servers"]
    async with open_log(
        servers["nats_url"],
        source="test",
        clock=SystemClock(),
        monitor_url=servers["nats_monitor_url"],
    ) as log:
        yield log


async def seen_in_log(stack: Path, subject_filter: str, count: int) -> None:
    """Waits until so many events stand under the filter."""
    async with log_of(stack) as log, asyncio.timeout(LINE_S_MAX):
        seen = 0
        async for _ in log.follow([subject_filter]):
            seen += 1
            if seen == count:
                return
