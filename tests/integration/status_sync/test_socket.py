"""The user socket: cut, silent, and talking nonsense."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.user_channel import PING
from polycopy.runtime.clock import SystemClock
from polycopy.status_sync.adapters.socket import UserSocket

WORD = "c2VjcmV0"
CREDENTIALS = ApiCredentials(address="0x1", api_key="k", secret=WORD, passphrase=WORD)
DEADLINE_S = 10.0


class Server:
    """Says to each connection what it is told to, and keeps what it hears."""

    def __init__(self, *frames: str, then_close: bool = False) -> None:
        self.frames = frames
        self.then_close = then_close
        self.heard: list[list[str]] = []

    async def serve(self, connection: ServerConnection) -> None:
        mine: list[str] = []
        self.heard.append(mine)
        mine.append(str(await connection.recv()))
        for frame in self.frames:
            await connection.send(frame)
        if not self.then_close:
            async for message in connection:
                mine.append(str(message))  # noqa: PERF401 - each is looked at as it comes


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[UserSocket]:
    async with serve(server.serve, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        yield UserSocket(
            f"ws://127.0.0.1:{port}",
            CREDENTIALS,
            clock=SystemClock(),
            chance=random.Random(1),
            ping_every_s=0.02,
            silence_s_max=0.1,
        )


async def test_a_connection_that_ends_is_opened_and_subscribed_again() -> None:
    server = Server(then_close=True)
    async with listening(server) as socket, asyncio.timeout(DEADLINE_S):
        told = socket.listen()
        assert [await anext(told) for _ in range(3)] == [None, None, None]
        await told.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert len(server.heard) >= 3
    assert all('"apiKey":"k"' in heard[0] for heard in server.heard)


async def test_a_connection_that_is_silent_is_given_up_after_some_pings() -> None:
    server = Server()
    async with listening(server) as socket, asyncio.timeout(DEADLINE_S):
        told = socket.listen()
        assert [await anext(told), await anext(told)] == [None, None]
        await told.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert server.heard[0].count(PING) >= 2


async def test_nonsense_is_logged_and_what_follows_is_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    order = (
        '{"event_type":"order","id":"0xab","market":"0xdd22","asset_id":"7132","side":"BUY",'
        '"original_size":"100","size_matched":"25","price":"0.5","status":"LIVE","type":"UPDATE"}'
    )
    server = Server("not json", "PONG", '{"event_type":"weather"}', order)
    async with listening(server) as socket, asyncio.timeout(DEADLINE_S):
        told = socket.listen()
        assert await anext(told) is None
        reports = await anext(told)
        assert reports is not None
        assert [report.venue_order_id for report in reports] == ["0xab"]  # type: ignore[union-attr]
        assert socket.connected
        await told.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert not socket.connected
    assert WORD not in caplog.text
