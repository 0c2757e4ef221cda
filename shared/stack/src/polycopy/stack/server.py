"""A server: a child process in a session of its own, which ends when we do.

Its own session, because Ctrl-C in a terminal reaches every process of the session at once, and the
services must be able to finish while the servers still run. That it ends even when we are killed is
the work of `tether`.
"""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from polycopy.stack.folder import Folder, StackFault
from polycopy.stack.ports import choose, taken

_TETHER = Path(__file__).with_name("tether.py")
_READY_S_MAX = 60.0
_STOP_S_MAX = 15.0
_TASK_S_MAX = 120.0
_POLL_S = 0.02
_PORT_ATTEMPTS = 3
_LOG_TAIL_BYTES = 4096
_ROUTINE = re.compile(r" \[INF\] | LOG:  |^it said nothing$")
"""A last line that tells nothing of the end."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run. `ends_on` is the signal on which it ends in good order; uid −1: as we are."""

    name: str
    command: tuple[str, ...]
    ends_on: signal.Signals
    uid: int = -1
    gid: int = -1


class Server:
    """A running program. Made by `running`."""

    def __init__(self, program: Program, process: Process, log: Path, said_before: int) -> None:
        self._program = program
        self._process = process
        self._log = log
        self._said_before = said_before

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ended(self) -> str:
        """Waits until it ends, and says so in one line."""
        await self._process.wait()
        status = self._process.returncode
        said = _last_line(self._log, since=self._said_before)
        name, where = self._program.name, f"(log: {self._log})"
        if status is None or status >= 0:
            return f"{name} ended ({status}): {said} {where}"
        names = {int(one): one.name for one in signal.Signals}
        killed = f"{name} was killed by {names.get(-status, f'signal {-status}')}"
        return f"{killed} {where}" if _ROUTINE.search(said) else f"{killed}: {said} {where}"

    async def ready(self, is_ready: Callable[[], Awaitable[bool]]) -> None:
        """Waits until `is_ready`. Raises StackFault where it ends first or takes too long."""
        try:
            async with asyncio.timeout(_READY_S_MAX):
                while not await is_ready():
                    if not self.alive:
                        raise StackFault(await self.ended())
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise StackFault(f"{self._program.name} is not ready; see {self._log}") from error

    async def stop(self) -> None:
        """In good order if it can be had in time, by force otherwise."""
        for order in (self._program.ends_on, signal.SIGKILL):
            if not self.alive:
                return
            self._process.send_signal(order)
            try:
                async with asyncio.timeout(_STOP_S_MAX):
                    await self._process.wait()
            except TimeoutError:
                continue


@asynccontextmanager
async def running(
    program: Program, folder: Folder, is_ready: Callable[[], Awaitable[bool]]
) -> AsyncIterator[Server]:
    """A server that is ready, until the end of the block."""
    log = folder.log(program.name)
    with log.open("ab") as output:
        said_before = output.tell()
        server = Server(program, await _spawn(program, folder, DEVNULL, output), log, said_before)
    try:
        await server.ready(is_ready)
        yield server
    finally:
        await server.stop()


async def run_to_end(program: Program, folder: Folder, *, text: str = "") -> None:
    """A program that does one thing and reads `text`. Raises StackFault where it fails."""
    process = await _spawn(program, folder, PIPE, PIPE)
    try:
        async with asyncio.timeout(_TASK_S_MAX):
            output, _ = await process.communicate(text.encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    log = folder.log(program.name)
    with log.open("ab") as file:
        file.write(output)
    if process.returncode != 0:
        raise StackFault(f"{program.name} failed: {_last_line(log)} (log: {log})")


async def on_free_ports(
    exits: AsyncExitStack,
    folder: Folder,
    names: tuple[str, ...],
    start: Callable[[dict[str, int]], AbstractAsyncContextManager[Server]],
) -> tuple[Server, dict[str, int]]:
    """Start on the ports of the last time; on others where somebody takes one before us."""
    remembered = folder.remembered_ports()
    attempt = 1
    while True:
        ports = choose(names, remembered)
        try:
            server = await exits.enter_async_context(start(ports))
        except StackFault:
            if attempt == _PORT_ATTEMPTS or not taken(ports):
                raise
            attempt += 1
            remembered = {}
        else:
            folder.remember_ports(ports)
            return server, ports


async def _spawn(program: Program, folder: Folder, stdin: int, stdout: int | IO[bytes]) -> Process:
    python = [sys.executable, "-I", "-S", str(_TETHER)]
    wishes = [os.getpid(), int(program.ends_on), program.uid, program.gid]
    return await asyncio.create_subprocess_exec(
        *python,
        *(str(wish) for wish in wishes),
        *program.command,
        stdin=stdin,
        stdout=stdout,
        stderr=STDOUT,
        pass_fds=[folder.servers_lock],
        start_new_session=True,
        cwd="/",
        # Nothing of the caller's: a PGDATA or PGPORT would change what runs.
        env={"LC_ALL": "C", "TZ": "UTC0"},
    )


def _last_line(log: Path, *, since: int = 0) -> str:
    """Of what was said from byte `since` on: an earlier run's last word explains nothing now."""
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _LOG_TAIL_BYTES))
        lines = file.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
