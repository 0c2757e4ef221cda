"""A venue, and traders who are signed in."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from tests.support.paper_venue import Key, Running, Trader, paper_venue


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def anna(venue: Running, http: aiohttp.ClientSession) -> Trader:
    return await Trader(http, venue.urls["clob"], Key(11)).sign_in()


@pytest.fixture
async def bert(venue: Running, http: aiohttp.ClientSession) -> Trader:
    return await Trader(http, venue.urls["clob"], Key(12)).sign_in()
