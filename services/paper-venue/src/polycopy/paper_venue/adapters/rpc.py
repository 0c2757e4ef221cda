"""The Polygon node's port: JSON-RPC by POST and, on the same address, by websocket."""

import asyncio
from http import HTTPStatus

from aiohttp import WSMsgType, web

from polycopy.paper_venue.adapters.http import written
from polycopy.paper_venue.adapters.reading import Unread, body_of
from polycopy.paper_venue.adapters.sockets import SocketOutlet
from polycopy.paper_venue.core.protocol.messages import Answer, Headers, Request
from polycopy.paper_venue.ports import RpcNode

BODY_BYTES_MAX = 5 * 1024 * 1024
"""As go-ethereum has it."""


def application(node: RpcNode) -> web.Application:
    """Any path: the real nodes have the caller's key there."""

    async def post(request: web.Request) -> web.Response:
        return await _post(node, request)

    async def get(request: web.Request) -> web.StreamResponse:
        if web.WebSocketResponse().can_prepare(request).ok:
            return await _socket(node, request)
        return web.Response()  # how such a node answers a health check

    app = web.Application(client_max_size=BODY_BYTES_MAX)
    app.router.add_post("/{path:.*}", post)
    app.router.add_get("/{path:.*}", get)
    return app


async def _post(node: RpcNode, request: web.Request) -> web.Response:
    try:
        body = await body_of(request)
    except Unread as unread:
        if not unread.status:
            return web.Response()
        received_at_us = node.now_us()
        large = unread.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        text = f"content length too large (>{BODY_BYTES_MAX})" if large else "unreadable body"
        answer = Answer(unread.status, text.encode(), (("Content-Type", "text/plain"),))
    else:
        received_at_us = node.now_us()
        answer = await node.answer(_request(request, body, received_at_us))
    node.note(request.method, request.path, answer, received_at_us)
    return written(request, answer)


def _request(request: web.Request, body: bytes, received_at_us: int) -> Request:
    return Request(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers=Headers(),
        body=body,
        received_at_us=received_at_us,
        ip=request.remote or "",
    )


async def _socket(node: RpcNode, request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse(max_msg_size=BODY_BYTES_MAX, compress=False)
    outlet = SocketOutlet(request.transport)
    tally = node.came(outlet)
    if tally is None:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    outlet.tally = tally
    tally.opened += 1
    pump = asyncio.create_task(outlet.pump(socket))
    try:
        await socket.prepare(request)
        async for message in socket:
            tally.heard += 1
            # web3.py writes its JSON in binary frames, and real nodes read them.
            if message.type is WSMsgType.BINARY:
                node.rpc_said(outlet, message.data)
            elif message.type is WSMsgType.TEXT:
                node.rpc_said(outlet, message.data.encode())
    finally:
        tally.closed += 1
        node.gone(outlet)
        pump.cancel()
    return socket
