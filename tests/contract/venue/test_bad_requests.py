"""Requests that nobody thought of, made by schemathesis from the descriptions of the REST side.

Whatever comes in: an answer in time, of the described status and shape, and no 5xx. The cases are
few and the same at every run. Private endpoints get them behind a valid signature too, so that they
come through.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest
from aiohttp import web

from polycopy.paper_venue.adapters.http import Rest
from polycopy.paper_venue.core.clob import pipeline, routes
from polycopy.paper_venue.core.data_api import routes as data_routes
from polycopy.paper_venue.ports import Venue
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.contract.venue.test_official_client_data import DataVenue
from tests.support.data_venue import ANNA, BERT, FIRST, NO, Chain, did
from tests.support.described import Operation, Signed, hunt, operations
from tests.support.paper_venue import Key, Running, Trader, Wish, paper_venue

CLOB, DATA, GAMMA = operations("clob"), operations("data"), operations("gamma")
PRIVATE = sorted(
    label
    for label, operation in CLOB.items()
    if {"L2": []} in operation.definition.raw.get("security", [])
)


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
async def trader(venue: Running) -> AsyncIterator[Trader]:
    """Somebody with an open order and a trade, so that there is something to read."""
    token_id = venue.script.markets[0].tokens[0].token_id
    async with aiohttp.ClientSession() as http:
        trader = await Trader(http, venue.urls["clob"], Key(5)).sign_in()
        resting = Wish(token_id=token_id, maker_amount=100_000, order_type=OrderType.GTC)
        taking = Wish(token_id=token_id, maker_amount=9_500_000)
        for wish in (resting, taking):
            assert (await trader.post(wish))[0] == 200
        yield trader


@pytest.fixture
async def lists() -> AsyncIterator[str]:
    """The address of a Data API and a Gamma with two wallets' trades."""
    chain = Chain()
    chain.book(FIRST, [(48, 10)], [(52, 10)])
    chain.trade(did(ANNA, Side.BUY, 10, 40), did(BERT, Side.BUY, 10, 60, NO))
    app = web.Application()
    app.router.add_route("*", "/{path:(?s:.*)}", Rest(cast(Venue, DataVenue(chain))).__call__)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def of_clob(venue: Running) -> dict[str, str]:
    market = venue.script.markets[0]
    return {"token_id": market.tokens[0].token_id, "condition_id": market.condition_id}


def described(operations: dict[str, Operation]) -> set[tuple[str, str]]:
    return {
        (operation.method.upper(), re.sub(r"{\w+}", "{}", operation.path))
        for operation in operations.values()
    }


def test_what_is_described_is_what_is_served() -> None:
    assert described(CLOB) == routes.endpoints() | pipeline.OWN
    assert described(DATA) == {("GET", path) for path in data_routes.PATHS}


@pytest.mark.parametrize("label", CLOB)
async def test_any_request_is_answered_as_described(
    venue: Running, trader: Trader, label: str
) -> None:
    auth = Signed(trader.credentials) if label in PRIVATE else None

    statuses = await asyncio.to_thread(
        hunt, CLOB[label], venue.urls["clob"], of_clob(venue), auth=auth
    )

    assert statuses


@pytest.mark.parametrize("label", PRIVATE)
async def test_any_request_without_a_signature_is_a_401(venue: Running, label: str) -> None:
    statuses = await asyncio.to_thread(hunt, CLOB[label], venue.urls["clob"], {}, count=5)

    assert statuses == {401}


@pytest.mark.parametrize("label", DATA)
async def test_any_request_for_data_is_answered_as_described(lists: str, label: str) -> None:
    known = {"user": ANNA, "market": FIRST.condition_id, "condition": FIRST.condition_id}
    if label == "GET /v2/resolutions":
        del known["user"]

    assert 200 in await asyncio.to_thread(hunt, DATA[label], lists, known)


@pytest.mark.parametrize("label", GAMMA)
async def test_any_request_for_a_list_is_answered_as_described(lists: str, label: str) -> None:
    slug = "games" if "tags" in label else FIRST.slug if "markets" in label else FIRST.event_slug
    async with aiohttp.ClientSession() as http, http.get(f"{lists}/{label.split('/')[1]}") as all_:
        number = str((await all_.json())[0]["id"])

    assert 200 in await asyncio.to_thread(hunt, GAMMA[label], lists, {"id": number, "slug": slug})
