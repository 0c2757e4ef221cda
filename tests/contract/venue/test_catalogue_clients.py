"""The CLOB's list of markets and its quotes of many tokens, as the clients read them."""

import asyncio
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import RequestRejectedError
from polymarket.models.clob.requests import PriceRequest
from py_clob_client_v2 import ClobClient

from polycopy.paper_venue.core.control import directing
from polycopy.paper_venue.core.control.directing import Effects
from polycopy.paper_venue.core.scenarios import commands
from tests.support.paper_venue import Running

in_thread = asyncio.to_thread


async def test_the_client_reads_quotes_of_both_tokens_at_once(
    venue: Running, client: AsyncSecureClient
) -> None:
    first, second = (token.token_id for token in venue.script.markets[0].tokens)
    wanted = [PriceRequest(token_id=token, side="BUY") for token in (first, second)]

    middles = await client.get_midpoints(token_ids=[first, second])
    spreads = await client.get_spreads(token_ids=[first, second])
    bids = await client.get_prices(requests=wanted)

    assert sum(middles.values()) == 1
    assert len(spreads) == 2
    assert set(spreads.values()) == {Decimal("0.01")}
    assert sum(sides["BUY"] for sides in bids.values()) == Decimal("0.99")
    assert await client.get_last_trade_prices(token_ids=[first]) == ()
    assert await client.get_closed_only_mode() is False


async def test_the_list_of_markets_says_who_won(venue: Running, py_clob: ClobClient) -> None:
    market = venue.script.markets[0]
    listed = await in_thread(py_clob.get_markets)
    before = await in_thread(py_clob.get_market, market.condition_id)
    resolve = commands.Resolve(market=market.slug, payouts=(Decimal(0), Decimal(1)))
    effects = directing.resolve(venue.desk.exchange, resolve, venue.venue.now_us())
    assert isinstance(effects, Effects)
    venue.desk.direct(effects.facts, venue.venue.now_us())

    after = await in_thread(py_clob.get_market, market.condition_id)
    sampling = await in_thread(py_clob.get_sampling_simplified_markets)

    assert (before["closed"], before["accepting_orders"]) == (False, True)
    assert [token["winner"] for token in before["tokens"]] == [False, False]
    assert (after["closed"], after["accepting_orders"]) == (True, False)
    assert [token["winner"] for token in after["tokens"]] == [False, True]
    ids = {row["condition_id"] for row in listed["data"]}
    assert {row["condition_id"] for row in sampling["data"]} == ids - {market.condition_id}


async def test_a_deleted_key_opens_nothing(client: AsyncSecureClient) -> None:
    await client.delete_api_key()

    with pytest.raises(RequestRejectedError, match="Unauthorized"):
        await client.fetch_api_keys()
