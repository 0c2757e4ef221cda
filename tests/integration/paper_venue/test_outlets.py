"""The sending end of a socket: how much waits for a reader, and how its connection ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import BaseTestServer, TestServer

from polycopy.paper_venue.adapters.sockets import (
    QUEUE_CHARACTERS_MAX,
    QUEUE_MAX,
    SocketOutlet,
)

WITHIN_S = 60.0
SHORT, LONG = "x", "x" * 4096
"""Some thousand long ones are more than the kernel keeps for a connection."""

Fill = Callable[[SocketOutlet], None]


@asynccontextmanager
async def sending(fill: Fill, ended: asyncio.Event) -> AsyncIterator[BaseTestServer]:
    """A server that does this to each connection's outlet, and says when it is done with one."""

    async def handle(request: web.BaseRequest) -> web.WebSocketResponse:
        socket, outlet = web.WebSocketResponse(), SocketOutlet(request.transport)
        await socket.prepare(request)
        fill(outlet)
        try:
            await outlet.pump(socket)
        finally:
            ended.set()
        return socket

    application = web.Application()
    application.router.add_get("/", handle)
    async with TestServer(application) as server:
        yield server


async def heard(fill: Fill) -> tuple[list[str], int | None]:
    """What a client gets, and the code with which it ends."""
    async with (
        sending(fill, asyncio.Event()) as server,
        aiohttp.ClientSession() as http,
        http.ws_connect(server.make_url("/")) as client,
        asyncio.timeout(WITHIN_S),
    ):
        got = [message.data async for message in client if message.type is WSMsgType.TEXT]
        return got, client.close_code


async def left_alone(fill: Fill) -> None:
    """Returns when the server is done with a client that never reads."""
    ended = asyncio.Event()
    async with sending(fill, ended) as server:
        _, writer = await asyncio.open_connection(server.host, server.port, limit=1024)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        async with asyncio.timeout(WITHIN_S):
            await ended.wait()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize("count", [0, 1, QUEUE_MAX])
async def test_a_connection_that_is_closed_ends_after_what_was_queued(count: int) -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(count):
            outlet.send(SHORT)
        outlet.close(1008, "no")
        outlet.send("too late")
        outlet.close()

    assert await heard(fill) == ([SHORT] * count, 1008)


async def test_who_had_no_chance_to_read_is_not_cut_off() -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(3 * QUEUE_MAX):
            outlet.send(SHORT)
        asyncio.get_running_loop().call_soon(outlet.send, "last")
        asyncio.get_running_loop().call_soon(outlet.close)

    assert await heard(fill) == ([SHORT] * (3 * QUEUE_MAX) + ["last"], 1000)


async def test_a_reader_who_lets_too_much_pile_up_is_cut_off() -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(QUEUE_MAX * 3 // 2):
            outlet.send(LONG[:2000])

    await left_alone(fill)


async def test_more_than_the_venue_keeps_for_a_reader_cuts_it_off_at_once() -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(QUEUE_CHARACTERS_MAX // (1024 * 1024) + 1):
            outlet.send(LONG * 256)

    assert await heard(fill) == ([], 1006)


async def test_a_close_does_not_wait_for_who_never_reads() -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(QUEUE_MAX // 2):
            outlet.send(LONG)
        outlet.close()

    await left_alone(fill)
