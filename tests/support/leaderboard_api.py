"""A Data API with leaderboards that answers as it is told, and the real paper venue's once it knows
everybody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from polycopy.schemas.control import Pool, PoolOrder, PoolPeriod
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.stream_ingest.adapters.leaderboard import DataLeaderboard, open_leaderboard
from polycopy.stream_ingest.core.targets import Board
from tests.support.paper_venue import Running

EVERYBODY = Pool(pool_id=PoolId("all"), period=PoolPeriod.ALL, order=PoolOrder.VOLUME, size=1_000)
Answer = Callable[[web.Request], web.Response]


async def venue_has_traded(venue: Running, board: DataLeaderboard) -> Board:
    """Until every leader is on the leaderboard since ever: the Data API follows the chain."""
    for _ in range(venue.script.total):
        venue.venue.next_trade()
    leaders = set(venue.script.wallets)
    async with asyncio.timeout(60):
        while True:
            listed = await board.board(EVERYBODY)
            if {member.wallet for member in listed.members} >= leaders:
                return listed


@asynccontextmanager
async def api(v2: Answer, v1: Answer) -> AsyncIterator[tuple[DataLeaderboard, list[str]]]:
    """An API whose two versions answer as they are told, and what was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return (v2 if request.path.startswith("/v2/") else v1)(request)

    app = web.Application()
    app.router.add_get("/{version}/leaderboard", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    try:
        async with open_leaderboard(f"http://{host}:{port}") as board:
            yield board, asked
    finally:
        await runner.cleanup()


def away(status: int = 503, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(status=status, text="no", headers=named)


def listing(*rows: Any, cursor: str | None = None) -> Answer:
    body = {"data": rows, "pagination": {"next_cursor": cursor}}
    return lambda _: web.json_response(body)


def old_listing(count: int) -> Answer:
    def answer(request: web.Request) -> web.Response:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        rows = [old_row(number) for number in range(offset, min(count, offset + limit))]
        return web.json_response(rows)

    return answer


def wallet(number: int) -> Wallet:
    return Wallet(f"0x{number:040x}")


def row(number: int, name: str = "") -> dict[str, Any]:
    return {"rank": number, "user_id": wallet(number), "user_name": name, "pnl": 1, "volume": 1}


def old_row(number: int, name: str = "") -> dict[str, Any]:
    return {"rank": str(number), "proxyWallet": wallet(number), "userName": name, "vol": 1}


def listing_v1(*rows: Any) -> Answer:
    return lambda _: web.json_response(list(rows))
