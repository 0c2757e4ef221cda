"""The venue's own user socket, and who listens to it."""

import asyncio
import random
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from polycopy.runtime.clock import SystemClock
from polycopy.status_sync.adapters.socket import UserSocket
from polycopy.status_sync.core.hearing import Connected
from polycopy.status_sync.service.status_sync import StatusSync
from tests.acceptance.pair import Pair
from tests.support.executing import eventually
from tests.support.signalling import LIVE
from tests.support.syncing import RULES

_PATIENCE_S = 60.0


@asynccontextmanager
async def hearing(pair: Pair) -> AsyncIterator[None]:
    """Status-sync hears the venue, and asks for nothing by itself."""
    connected = asyncio.Event()
    async with _ending(_bring(pair, connected)):
        async with asyncio.timeout(_PATIENCE_S):
            await connected.wait()
        yield


@asynccontextmanager
async def working(pair: Pair) -> AsyncIterator[None]:
    """A status-sync that works by itself, with its socket, until it is told to end."""
    version = (await pair.account()).version
    sync = StatusSync(
        pair.log, LIVE, asked=pair.asked, told=_socket(pair), clock=pair.clock, rules=RULES
    )
    async with _ending(sync.run()):
        await eventually(pair.log, LIVE, lambda known: known.caught_up and known.version > version)
        yield


async def no_socket(pair: Pair) -> None:
    """Wait until the venue has no open user socket. TimeoutError where it keeps one."""
    async with asyncio.timeout(_PATIENCE_S):
        while await open_sockets(pair):
            pass  # Each question lets the venue go on.


async def open_sockets(pair: Pair) -> int:
    """As the venue counts the connections to its user channel."""
    _, page = await pair.control.ask("GET", "journal?kind=sockets")
    user = page["sockets"]["user"]
    return int(user["opened"] - user["closed"])


def _socket(pair: Pair) -> UserSocket:
    return UserSocket(
        pair.control.running.urls["user_ws"],
        pair.trader.credentials,
        clock=SystemClock(),
        chance=random.Random(1),
    )


async def _bring(pair: Pair, connected: asyncio.Event) -> None:
    async for heard in _socket(pair).listen():
        await pair.sync.heed(heard)
        if isinstance(heard, Connected):
            connected.set()


@asynccontextmanager
async def _ending(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that goes on meanwhile, and then is told to end."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()
