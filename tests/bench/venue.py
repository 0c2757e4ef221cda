"""The paper venue as a process of its own, and a client that costs as little as can be.

The client is on the other core: what it does for a request is write bytes that were made before and
look for the end of the answer, so that the venue is what is measured.
"""

import asyncio
import json
import random
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import psutil  # type: ignore[import-untyped]

from polycopy.paper_venue.core.sources.ladders import SeededRecording
from polycopy.schemas.ids import TokenId
from tests.support.service_process import START_S_MAX, service_process

_PREFIX = "POLYCOPY_PAPER_VENUE_"
_MARKETS = 4
_STATUS = slice(9, 12)
_LENGTH = b"content-length:"
_END = b"\r\n\r\n"


@dataclass(frozen=True, kw_only=True)
class VenueProcess:
    """`urls` as it printed them."""

    urls: Mapping[str, str]
    process: psutil.Process

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used."""
        used = self.process.cpu_times()
        return float(used.user + used.system)


@asynccontextmanager
async def venue_process(**settings: str) -> AsyncIterator[VenueProcess]:
    """With made-up books; it is killed at the end."""
    told = {f"{_PREFIX}{key}": value for key, value in {"SOURCE": "seeded", **settings}.items()}
    async with service_process("polycopy.paper_venue", told, stdout=PIPE) as process:
        assert process.stdout is not None
        async with asyncio.timeout(START_S_MAX):
            urls = json.loads(await process.stdout.readline())
        yield VenueProcess(urls=urls, process=psutil.Process(process.pid))


def tokens() -> Sequence[TokenId]:
    """Of the markets that a venue with made-up books has: they do not depend on its seed."""
    recording = SeededRecording(random.Random(0), markets=_MARKETS, moments=_MARKETS)
    return [token.token_id for market in recording.markets for token in market.tokens]


class Connection:
    """One kept-alive connection. Made by `connected`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, requests: bytes) -> None:
        """One request, or several that are answered in their order."""
        self._writer.write(requests)

    async def answer(self) -> tuple[int, bytes]:
        """Status and body."""
        head = (await self._reader.readuntil(_END)).lower()
        length = int(head.partition(_LENGTH)[2].split(b"\r\n", 1)[0])
        return int(head[_STATUS]), await self._reader.readexactly(length)

    async def each(self, requests: Sequence[bytes]) -> Sequence[int]:
        """One after the other, as a client does it; the statuses."""
        statuses = []
        for request in requests:
            self.send(request)
            statuses.append((await self.answer())[0])
        return statuses

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def connected(url: str, count: int) -> AsyncIterator[list[Connection]]:
    """So many connections to the host of `url`."""
    at = urlsplit(url)
    opened = [
        Connection(*await asyncio.open_connection(at.hostname, at.port)) for _ in range(count)
    ]
    try:
        yield opened
    finally:
        for one in opened:
            await one.close()


def request_bytes(
    url: str, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> bytes:
    """A request as it goes over the connection."""
    told = {"Host": urlsplit(url).netloc, "Content-Length": str(len(body)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


async def spread(connections: Sequence[Connection], requests: Sequence[bytes]) -> list[int]:
    """The requests dealt out to the connections, all at work at the same time; the statuses."""
    hands: list[Awaitable[Sequence[int]]] = [
        one.each(requests[place :: len(connections)]) for place, one in enumerate(connections)
    ]
    return [status for statuses in await asyncio.gather(*hands) for status in statuses]
