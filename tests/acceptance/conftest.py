"""Both services before a venue, on a real server's log, fresh for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polycopy.runtime.log import Log
from tests.acceptance.pair import Pair, paired
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account, nats_account, nats_server

__all__ = ["nats_account", "nats_server"]


@pytest.fixture
async def log(nats_account: Account) -> AsyncIterator[Log]:
    async with real_log(nats_account) as opened:
        yield opened


@pytest.fixture
async def pair(log: Log, tmp_path: Path) -> AsyncIterator[Pair]:
    """Every test ends with books that balance, after each event."""
    async with paired(log, tmp_path) as opened:
        yield opened
        await opened.keeps_the_laws()
