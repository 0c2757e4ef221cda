"""The health pages of our services: their ports, and what they say."""

import os
import socket
from collections.abc import Iterator
from itertools import count

import aiohttp
import msgspec

_PORTS = range(20_000, 32_000)
_PORTS_EACH = 97


class _Readiness(msgspec.Struct, frozen=True, kw_only=True):
    pid: int


async def is_ready(session: aiohttp.ClientSession, url: str, pid: int) -> bool:
    """Whether that process answers and every check of its own holds. Somebody else who may answer
    at that port is not ready."""
    try:
        async with session.get(url) as answer:
            told = msgspec.json.decode(await answer.read(), type=_Readiness)
            return answer.ok and told.pid == pid
    except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError):
        return False


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
