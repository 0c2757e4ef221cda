"""The projector as it really runs."""

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

_WAIT_S_MAX = 60


class ProjectorProcess:
    """One process and what it logs."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.said: list[str] = []

    async def projected(self, sequence: int) -> None:
        """Waits until the tables hold the event at `sequence`."""
        async with asyncio.timeout(_WAIT_S_MAX):
            while self._last() < sequence:
                assert self._process.stderr is not None
                line = await self._process.stderr.readline()
                assert line, self.said
                self.said.append(line.decode())

    async def ended(self) -> int:
        """Its exit code, once it ended by itself."""
        async with asyncio.timeout(_WAIT_S_MAX):
            _, rest = await self._process.communicate()
        self.said += rest.decode().splitlines()
        assert self._process.returncode is not None
        return self._process.returncode

    async def kill(self) -> None:
        self._process.kill()
        await self._process.wait()

    def _last(self) -> int:
        for line in reversed(self.said):
            fields: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
            if fields.get("event") == "projected":
                return int(fields["sequence"])
        return 0


@asynccontextmanager
async def projector_process(**settings: str) -> AsyncIterator[ProjectorProcess]:
    """Settings are its whole environment. It is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "polycopy.projector",
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        env=settings,
    )
    try:
        yield ProjectorProcess(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
