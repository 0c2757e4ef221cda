"""A venue that answers as no honest one does, on a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from polycopy.polymarket.auth import ApiCredentials

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
CREDENTIALS = ApiCredentials(
    **dict.fromkeys(("address", "api_key", "secret", "passphrase"), "AAAA")
)
_CHUNK = bytes(1024 * 1024)
_CHUNKS = 16


class Strange:
    """Its address, and what it was asked for: method and path."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []


def floods(*, packed: bool) -> Handler:
    """More than anybody wants to hold in memory, as it is or packed into next to nothing."""

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if packed:
            response.enable_compression()
        await response.prepare(request)
        with suppress(ConnectionError):
            for _ in range(_CHUNKS):
                await response.write(_CHUNK)
        return response

    return handler


def redirects_to(url: str, status: int) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": url + request.path})

    return handler


def answers(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        del request
        return web.json_response(body, status=status, headers=headers)

    return handler


def shows(page: str, status: int) -> Handler:
    """A page for people, as a gateway sends it."""

    async def handler(request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(text=page, status=status, content_type="text/html")

    return handler


def on_paths(handlers: dict[str, Handler]) -> Handler:
    """The handler of the path that the request's path begins with."""

    async def handler(request: web.Request) -> web.StreamResponse:
        [chosen] = [one for path, one in handlers.items() if request.path.startswith(path)]
        return await chosen(request)

    return handler


@asynccontextmanager
async def strange_venue(handler: Handler) -> AsyncIterator[Strange]:
    """Every request is answered by `handler`."""
    strange = Strange()

    async def noted(request: web.Request) -> web.StreamResponse:
        strange.asked.append(f"{request.method} {request.path}")
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", noted)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    try:
        await site.start()
        strange.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield strange
    finally:
        await runner.cleanup()
