"""The sending end of a socket when its queue is full."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from polycopy.paper_venue.adapters.sockets import QUEUE_MAX, SocketOutlet


@asynccontextmanager
async def heard(before: Callable[[SocketOutlet], None]) -> AsyncIterator[list[str]]:
    """What a client gets of an outlet to which this was done before anything was sent."""

    async def handle(request: web.BaseRequest) -> web.WebSocketResponse:
        socket, outlet = web.WebSocketResponse(), SocketOutlet()
        before(outlet)
        await socket.prepare(request)
        await outlet.pump(socket)
        return socket

    application = web.Application()
    application.router.add_get("/", handle)
    async with (
        TestServer(application) as server,
        aiohttp.ClientSession() as http,
        http.ws_connect(server.make_url("/")) as client,
    ):
        got = [message.data async for message in client if message.type is WSMsgType.TEXT]
        assert client.closed
        yield got


@pytest.mark.parametrize("count", [0, 1, QUEUE_MAX])
async def test_a_connection_that_is_closed_ends_after_what_was_queued(count: int) -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(count):
            outlet.send("x")
        outlet.close()
        outlet.send("too late")
        outlet.close()

    async with heard(fill) as got:
        assert got == ["x"] * count


async def test_a_reader_who_lets_too_much_pile_up_is_cut_off() -> None:
    def fill(outlet: SocketOutlet) -> None:
        for _ in range(QUEUE_MAX + 1):
            outlet.send("x")

    async with heard(fill) as got:
        assert got == []
