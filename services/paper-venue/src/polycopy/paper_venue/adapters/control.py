"""The control port: what a demo or a test says to the venue behind everybody's back."""

from aiohttp import web

from polycopy.paper_venue.ports import Director


def application(director: Director) -> web.Application:
    async def status(_: web.Request) -> web.Response:
        return _json(director.status())

    async def next_trade(_: web.Request) -> web.Response:
        return _json(director.next_trade())

    async def journal(_: web.Request) -> web.Response:
        return _json(director.journal())

    app = web.Application()
    app.add_routes(
        [
            web.get("/control/status", status),
            web.post("/control/next", next_trade),
            web.get("/control/journal", journal),
        ]
    )
    return app


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
