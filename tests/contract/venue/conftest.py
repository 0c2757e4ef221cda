"""The official client and the venue that it is pointed at."""

import dataclasses
from collections.abc import AsyncIterator

import pytest
from polymarket import AsyncSecureClient
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment

from tests.support.paper_venue import Key, Running, paper_venue

KEY = Key(77)


def environment(venue: Running) -> Environment:
    """The client has no public way to another host; this private one is guarded by these tests."""
    clob = venue.urls["clob"]
    config = dataclasses.replace(
        PRODUCTION_CONFIG,
        clob_url=clob,
        gamma_url=clob,
        data_url=clob,
        relayer_url=clob,
        rfq_url=clob,
        rpc_url=clob,
        clob_user_ws_url=venue.urls["user_ws"],
        clob_market_ws_url=venue.urls["market_ws"],
        rtds_ws_url=venue.urls["rtds"],
        realtime_ws_url=venue.urls["rtds"],
    )
    return create_environment(name="paper", config=config)


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
def client_environment(venue: Running) -> Environment:
    return environment(venue)


@pytest.fixture
async def client(client_environment: Environment) -> AsyncIterator[AsyncSecureClient]:
    opened = await AsyncSecureClient.create(
        private_key=KEY.hex, wallet=KEY.address, environment=client_environment
    )
    yield opened
    await opened.close()
