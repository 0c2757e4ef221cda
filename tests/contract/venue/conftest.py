"""The clients that others wrote and the venue that they are pointed at."""

import dataclasses
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from polymarket import AsyncSecureClient
from polymarket._internal import wallet
from polymarket._internal.environment import PRODUCTION_CONFIG, create_environment
from polymarket.environments import Environment
from py_clob_client_v2 import ClobClient
from py_clob_client_v2.http_helpers import helpers

from polycopy.polymarket import order_hash
from polycopy.schemas.ids import Wallet
from tests.support.other_markets import NEG_RISK, POSITIONS
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


def funder(key: Key, signature_type: int) -> Wallet:
    """The wallet of a key for a signature type, as the official client derives it."""
    derive = {
        order_hash.EOA: lambda signer, _: signer,
        order_hash.POLY_PROXY: wallet.derive_proxy_wallet_address,
        order_hash.GNOSIS_SAFE: wallet.derive_safe_wallet_address,
        order_hash.POLY_1271: wallet.derive_beacon_deposit_wallet_address,
    }[signature_type]
    return Wallet(derive(key.address, PRODUCTION_CONFIG.wallet_derivation))


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue(others=(NEG_RISK, POSITIONS)) as running:
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


@pytest.fixture
def py_clob_http(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """py-clob-client-v2 has one pool for the whole process, which nobody closes: a test has its
    own, made in the same way."""
    with httpx.Client(http2=True) as pool:
        monkeypatch.setattr(helpers, "_http_client", pool)
        yield


@pytest.fixture
def py_clob(venue: Running, py_clob_http: None) -> ClobClient:  # noqa: ARG001 - it is the pool
    """py-clob-client-v2 with the owner's own wallet, not yet signed in. Its calls block: run them
    in a thread."""
    return ClobClient(venue.urls["clob"], order_hash.POLYGON, key=KEY.hex)
