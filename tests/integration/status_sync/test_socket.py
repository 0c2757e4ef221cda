"""The user socket: cut, silent, and talking nonsense."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve

from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.reports import OrderReport
from polycopy.polymarket.user_channel import PING
from polycopy.runtime.clock import SystemClock
from polycopy.status_sync.adapters.socket import UserSocket
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report

WORD = "c2VjcmV0"
CREDENTIALS = ApiCredentials(address="0x1", api_key="k", secret=WORD, passphrase=WORD)
DEADLINE_S = 10.0


class Server:
    """Says to each connection what it is told to, and keeps what it hears."""

    def __init__(self, *frames: str, then_close: bool = False) -> None:
        self.frames = frames
        self.then_close = then_close
        self.heard: list[list[str]] = []
        self.third = asyncio.Event()
        """Set with the third connection."""

    async def serve(self, connection: ServerConnection) -> None:
        mine: list[str] = []
        self.heard.append(mine)
        if len(self.heard) >= 3:
            self.third.set()
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
            frameless_s_max=0.1,
        )


async def told_by(server: Server, count: int) -> list[Connected | Lost | Sequence[Report]]:
    """The first so many things that are heard of the server."""
    async with (
        listening(server) as socket,
        asyncio.timeout(DEADLINE_S),
        aclosing(socket.listen()) as told,
    ):
        return [await anext(told) for _ in range(count)]


async def test_a_connection_that_ends_is_opened_and_subscribed_again() -> None:
    server = Server("PONG", then_close=True)

    told = await told_by(server, 4)

    assert [type(one) for one in told] == [Connected, Lost, Connected, Lost]
    assert len(server.heard) >= 2
    assert all('"apiKey":"k"' in heard[0] for heard in server.heard)


async def test_a_subscription_that_is_not_taken_is_no_connection() -> None:
    server = Server(then_close=True)
    async with listening(server) as socket, aclosing(socket.listen()) as told:
        first = asyncio.ensure_future(anext(told))
        async with asyncio.timeout(DEADLINE_S):
            await server.third.wait()
        assert not first.done()
        assert not socket.connected
        first.cancel()
        await asyncio.wait({first})


async def test_a_connection_without_a_frame_is_given_up_after_some_pings() -> None:
    server = Server("PONG")

    _, lost, again = await told_by(server, 3)

    assert isinstance(lost, Lost)
    assert lost.reason.startswith("no frame for")
    assert isinstance(again, Connected)
    assert server.heard[0].count(PING) >= 2


async def test_a_connection_that_is_given_up_is_lost_for_that_reason() -> None:
    server = Server("PONG")
    async with (
        listening(server) as socket,
        asyncio.timeout(DEADLINE_S),
        aclosing(socket.listen()) as told,
    ):
        assert isinstance(await anext(told), Connected)

        socket.reconnect("deaf")

        assert await anext(told) == Lost(reason="deaf")
        assert isinstance(await anext(told), Connected)


async def test_nonsense_is_logged_and_what_follows_is_heard(
    caplog: pytest.LogCaptureFixture,
) -> None:
    order = (
        '{"event_type":"order","id":"0xab","market":"0xdd22","asset_id":"7132","side":"BUY",'
        '"original_size":"100","size_matched":"25","price":"0.5","status":"LIVE","type":"UPDATE"}'
    )
    server = Server("not json", "PONG", '{"event_type":"weather"}', order)

    connected, *frames = await told_by(server, 4)

    assert isinstance(connected, Connected)
    assert frames[:2] == [[], []]
    [report] = frames[2]  # type: ignore[misc]  # reports, after the first
    assert isinstance(report, OrderReport)
    assert report.venue_order_id == "0xab"
    assert WORD not in caplog.text
