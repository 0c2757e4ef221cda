"""One nursery for all tests, and a fresh world for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.acceptance.conftest import log, nats_account, nats_server, pair
from tests.faults.harness.world import World, open_world
from tests.support.nursery import Nursery, nursery
from tests.support.postgres import database_url, postgres_url

__all__ = ["database_url", "log", "nats_account", "nats_server", "pair", "postgres_url"]


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="nursery")
async def shared_nursery() -> AsyncIterator[Nursery]:
    async with nursery() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def world(nursery: Nursery, tmp_path: Path) -> AsyncIterator[World]:
    """Without services."""
    async with open_world(nursery, tmp_path) as opened:
        yield opened
