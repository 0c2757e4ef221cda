"""`/livez`, `/readyz` and `/metrics` on the loopback."""

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from polycopy.runtime.errors import Halt
from polycopy.runtime.metrics import exposition

_HOST = "127.0.0.1"


@asynccontextmanager
async def serve_health(
    port: int,
    ready: Callable[[], Mapping[str, bool]],
    notes: Callable[[], Mapping[str, str]] = dict,
) -> AsyncIterator[str]:
    """Serve until the block ends; gives the address, `http://127.0.0.1:<port>`.

    `/livez` answers as long as the loop runs. `/readyz` is 200 where every check of `ready` holds
    and 503 otherwise; it names them all, what an operator should know besides (`notes`), and the
    process that answers. Port 0 takes any free one. Raises Halt where the port is taken.
    """

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def readiness(_: web.Request) -> web.Response:
        checks = dict(ready())
        said = {"checks": checks, "notes": dict(notes()), "pid": os.getpid()}
        return web.Response(
            status=200 if all(checks.values()) else 503,
            text=json.dumps(said, sort_keys=True) + "\n",
            content_type="application/json",
        )

    async def figures(_: web.Request) -> web.Response:
        return web.Response(
            body=exposition(), headers={"Content-Type": "text/plain; version=0.0.4"}
        )

    app = web.Application()
    app.add_routes(
        [web.get("/livez", live), web.get("/readyz", readiness), web.get("/metrics", figures)]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, _HOST, port)
        try:
            await site.start()
        except OSError as error:
            raise Halt(
                f"health port {port} is not to be had ({error.strerror}): "
                "set HEALTH_PORT to a free one, or to 0 for any"
            ) from error
        taken = runner.addresses[0][1]
        yield f"http://{_HOST}:{taken}"
    finally:
        await runner.cleanup()
