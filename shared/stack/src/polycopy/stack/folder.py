"""The folder of one stack: its locks, secrets and remembered ports.

Two locks. `owner.lock` is ours alone and says that a process runs this stack. `servers.lock` is
inherited by every server and so is held until the last of them is gone: a stack whose owner was
killed can be started again at once, and waits here until the servers left over have ended.
"""

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_SERVERS_END_S_MAX = 30.0
_POLL_S = 0.05
_OURS_ALONE = 0o700
_SECRET_BYTES = 24


class StackFault(Exception):  # noqa: N818 - the word says it
    """The stack cannot run. The text is one line that says what to change."""


class Folder:
    """What a stack keeps from one start to the next. Made by `hold`."""

    def __init__(self, path: Path, *, servers_lock: int) -> None:
        self.path = path
        self.servers_lock = servers_lock

    def log(self, server: str) -> Path:
        return self.path / "logs" / f"{server}.log"

    def secret(self, name: str) -> str | None:
        """None where none was kept."""
        path = self._secret_path(name)
        return path.read_text() if path.exists() else None

    def keep_secret(self, name: str, value: str) -> None:
        write_privately(self._secret_path(name), value)

    def remembered_ports(self) -> dict[str, int]:
        """By name; empty before the first start."""
        path = self.path / "ports.json"
        known: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        return known

    def remember_ports(self, ports: dict[str, int]) -> None:
        write_privately(self.path / "ports.json", json.dumps(self.remembered_ports() | ports))

    def _secret_path(self, name: str) -> Path:
        return self.path / "secrets" / name


def holds_stack(path: Path) -> bool:
    """Whether servers were started in this folder before."""
    return (path / "ports.json").is_file()


def new_secret() -> str:
    """Hex, so that it needs no quoting anywhere."""
    return secrets.token_hex(_SECRET_BYTES)


def write_privately(path: Path, text: str) -> None:
    """All or nothing, and readable by us alone from the first byte."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


@asynccontextmanager
async def hold(path: Path) -> AsyncIterator[Folder]:
    """Make the folder where it is missing and have it for ourselves.

    Raises StackFault where another process has it or it cannot be written.
    """
    path, owner_lock = _make(path)
    try:
        if not _try_lock(owner_lock):
            raise StackFault(
                f"{path} is used by another process: wait for it, stop it, or choose another folder"
            )
        servers_lock = _open_lock(path / "servers.lock")
        try:
            await _servers_ended(path, servers_lock)
            yield Folder(path, servers_lock=servers_lock)
        finally:
            os.close(servers_lock)
    finally:
        os.close(owner_lock)


def _make(path: Path) -> tuple[Path, int]:
    path = path.absolute()
    try:
        for folder in (path, path / "secrets", path / "logs"):
            folder.mkdir(mode=_OURS_ALONE, parents=True, exist_ok=True)
        owner = path.stat().st_uid
        if owner != os.geteuid():
            raise StackFault(f"{path} is another user's (uid {owner}); choose another folder")
        return path, _open_lock(path / "owner.lock")
    except OSError as error:
        raise StackFault(f"{error.filename}: {error.strerror}; choose another folder") from error


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _servers_ended(path: Path, servers_lock: int) -> None:
    try:
        async with asyncio.timeout(_SERVERS_END_S_MAX):
            while not _try_lock(servers_lock):  # noqa: ASYNC110 - the kernel offers no event
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        raise StackFault(
            f"servers of an earlier start still run in {path}; end them (logs are in {path}/logs)"
        ) from error
