"""What must be true of a server before money is entrusted to it.

The server keeps what it acknowledged only with `sync_interval: always`: with the default a power
cut takes acknowledged messages and whole young streams. That setting is not told over NATS, so it
is read from the monitoring port, and where it cannot be read we refuse to run.
"""

import re
from urllib.parse import urlsplit

import aiohttp
import msgspec

from polycopy.runtime.addresses import without_credentials
from polycopy.runtime.errors import Halt
from polycopy.runtime.nats_connection import Connection

_VERSION_MIN = (2, 14)
"""The first that can reset a consumer."""
_MONITOR_PORT = 8222
_ANSWER_S_MAX = 3.0
_VERSION = re.compile(r"v?(\d+)\.(\d+)")


class _JetStreamConfig(msgspec.Struct, frozen=True):
    sync_always: bool = False


class _JetStream(msgspec.Struct, frozen=True):
    config: _JetStreamConfig | None = None


class _Cluster(msgspec.Struct, frozen=True):
    name: str = ""


class _Varz(msgspec.Struct, frozen=True, kw_only=True):
    """The part of `/varz` that is read here."""

    server_id: str
    version: str
    jetstream: _JetStream = _JetStream()
    cluster: _Cluster = _Cluster()
    feature_flags: dict[str, bool] = {}


def monitor_urls(url: str, monitor_url: str) -> list[str]:
    """Where to ask: the addresses in `monitor_url`, or port 8222 on each host of `url`."""
    if monitor_url:
        return [one.strip().rstrip("/") for one in monitor_url.split(",")]
    hosts = (urlsplit(one).hostname or "127.0.0.1" for one in url.split(","))
    return [f"http://{f'[{host}]' if ':' in host else host}:{_MONITOR_PORT}" for host in hosts]


async def check_server(connection: Connection, monitors: list[str]) -> None:
    """Raises Halt with one line. One of the monitored servers must be the one we talk to, or of its
    cluster."""
    info = connection.server_info
    known = False
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_S_MAX)) as session:
        for monitor in monitors:
            server = await _varz(session, monitor)
            _check(server, monitor)
            cluster = info.get("cluster")
            same_cluster = bool(cluster) and server.cluster.name == cluster
            known = known or server.server_id == info.get("server_id") or same_cluster
    if not known:
        raise Halt(
            f"{_shown(monitors)} is the monitoring port of another server than NATS_URL: "
            "set NATS_MONITOR_URL to that server's"
        )


async def _varz(session: aiohttp.ClientSession, monitor: str) -> _Varz:
    try:
        async with session.get(f"{monitor}/varz") as response:
            response.raise_for_status()
            return msgspec.json.decode(await response.read(), type=_Varz)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Halt(
            f"cannot read the server's settings at {_shown([monitor])}/varz "
            f"({type(error).__name__}): start nats-server with a monitoring port (http: 8222) and "
            "set NATS_MONITOR_URL to it"
        ) from error


def _check(server: _Varz, monitor: str) -> None:
    found = _VERSION.match(server.version)
    if found is None or (int(found[1]), int(found[2])) < _VERSION_MIN:
        raise Halt(
            f"nats-server {server.version} at {_shown([monitor])} is too old: run 2.15, "
            "or at least 2.14"
        )
    if server.jetstream.config is None:
        raise Halt(f"JetStream is off at {_shown([monitor])}: set `jetstream {{ store_dir: … }}`")
    if not server.jetstream.config.sync_always:
        raise Halt(
            f"the server at {_shown([monitor])} loses acknowledged messages at a power cut: "
            "set `jetstream { sync_interval: always }`"
        )
    if server.feature_flags.get("js_ack_fc_v2"):
        raise Halt(
            f"the server at {_shown([monitor])} has js_ack_fc_v2 on, which deafens this client: "
            "set `feature_flags { js_ack_fc_v2: false }`"
        )


def _shown(monitors: list[str]) -> str:
    return ", ".join(without_credentials(one) for one in monitors)
