"""The part of the venue's real-time socket that ingest speaks, as a real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from polycopy.polymarket import rtds

DEADLINE_S = 60.0


class RtdsServer:
    """Greets with an empty frame as the venue does, and keeps what it was sent."""

    def __init__(self) -> None:
        self.url = ""
        self.received: list[str | bytes] = []
        self.subscribers: list[ServerConnection] = []
        self.refusing = False
        self._refusals = 0
        self._changed = asyncio.Condition()

    async def handle(self, connection: ServerConnection) -> None:
        if self.refusing:
            self._refusals += 1
            await self._tell()
            return
        try:
            await connection.send("")
            async for message in connection:
                self.received.append(message)
                if message == rtds.PING:
                    await connection.send("PONG")
                elif json.loads(message)["action"] == "subscribe":
                    self.subscribers.append(connection)
                await self._tell()
        except ConnectionClosed:
            pass
        finally:
            if connection in self.subscribers:
                self.subscribers.remove(connection)
            await self._tell()

    async def subscribed(self, count: int = 1) -> None:
        """Return as soon as exactly so many connections are subscribed."""
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.subscribers) == count)

    async def refused(self, count: int) -> None:
        """Return as soon as so many connections were dropped at once."""
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: self._refusals >= count)

    async def pinged(self) -> None:
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: rtds.PING in self.received)

    async def say(self, *frames: bytes, to: int | None = None) -> None:
        """Send text frames to every subscriber, or to one."""
        chosen = self.subscribers if to is None else [self.subscribers[to]]
        for frame in frames:
            for connection in list(chosen):
                await connection.send(frame, text=True)

    async def drop_all(self) -> None:
        """Cut the connections without a word."""
        for connection in list(self.subscribers):
            connection.transport.abort()
        await self.subscribed(0)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


@asynccontextmanager
async def rtds_server() -> AsyncIterator[RtdsServer]:
    """A server on a free port of the loopback."""
    venue = RtdsServer()
    server: Server
    async with serve(venue.handle, "127.0.0.1", 0, close_timeout=0.1) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        venue.url = f"ws://127.0.0.1:{port}"
        yield venue
