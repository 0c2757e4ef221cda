"""The control port: what a demo, a test or a tester says to the venue behind everybody's back."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from polycopy.paper_venue.adapters.reading import Unread, body_of
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.ports import Director, NotDone

_LIMIT, _LIMIT_MAX, _SINCE_MAX = 1_000, 100_000, 2**53
_BODY_BYTES_MAX = 4 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_UNREAD = {400: "the body is not what its headers say", 413: "the body is too large"}


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
    if "kind" not in asked:
        raise NotDone("name a kind: a page is one of a kind", status=400)
    since = _number(asked.get("since", "0"), "since", 0, _SINCE_MAX)
    limit = _number(asked.get("limit", str(_LIMIT)), "limit", 1, _LIMIT_MAX)
    return director.page(asked["kind"], since, limit)


def _number(text: str, name: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not least <= number <= most:
        raise NotDone(f"{name} is a whole number from {least} to {most}", status=400)
    return number


def _get(body: Callable[[], bytes]) -> Handler:
    async def handle(_: web.Request) -> web.Response:
        return _told(body)

    return handle


def _post(do: Callable[[bytes], bytes]) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            raw = await body_of(request)
        except Unread as unread:
            return _json(wire.error(_UNREAD.get(unread.status, "")), unread.status or 400)
        return _told(lambda: do(raw))

    return handle


def _told(body: Callable[[], bytes]) -> web.Response:
    try:
        return _json(body())
    except NotDone as refused:
        return _json(wire.error(str(refused)), refused.status)


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")
