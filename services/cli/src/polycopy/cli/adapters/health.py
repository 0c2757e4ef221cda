"""The health pages of our services: their ports, and what they say."""

import os
import socket
from collections.abc import Iterator, Mapping
from itertools import count

import aiohttp
import msgspec

from polycopy.runtime.errors import Transient

_PORTS = range(20_000, 32_000)
_PORTS_EACH = 97
_TIMEOUT_S = 2.0


class _Readiness(msgspec.Struct, frozen=True, kw_only=True):
    pid: int
    notes: dict[str, str] = {}


async def notes_of(port: int) -> Mapping[str, str]:
    """What the service at that health port has to say to an operator. Raises Transient."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(_url(port)) as answer,
        ):
            return msgspec.json.decode(await answer.read(), type=_Readiness).notes
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
        raise Transient(f"no word from health port {port} ({type(error).__name__})") from error


async def is_ready(session: aiohttp.ClientSession, port: int, pid: int) -> bool:
    """Whether that process answers and every check of its own holds. Somebody else who may answer
    at that port is not ready."""
    try:
        async with session.get(_url(port)) as answer:
            told = msgspec.json.decode(await answer.read(), type=_Readiness)
            return answer.ok and told.pid == pid
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
        return False


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}/readyz"


def _free_ports() -> Iterator[int]:
    """Ports for health pages, free when given.

    From below the range that the system takes ports from by itself, and from another part of it
    for each process of ours: between our look and the service's bind nobody else wants them.
    """
    for offset in count(os.getpid() * _PORTS_EACH):
        port = _PORTS[offset % len(_PORTS)]
        with socket.socket() as probe:
            free = probe.connect_ex(("127.0.0.1", port)) != 0
        if free:
            yield port


PORTS_TO_GIVE = _free_ports()
