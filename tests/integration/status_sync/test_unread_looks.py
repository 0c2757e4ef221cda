"""An order of which nobody can read what the venue has keeps the account behind, and says so."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from polycopy.schemas.accounts import AccountFellBehind
from polycopy.trading.order_life import OrderState
from tests.integration.status_sync.test_doubts import log_with, states, venue_with
from tests.integration.status_sync.test_strange_answers import ENDED
from tests.integration.status_sync.test_unread_trades import Scene
from tests.support.executing import events_of
from tests.support.strange_venue import strange_venue
from tests.support.trading import ACCOUNT, venue_id

FOREIGN = (ENDED | {"id": "0xother"}, "another order than was asked for")
HUGE = (ENDED | {"id": venue_id("b"), "size_matched": "1e30"}, "size_matched: out of range")
NEGATIVE = (ENDED | {"id": venue_id("b"), "price": "-1"}, "price is negative")


class Looking(Scene):
    """The venue denies every order but b, which it answers for with that body."""

    body: str | Mapping[str, Any] = "not json"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path != f"/data/order/{venue_id('b')}":
            return await venue_with()(request)
        if isinstance(self.body, str):
            return web.Response(text=self.body)
        return web.json_response(dict(self.body))


@asynccontextmanager
async def looking(*orders: str) -> AsyncIterator[Looking]:
    scene = Looking(await log_with(*orders), [])
    async with strange_venue(scene.answer) as venue:
        scene.url = venue.url
        yield scene


@pytest.mark.parametrize(
    ("body", "why"), [("not json", "not JSON"), ("{", "not JSON"), FOREIGN, HUGE, NEGATIVE]
)
async def test_it_is_named_with_what_is_wrong_and_stops_no_other(
    body: str | Mapping[str, Any], why: str
) -> None:
    async with looking("a", "b", "c") as scene:
        scene.body = body

        account = await scene.asks()

        assert not account.caught_up
        assert "1 orders could not be looked at: order b (" in account.behind_reason
        assert why in account.behind_reason
        assert states(account) == {
            "a": OrderState.CANCELLED,
            "b": OrderState.OPEN,
            "c": OrderState.CANCELLED,
        }


async def test_it_is_said_once_a_minute_at_most_however_often_its_words_change() -> None:
    async with looking("b") as scene, scene.started() as sync:
        for number in range(30):
            scene.body = ENDED | {"id": venue_id("b"), "price": f"x{number}"}
            await scene.ask(sync)  # Ten seconds later.
        events = await events_of(scene.log, ACCOUNT)
        said = [one for one in events if isinstance(one, AccountFellBehind)]

    assert 2 <= len({one.reason for one in said}) == len(said) <= 6


async def test_what_can_be_read_at_last_lets_the_account_catch_up() -> None:
    async with looking("b") as scene, scene.started() as sync:
        for _ in range(3):
            await scene.ask(sync)
        scene.body = ENDED | {"id": venue_id("b")}
        await scene.ask(sync)

        account = await scene.asks()

        assert account.caught_up
        assert states(account) == {"b": OrderState.CANCELLED}
