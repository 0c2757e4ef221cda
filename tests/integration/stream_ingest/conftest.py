"""A real server at either end."""

from collections.abc import AsyncIterator

import pytest

from polycopy.runtime.nats_log import NatsLog
from tests.integration.stream_ingest.rtds_server import RtdsServer, rtds_server
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account, nats_account, nats_server

__all__ = ["nats_account", "nats_server"]


@pytest.fixture
async def venue() -> AsyncIterator[RtdsServer]:
    async with rtds_server() as server:
        yield server


@pytest.fixture
async def log(nats_account: Account) -> AsyncIterator[NatsLog]:
    """A fresh log, provisioned."""
    async with real_log(nats_account) as opened:
        yield opened
