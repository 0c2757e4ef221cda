"""Services that start in milliseconds: forked from a process that has imported them already.

A Python process takes seconds to import a service, and a fault test starts one dozens of times. The
child is what `python -m polycopy.<service>` is from there on: its own environment, arguments and
log file, the module run as `__main__`. Nothing has run in the parent but imports.

As a program it reads one order a line (JSON) and writes one line for each child that began or
ended. It ends, and its children with it, when its stdin does.
"""

import asyncio
import ctypes
import gc
import importlib
import os
import random
import runpy
import select
import signal
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[2]
SERVICES = ("executor", "status_sync", "qualifier", "paper_venue")
START_S_MAX = 60.0
_PR_SET_PDEATHSIG = 1
_KEPT = ("PATH", "HOME", "TMPDIR", "LANG")


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """Run a module. What it says goes to `<log>.out` and `<log>.err`, behind what is there."""

    number: int
    module: str
    environment: dict[str, str]
    log: str


class Word(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the program says: a child has begun, by the order of that number; or it has ended with
    that code (negative: signal)."""

    pid: int
    number: int = 0
    code: int | None = None


class Child:
    """A process of the nursery. `code` is None while it lives."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self._over = asyncio.Event()

    async def wait(self) -> int:
        """Its exit code; negative for a signal."""
        await self._over.wait()
        assert self.code is not None
        return self.code

    def signal(self, number: signal.Signals) -> None:
        """Nothing where it has ended."""
        if self.code is None:
            with suppress(ProcessLookupError):  # It has ended, and we are about to hear of it.
                os.kill(self.pid, number)

    def ended(self, code: int) -> None:
        self.code = code
        self._over.set()


class Nursery:
    """Made by `nursery`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._children: dict[int, Child] = {}
        self._ordered: dict[int, asyncio.Future[Child]] = {}
        self._number = 0

    async def start(self, module: str, environment: Mapping[str, str], log: Path) -> Child:
        """A process of the module. `log`: a path without an ending, as in `Order`."""
        self._number += 1
        order = Order(
            number=self._number, module=module, environment=dict(environment), log=str(log)
        )
        begun = self._ordered[order.number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(START_S_MAX):
            child: Child = await begun
        return child

    async def listen(self) -> None:
        """Until the program ends."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            word = msgspec.json.decode(line, type=Word)
            if word.code is not None:
                self._children.pop(word.pid).ended(word.code)
                continue
            child = self._children[word.pid] = Child(word.pid)
            begun = self._ordered.pop(word.number)
            if begun.done():
                child.signal(signal.SIGKILL)  # Nobody waits for it any more.
            else:
                begun.set_result(child)


@asynccontextmanager
async def nursery() -> AsyncIterator[Nursery]:
    """Everything in it is killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        cwd=ROOT,
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    opened = Nursery(process)
    listening = asyncio.ensure_future(opened.listen())
    try:
        yield opened
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening


def main() -> None:
    """The program."""
    _import_all()
    assert threading.active_count() == 1, "a fork takes no threads along"
    gc.freeze()
    alarm, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    unread = b""
    while True:
        ready, _, _ = select.select([0, alarm], [], [])
        if alarm in ready:
            os.read(alarm, 4096)
            _reap()
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                return  # The kernel ends the children.
            *lines, unread = (unread + read).split(b"\n")
            for line in lines:
                _begin(msgspec.json.decode(line, type=Order))


def _import_all() -> None:
    for name in SERVICES:
        module = importlib.import_module(f"polycopy.{name}.__main__")
        del sys.modules[module.__name__]  # It is run, not imported, in the child.


def _begin(order: Order) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(_run(order))
    _say(Word(pid=pid, number=order.number))


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(Word(pid=pid, code=os.waitstatus_to_exitcode(status)))


def _run(order: Order) -> int:
    """In the child: its exit code."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for number, suffix in ((1, ".out"), (2, ".err")):
        file = os.open(order.log + suffix, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv = [order.module]
    random.seed()
    try:
        runpy.run_module(order.module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter would
        sys.excepthook(*sys.exc_info())
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _say(word: Word) -> None:
    os.write(1, msgspec.json.encode(word) + b"\n")


if __name__ == "__main__":
    main()
