"""Where the venue listens: the CLOB with its sockets, Data API, Gamma, the node, control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from aiohttp import hdrs, web

from polycopy.paper_venue.adapters import control, rpc, sockets
from polycopy.paper_venue.adapters.http import Rest
from polycopy.paper_venue.adapters.reading import LOGGER, Handler, go_on
from polycopy.paper_venue.core.protocol.messages import Host
from polycopy.paper_venue.ports import Director, RpcNode, Venue
from polycopy.runtime.errors import Halt

_HOST = "127.0.0.1"
_SHUTDOWN_S = 1.0


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Where to listen; 0 takes any free port."""

    venue: int = 0
    data: int = 0
    gamma: int = 0
    rpc: int = 0
    control: int = 0


@asynccontextmanager
async def serving(
    venue: Venue, director: Director, node: RpcNode, ports: Ports
) -> AsyncIterator[dict[str, str]]:
    """Serve until the block ends; gives the addresses by name. Halt where a port is taken."""
    async with (
        _answering(_clob(venue), ports.venue, "PORT") as at,
        _answering(Rest(venue, Host.DATA), ports.data, "DATA_PORT") as data_at,
        _answering(Rest(venue, Host.GAMMA), ports.gamma, "GAMMA_PORT") as gamma_at,
        _routing(rpc.application(node), ports.rpc, "RPC_PORT") as rpc_at,
        _routing(control.application(director), ports.control, "CONTROL_PORT") as control_at,
    ):
        clob, sock = f"http://{_HOST}:{at}", f"ws://{_HOST}:{at}"
        yield {
            "clob": clob,
            "user_ws": f"{sock}/ws/user",
            "market_ws": f"{sock}/ws/market",
            "rtds": f"{sock}/rtds",
            "data": f"http://{_HOST}:{data_at}",
            "gamma": f"http://{_HOST}:{gamma_at}",
            "relayer": clob,
            "rpc": f"http://{_HOST}:{rpc_at}",
            "rpc_ws": f"ws://{_HOST}:{rpc_at}",
            "control": f"http://{_HOST}:{control_at}",
        }


def _clob(venue: Venue) -> Handler:
    """REST, and the sockets at their paths."""
    paths: dict[str, Handler] = {
        "/ws/user": sockets.user(venue),
        "/ws/market": sockets.market(venue),
        "/rtds": sockets.activity(venue),
    }
    rest = Rest(venue)

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        return await paths.get(request.path, rest)(request)

    return answer


@asynccontextmanager
async def _answering(handle: Handler, port: int, name: str) -> AsyncIterator[int]:
    """Without a router: there is nothing to find, and it costs 15 us a request."""

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        if hdrs.EXPECT in request.headers:
            await go_on(request)
        return await handle(request)

    server = web.Server(answer, access_log=None, logger=LOGGER)
    runner = web.ServerRunner(server, shutdown_timeout=_SHUTDOWN_S)
    async with _listening(runner, port, name) as at:
        yield at


@asynccontextmanager
async def _routing(app: web.Application, port: int, name: str) -> AsyncIterator[int]:
    runner = web.AppRunner(app, access_log=None, logger=LOGGER, shutdown_timeout=_SHUTDOWN_S)
    async with _listening(runner, port, name) as at:
        yield at


@asynccontextmanager
async def _listening(runner: web.BaseRunner, port: int, name: str) -> AsyncIterator[int]:
    # No access log anywhere: a line a request would cost more than the request.
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise Halt(
                f"port {port} is not to be had ({error.strerror}): choose another --port, or set "
                f"POLYCOPY_PAPER_VENUE_{name} to a free one or to 0 for any"
            ) from error
        taken: int = runner.addresses[0][1]
        yield taken
    finally:
        await runner.cleanup()
