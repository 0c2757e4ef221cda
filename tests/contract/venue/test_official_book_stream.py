"""The market stream of polymarket-client 0.14.0: a book that follows it is the book."""

import asyncio
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket.models.clob.order_response import AcceptedOrder
from polymarket.streams import (
    MarketBestBidAskEvent,
    MarketBookEvent,
    MarketEvent,
    MarketLastTradePriceEvent,
    MarketPriceChangeEvent,
    MarketSpec,
)

from polycopy.schemas.ids import TokenId
from tests.support.paper_venue import Running

WAIT_S = 60.0
Sides = dict[str, dict[Decimal, Decimal]]


class Follower:
    """One token's book as the events tell it."""

    def __init__(self, token_id: str) -> None:
        self._token_id = token_id
        self.sides: Sides = {"BUY": {}, "SELL": {}}
        self.traded: list[Decimal] = []
        self.best: tuple[Decimal | None, Decimal | None] = (None, None)

    def follow(self, event: MarketEvent) -> None:
        match event:
            case MarketBookEvent() if event.payload.asset_id == self._token_id:
                for side, levels in (("BUY", event.payload.bids), ("SELL", event.payload.asks)):
                    self.sides[side] = {level.price: level.size for level in levels}
            case MarketPriceChangeEvent():
                for change in event.payload.price_changes:
                    if change.asset_id == self._token_id:
                        self.sides[change.side].pop(change.price, None)
                        if change.size:
                            self.sides[change.side][change.price] = change.size
            case MarketLastTradePriceEvent() if event.payload.asset_id == self._token_id:
                self.traded.append(event.payload.price)
            case MarketBestBidAskEvent() if event.payload.asset_id == self._token_id:
                self.best = event.payload.best_bid, event.payload.best_ask
            case _:
                pass


async def rest_book(client: AsyncSecureClient, token_id: TokenId) -> Sides:
    book = await client.get_order_book(token_id=token_id)
    return {
        "BUY": {level.price: level.size for level in book.bids},
        "SELL": {level.price: level.size for level in book.asks},
    }


@pytest.mark.parametrize("outcome", [0, 1])
async def test_a_book_that_follows_the_stream_is_the_venue_s(
    venue: Running, client: AsyncSecureClient, outcome: int
) -> None:
    """Orders are on the first token; the second one's book mirrors them."""
    traded, watched = (venue.script.markets[0].tokens[place].token_id for place in (0, outcome))
    follower = Follower(watched)
    handle = await client.subscribe(MarketSpec(token_ids=[watched], custom_feature_enabled=True))
    stream = handle.__aiter__()

    async def until(wanted: Sides) -> None:
        async with asyncio.timeout(WAIT_S):
            while follower.sides != wanted:
                follower.follow(await anext(stream))

    await until(await rest_book(client, watched))
    resting = await client.create_limit_order(token_id=traded, price="0.02", size="10", side="BUY")
    placed = await client.post_order(resting)
    assert isinstance(placed, AcceptedOrder)
    with_it = await rest_book(client, watched)
    await until(with_it)
    await client.cancel_order(order_id=placed.order_id)
    await until(await rest_book(client, watched))
    best = (await client.get_order_book(token_id=traded)).asks[-1]
    sweep = await client.create_market_order(
        token_id=traded,
        side="BUY",
        amount=(best.price * best.size + 5).quantize(Decimal("0.01")),
        max_price=best.price + Decimal("0.01"),
    )
    await client.post_order(sweep)
    after = await rest_book(client, watched)
    await until(after)

    assert with_it != after
    async with asyncio.timeout(WAIT_S):
        while follower.best != (max(after["BUY"]), min(after["SELL"])):
            follower.follow(await anext(stream))
        while outcome == 0 and not follower.traded:
            follower.follow(await anext(stream))
    assert follower.traded[:1] in ([best.price], [])
    await handle.close()
