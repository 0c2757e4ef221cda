"""The market channel as the stream of Polymarket's own client reads it."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket.models.clob.market_events import (
    MarketBestBidAskEvent,
    MarketBookEvent,
    MarketEvent,
    MarketLastTradePriceEvent,
    MarketPriceChangeEvent,
)
from polymarket.streams import MarketSpec

from tests.support.paper_venue import Running

WITHIN_S = 60.0


@pytest.fixture
def token(venue: Running) -> str:
    return venue.script.markets[0].tokens[0].token_id


async def heard(events: AsyncIterator[MarketEvent], *kinds: type[MarketEvent]) -> list[MarketEvent]:
    """Events until each of the kinds has come."""
    missing, found = set(kinds), []
    async with asyncio.timeout(WITHIN_S):
        async for event in events:
            found.append(event)
            missing.discard(type(event))
            if not missing:
                break
    return found


async def test_the_client_s_stream_hears_the_dump_an_order_and_a_trade(
    client: AsyncSecureClient, token: str
) -> None:
    handle = await client.subscribe(MarketSpec(asset_ids=[token], custom_feature_enabled=True))
    [dump] = await heard(handle, MarketBookEvent)
    assert isinstance(dump, MarketBookEvent)
    bid, ask = dump.payload.bids[-1].price, dump.payload.asks[-1].price
    assert bid < ask

    resting = await client.create_limit_order(token_id=token, price=bid, size="10", side="BUY")
    await client.post_order(resting)
    (changed,) = await heard(handle, MarketPriceChangeEvent)
    taking = await client.create_market_order(token_id=token, side="BUY", amount="5", max_price=ask)
    await client.post_order(taking)
    book, last = await heard(handle, MarketLastTradePriceEvent)

    assert isinstance(changed, MarketPriceChangeEvent)
    (row,) = [row for row in changed.payload.price_changes if row.asset_id == token]
    assert (row.price, row.side, row.size) == (bid, "BUY", dump.payload.bids[-1].size + 10)
    assert isinstance(book, MarketBookEvent)
    assert isinstance(last, MarketLastTradePriceEvent)
    assert last.payload.price == ask
    assert book.payload.asks[-1].size < dump.payload.asks[-1].size
    assert (last.payload.transaction_hash or "").startswith("0x")
    await handle.close()


async def test_the_client_hears_of_best_prices_that_it_asked_for(
    client: AsyncSecureClient, token: str
) -> None:
    handle = await client.subscribe(MarketSpec(asset_ids=[token], custom_feature_enabled=True))
    [dump] = await heard(handle, MarketBookEvent)
    assert isinstance(dump, MarketBookEvent)
    best = dump.payload.asks[-1]
    everything = await client.create_market_order(
        token_id=token,
        side="BUY",
        amount=str((best.price * best.size + 1).quantize(Decimal("0.01"))),
        max_price=best.price,
    )
    await client.post_order(everything)

    *_, told = await heard(handle, MarketBestBidAskEvent)

    assert isinstance(told, MarketBestBidAskEvent)
    assert told.payload.best_ask is not None
    assert told.payload.best_ask > best.price
    assert told.payload.best_bid == dump.payload.bids[-1].price
    await handle.close()
