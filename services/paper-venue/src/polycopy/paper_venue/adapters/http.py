"""The venue's REST port: reads a request, asks the venue, writes the answer. Knows no endpoint."""

from aiohttp import web

from polycopy.paper_venue.adapters.reading import Unread, body_of
from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Headers, Host, Request
from polycopy.paper_venue.ports import Venue
from polycopy.polymarket import auth

_JSON = "application/json"


class Rest:
    """One handler for every path of an address that is no socket."""

    def __init__(self, venue: Venue, host: Host = Host.CLOB) -> None:
        self._venue = venue
        self._host = host

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        try:
            body = await body_of(request)
        except Unread as unread:
            if not unread.status:
                return web.Response()
            received_at_us = self._venue.now_us()
            answer = Answer(unread.status, wire.error(refusals.INVALID_PAYLOAD.text))
        else:
            received_at_us = self._venue.now_us()
            answer = await self._venue.answer(
                _request(
                    request, self._host, body, received_at_us, self._venue.wall_us() // 1_000_000
                )
            )
        wallet = request.headers.get(auth.ADDRESS, "")
        self._venue.note(request.method, request.path, answer, received_at_us, wallet)
        return written(request, answer)


def written(request: web.BaseRequest, answer: Answer) -> web.Response:
    if answer.lost:
        return broken(request)
    headers = {"Content-Type": _JSON, **dict(answer.headers)}
    return web.Response(body=answer.body, status=answer.status, headers=headers)


def broken(request: web.BaseRequest) -> web.Response:
    """The connection closes without a byte; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _request(
    request: web.BaseRequest, host: Host, body: bytes, received_at_us: int, wall_s: int
) -> Request:
    given = request.headers
    return Request(
        method=request.method,
        path=request.path,
        query=dict(request.query),
        headers=Headers(
            address=given.get(auth.ADDRESS, ""),
            signature=given.get(auth.SIGNATURE, ""),
            timestamp=given.get(auth.TIMESTAMP, ""),
            api_key=given.get(auth.API_KEY, ""),
            passphrase=given.get(auth.PASSPHRASE, ""),
            nonce=given.get("POLY_NONCE", ""),
        ),
        body=body,
        received_at_us=received_at_us,
        wall_s=wall_s,
        ip=request.remote or "",
        host=host,
        pairs=tuple(request.query.items()),
        target=request.raw_path,
    )
