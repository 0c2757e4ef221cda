"""Our services as child processes: started, watched, restarted, stopped.

A child runs in a session of its own, so that Ctrl-C reaches us alone and the services are stopped
in order; it is tied to us by the kernel (`polycopy.stack.tether`), so that none outlives a kill -9.
What it says goes to `<stack>/logs/<service>.log`.
"""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import aiohttp
import msgspec

from polycopy.cli.adapters.health import PORTS_TO_GIVE, is_ready
from polycopy.cli.core.plan import Process
from polycopy.cli.core.venue import VenueUrls
from polycopy.cli.ports import Loss
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt
from polycopy.stack import tether

_READY_S_MAX = 60.0
_ANSWER_S_MAX = 1.0
_STOP_S_MAX = 10.0
_POLL_S = 0.02
_BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
_STEADY_S = 30.0
"""Who ran this long and died starts a new series of tries."""
_REFUSED_TO_RUN = 2
_LINE_BYTES_MAX = 64 * 1024


@dataclass
class _Child:
    process: Process
    running: asyncio.subprocess.Process
    health_port: int
    started_s: float
    restarts: int = 0
    tries: int = 0
    watcher: asyncio.Task[None] | None = None


@dataclass
class ProcessSupervisor:
    """Made by `open_supervisor`."""

    logs: Path
    clock: Clock
    say: Callable[[str], None]
    """Told in one line of every restart."""
    _children: dict[str, _Child] = field(default_factory=dict)
    _changed: Callable[[Mapping[str, int]], None] = field(default=lambda _: None)
    _said_before: dict[str, int] = field(default_factory=dict)
    """Bytes in each log when its process was started."""
    _lost: asyncio.Queue[Loss] = field(default_factory=lambda: asyncio.Queue(maxsize=100))

    async def start(self, processes: Sequence[Process]) -> None:
        """Returns when all are ready. Raises Halt with the last words of one that is not."""
        started = [await self._start(process) for process in processes]
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S_MAX)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for child in started:
                await self._until_ready(child, session)
        for child in started:
            child.watcher = asyncio.create_task(self._keep_running(child))

    async def start_venue(self, process: Process) -> VenueUrls:
        """The venue: its first line on stdout tells its URLs."""
        running = await self._spawn(process, stdout=PIPE)
        child = _Child(
            process=process, running=running, health_port=0, started_s=self.clock.monotonic_s()
        )
        self._children[process.name] = child
        assert running.stdout is not None  # noqa: S101 - we asked for a pipe
        try:
            async with asyncio.timeout(_READY_S_MAX):
                line = await running.stdout.readline()
            urls = msgspec.json.decode(line, type=VenueUrls)
        except (TimeoutError, msgspec.MsgspecError) as error:
            raise Halt(f"the venue did not start: {self._last_words(process.name)}") from error
        child.watcher = asyncio.create_task(self._tell_end(child))
        return urls

    async def lost(self) -> Loss:
        """Waits until a process cannot be kept running; told once for each."""
        return await self._lost.get()

    def watch(self, changed: Callable[[Mapping[str, int]], None]) -> None:
        """Call `changed` with all process ids now and after every restart."""
        self._changed = changed
        self._tell()

    def health_ports(self) -> Mapping[str, int]:
        return {name: one.health_port for name, one in self._children.items() if one.health_port}

    def restarts(self) -> Mapping[str, int]:
        return {name: child.restarts for name, child in self._children.items() if child.restarts}

    async def stop(self) -> None:
        """All are told to end, the last started first, and then waited for."""
        children = [*reversed(self._children.values())]
        self._children.clear()
        watchers = [child.watcher for child in children if child.watcher is not None]
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)
        await asyncio.gather(*(_end(child.running) for child in children))

    async def _spawn(self, process: Process, *, stdout: int | None) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", process.module)
        with self._log_of(process.name).open("ab") as log:
            self._said_before[process.name] = log.tell()
            return await asyncio.create_subprocess_exec(
                *_tethered(command),
                stdin=DEVNULL,
                stdout=log if stdout is None else stdout,
                stderr=log,
                env=_environment(process.settings),
                start_new_session=True,
                limit=_LINE_BYTES_MAX,
            )

    async def _start(self, process: Process) -> _Child:
        port = next(PORTS_TO_GIVE)
        settings = {**process.settings, f"{process.prefix}HEALTH_PORT": str(port)}
        process = msgspec.structs.replace(process, settings=settings)
        child = _Child(
            process=process,
            running=await self._spawn(process, stdout=None),
            health_port=port,
            started_s=self.clock.monotonic_s(),
        )
        self._children[process.name] = child
        return child

    async def _until_ready(self, child: _Child, session: aiohttp.ClientSession) -> None:
        name = child.process.name
        try:
            async with asyncio.timeout(_READY_S_MAX):
                while not await is_ready(session, child.health_port, child.running.pid):
                    if child.running.returncode is not None:
                        raise Halt(f"{name} did not start: {self._last_words(name)}")
                    await asyncio.sleep(_POLL_S)
        except TimeoutError as error:
            raise Halt(
                f"{name} is not ready after {_READY_S_MAX:.0f} s; see {self._log_of(name)}"
            ) from error

    async def _keep_running(self, child: _Child) -> None:
        """Start it again whenever it ends, later each time; not where it says that it must not run
        (an executor that another one replaced). It was ready once: the others do without it."""
        name = child.process.name
        while True:
            code = await child.running.wait()
            if code == _REFUSED_TO_RUN:
                line = f"{name} gave up and is not started again: {self._last_words(name)}"
                self._lost.put_nowait(Loss(line=line, needed=False))
                return
            if self.clock.monotonic_s() - child.started_s > _STEADY_S:
                child.tries = 0
            await asyncio.sleep(_BACKOFF_S[min(child.tries, len(_BACKOFF_S) - 1)])
            child.tries += 1
            child.restarts += 1
            self.say(
                f"{name} ended ({_how(code)}) and is started again (log: {self._log_of(name)})"
            )
            child.started_s = self.clock.monotonic_s()
            child.running = await self._spawn(child.process, stdout=None)
            self._tell()

    async def _tell_end(self, child: _Child) -> None:
        await child.running.wait()
        name = child.process.name
        code = child.running.returncode
        line = f"{name} ended ({_how(code or 0)}): {self._last_words(name)}"
        self._lost.put_nowait(Loss(line=line, needed=True))

    def _tell(self) -> None:
        self._changed({name: child.running.pid for name, child in self._children.items()})

    def _log_of(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def _last_words(self, name: str) -> str:
        """Of this start: what an earlier one died of says nothing about it."""
        path = self._log_of(name)
        said = path.read_bytes()[self._said_before.get(name, 0) :] if path.exists() else b""
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[-1].removeprefix(f"{name}: ") if lines else f"it said nothing (log: {path})"


@asynccontextmanager
async def open_supervisor(
    stack: Path, *, clock: Clock, say: Callable[[str], None]
) -> AsyncIterator[ProcessSupervisor]:
    """A supervisor whose processes are stopped at the end of the block."""
    logs = stack / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    supervisor = ProcessSupervisor(logs=logs, clock=clock, say=say)
    try:
        yield supervisor
    finally:
        await supervisor.stop()


class ModulePrograms:
    """`python -m …` to its end."""

    async def run(self, arguments: Sequence[str], settings: Mapping[str, str]) -> str:
        """What the program wrote to stdout. Raises Halt with its last words where it failed."""
        code, out, err = await _run_to_end(arguments, settings)
        if code != 0:
            words = err.strip().splitlines()
            raise Halt(f"{arguments[0]} failed: {words[-1] if words else code}")
        return out

    async def faults(self, process: Process) -> list[str]:
        """What that service says of its settings, a line for each fault; it is not started."""
        code, _, err = await _run_to_end((process.module, "--check"), process.settings)
        lines = err.strip().splitlines() or [f"{process.module} ended with {_how(code)}"]
        return [line.removeprefix(f"{process.name}: ") for line in lines] if code else []


async def _run_to_end(
    arguments: Sequence[str], settings: Mapping[str, str]
) -> tuple[int, str, str]:
    running = await asyncio.create_subprocess_exec(
        *_tethered((sys.executable, "-m", *arguments)),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        env=_environment(settings),
    )
    try:
        out, err = await running.communicate()
    finally:
        await _end(running)
    return running.returncode or 0, out.decode(), err.decode(errors="replace")


def become(process: Process) -> NoReturn:
    """Replace this program by one of ours, with the same terminal."""
    command = [sys.executable, "-m", process.module, *process.arguments]
    os.execve(sys.executable, command, _environment(process.settings))  # noqa: S606 - no shell


def _tethered(command: Sequence[str]) -> list[str]:
    """Through a bare interpreter that ties the program to us and becomes it."""
    as_we_are = "-1"
    ties = (str(os.getpid()), str(int(signal.SIGTERM)), as_we_are, as_we_are)
    return [sys.executable, "-I", "-S", str(tether.__file__), *ties, *command]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Our environment without anything that is a setting of ours, and the settings."""
    ours = ("POLYCOPY_", "NATS_", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**kept, **settings}


def _how(code: int) -> str:
    """`signal 9` or `exit code 1`."""
    return f"signal {-code}" if code < 0 else f"exit code {code}"


async def _end(running: asyncio.subprocess.Process) -> None:
    if running.returncode is not None:
        return
    _tell(running.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(_STOP_S_MAX):
            await running.wait()
    except TimeoutError:
        _tell(running.pid, signal.SIGKILL)
        await running.wait()


def _tell(pid: int, number: signal.Signals) -> None:
    """Without `Process.terminate`, which takes the exit code away from asyncio's own watcher where
    the child has just ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
