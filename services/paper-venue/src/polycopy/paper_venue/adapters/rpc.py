"""The Polygon node's port: JSON-RPC by POST and, on the same address, by websocket."""

import asyncio

from aiohttp import WSMsgType, web

from polycopy.paper_venue.adapters.sockets import SocketOutlet
from polycopy.paper_venue.core.keys import Headers
from polycopy.paper_venue.core.messages import Request
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
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        node.note("POST", request.path, 413, node.now_us())
        return web.Response(status=413, text=f"content length too large (>{BODY_BYTES_MAX})")
    received_at_us = node.now_us()
    answer = node.posted(
        Request(
            method="POST",
            path=request.path,
            query=dict(request.query),
            headers=Headers(),
            body=body,
            received_at_us=received_at_us,
        )
    )
    node.note("POST", request.path, answer.status, received_at_us)
    if answer.delay_ms:
        await asyncio.sleep(answer.delay_ms / 1000)
    if answer.lost and request.transport is not None:
        request.transport.abort()
    return web.Response(
        body=answer.body,
        status=answer.status,
        headers=dict(answer.headers),
        content_type="application/json",
    )


async def _socket(node: RpcNode, request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(max_msg_size=BODY_BYTES_MAX, compress=False)
    await socket.prepare(request)
    outlet = SocketOutlet()
    pump = asyncio.create_task(outlet.pump(socket))
    try:
        async for message in socket:
            # web3.py writes its JSON in binary frames, and real nodes read them.
            if message.type is WSMsgType.BINARY:
                node.rpc_said(outlet, message.data)
            elif message.type is WSMsgType.TEXT:
                node.rpc_said(outlet, message.data.encode())
    finally:
        node.gone(outlet)
        pump.cancel()
    return socket
