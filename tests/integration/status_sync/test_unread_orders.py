"""An open order that nobody can read keeps the account behind until a person has looked at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from tests.integration.status_sync.test_doubts import log_with, venue_with
from tests.integration.status_sync.test_unread_trades import Scene
from tests.support.strange_venue import strange_venue
from tests.support.trading import CONDITION, TOKEN

ROW = {"id": "0xbad", "status": "LIVE", "market": CONDITION, "asset_id": TOKEN, "price": "2"}


class Listing(Scene):
    """The venue lists one open order, which is not readable."""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/data/orders":
            return web.json_response({"data": [ROW], "next_cursor": "LTE="})
        return await venue_with()(request)


@asynccontextmanager
async def listing() -> AsyncIterator[Listing]:
    scene = Listing(await log_with(), [])
    async with strange_venue(scene.answer) as venue:
        scene.url = venue.url
        yield scene


async def test_it_keeps_the_account_behind_and_is_named() -> None:
    async with listing() as scene:
        account = await scene.asks()

        assert not account.caught_up
        assert "could not be read: row 0xbad (" in account.behind_reason


async def test_who_resumes_the_account_and_names_it_lets_it_catch_up() -> None:
    async with listing() as scene:
        await scene.looks_at("0xbad")

        assert (await scene.asks()).caught_up
