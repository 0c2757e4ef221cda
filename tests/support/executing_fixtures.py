"""A log of each kind and a paper venue, fresh for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polycopy.runtime.log import Log
from polycopy.runtime.memory_log import MemoryLog
from tests.support.executing import Venues, sign_in, venues_at
from tests.support.nats_raw import real_log
from tests.support.paper_venue import Running, paper_venue


@pytest.fixture(params=["memory", "server"])
async def log(request: pytest.FixtureRequest) -> AsyncIterator[Log]:
    if request.param == "memory":
        yield MemoryLog()
        return
    account = request.getfixturevalue("nats_server").account()
    async with real_log(account) as opened:
        yield opened


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
async def keys(venue: Running, tmp_path: Path) -> Path:
    """A folder with the API credentials of a wallet that the venue knows."""
    await sign_in(venue, tmp_path)
    return tmp_path


@pytest.fixture
async def paper(venue: Running) -> AsyncIterator[Venues]:
    """Without a key."""
    async with venues_at(venue.urls["clob"]) as opened:
        yield opened


@pytest.fixture
async def venues(venue: Running, keys: Path) -> AsyncIterator[Venues]:
    async with venues_at(venue.urls["clob"], keys) as opened:
        yield opened
