"""Activity frames a second out of the paper venue, over one websocket to one listener.

The venue is a process of its own and has one thread. Over its control port it is told to emit
leader transactions, a hundred at a time; the books that change with every one, its way to the
chain and its place in the journal are in it. The time ends with the last frame's arrival. No
baseline.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median

import aiohttp
import msgspec

from polycopy.polymarket import rtds
from tests.bench.figures import Result, result
from tests.bench.venue import Connection, connected, request_bytes, venue_process

NAME = "venue-frames"
_TARGET_PER_S = 20_000
_ROUNDS = 5
_TRANSACTIONS = 1_500
_AT_ONCE = 100
_WAIT_S_MAX = 30.0


class Ear:
    """Counts the frames of one socket as they come."""

    def __init__(self) -> None:
        self.heard = 0
        self._goal = 0
        self._reached = asyncio.Event()

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            self.heard += bool(message.data)  # The feed's first frame is empty.
            if self.heard == self._goal:
                self._reached.set()

    async def until(self, goal: int) -> None:
        """Waits for so many frames in all."""
        self._goal = goal
        self._reached.clear()
        async with asyncio.timeout(_WAIT_S_MAX):
            if self.heard < goal:
                await self._reached.wait()
        assert self.heard == goal, f"{self.heard} frames came, {goal} were sent"


class _Tally(msgspec.Struct):
    sent: int = 0


class _Sockets(msgspec.Struct):
    rtds: _Tally = msgspec.field(default_factory=_Tally)


class _Status(msgspec.Struct):
    rtds_subscribers: int
    sockets: _Sockets


def measure() -> Result:
    return asyncio.run(_measure())


async def _measure() -> Result:
    rates, cpu_rates, due = [], [], 0
    async with (
        venue_process(TRADES=str((_ROUNDS + 1) * _TRANSACTIONS), LEADERS="100") as venue,
        connected(venue.urls["control"], 1) as [director],
        listening(venue.urls["rtds"]) as ear,
    ):
        await _subscribed(director, venue.urls["control"])
        for number in range(_ROUNDS + 1):
            began_s, cpu_began_s, before = time.perf_counter(), venue.cpu_s(), due
            await _direct(director, venue.urls["control"])
            status = await _status(director, venue.urls["control"])
            due = status.sockets.rtds.sent - 1  # The feed's first frame is empty.
            await ear.until(due)
            seconds, cpu_s = time.perf_counter() - began_s, venue.cpu_s() - cpu_began_s
            if number:  # The first round is for the caches.
                rates.append((due - before) / seconds)
                cpu_rates.append((due - before) / cpu_s)
    also: dict[str, float | str] = {
        "per_s_of_venue_cpu": median(cpu_rates),
        "frames_a_transaction": due / (_ROUNDS + 1) / _TRANSACTIONS,
        "transactions": _ROUNDS * _TRANSACTIONS,
    }
    return result(NAME, median(rates), "frames/s", target=_TARGET_PER_S, also=also)


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[Ear]:
    """Subscribed as stream-ingest subscribes."""
    ear = Ear()
    async with aiohttp.ClientSession() as http, http.ws_connect(url, compress=0) as socket:
        task = asyncio.create_task(ear.listen(socket))
        await socket.send_str(rtds.subscribe_message())
        yield ear
        task.cancel()
        await asyncio.wait({task})


async def _subscribed(director: Connection, url: str) -> None:
    """Waits until the venue has read the subscription."""
    async with asyncio.timeout(_WAIT_S_MAX):
        while not (await _status(director, url)).rtds_subscribers:
            pass


async def _status(director: Connection, url: str) -> _Status:
    director.send(request_bytes(url, "GET", "/control/status"))
    _, body = await director.answer()
    return msgspec.json.decode(body, type=_Status)


async def _direct(director: Connection, url: str) -> None:
    """Has the venue emit a round of transactions."""
    command = msgspec.json.encode({"do": "next", "count": _AT_ONCE})
    for _ in range(_TRANSACTIONS // _AT_ONCE):
        director.send(request_bytes(url, "POST", "/control/do", command))
        status, body = await director.answer()
        assert status == 200, body
