"""The control port: what a demo, a test or a tester says to the venue behind everybody's back."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.ports import Director, NotDone

_LIMIT, _LIMIT_MAX = 1_000, 100_000
_BODY_BYTES_MAX = 4 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_NO_PAGE = "since and limit are whole numbers, and name a kind: orders, fills, requests, …"


def application(director: Director) -> web.Application:
    async def next_trade(_: web.Request) -> web.Response:
        return _json(director.next_trade())

    async def journal(request: web.Request) -> web.Response:
        return _told(lambda: _journal(director, request))

    app = web.Application(client_max_size=_BODY_BYTES_MAX)
    app.add_routes(
        [
            web.get("/control/status", _get(director.status)),
            web.post("/control/next", next_trade),
            web.get("/control/journal", journal),
            web.post("/control/do", _post(director.do)),
            web.get("/control/clock", _get(director.clock)),
            web.post("/control/clock", _post(director.move_clock)),
            web.get("/control/faults", _get(director.faults)),
            web.get("/control/scenario", _get(director.scenario)),
            web.post("/control/scenario", _post(director.load)),
        ]
    )
    return app


def _journal(director: Director, request: web.Request) -> bytes:
    """Whole, or a page of one kind."""
    asked = request.query
    if not asked:
        return director.journal()
    try:
        since, limit = int(asked.get("since", "0")), int(asked.get("limit", str(_LIMIT)))
    except ValueError:
        raise NotDone(_NO_PAGE, status=400) from None
    if "kind" not in asked or since < 0 or not 0 < limit <= _LIMIT_MAX:
        raise NotDone(_NO_PAGE, status=400)
    return director.page(asked["kind"], since, limit)


def _get(body: Callable[[], bytes]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return _told(body)

    return handle


def _post(do: Callable[[bytes], bytes]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        raw = await request.read()
        return _told(lambda: do(raw))

    return handle


def _told(body: Callable[[], bytes]) -> web.Response:
    try:
        return _json(body())
    except NotDone as refused:
        return _json(wire.error(str(refused)), refused.status)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")
