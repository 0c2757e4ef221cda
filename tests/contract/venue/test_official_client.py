"""Polymarket's own client, version 0.14.0, pointed at the paper venue."""

import asyncio
import itertools
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket.environments import Environment
from polymarket.errors import RequestRejectedError
from polymarket.models.clob.order_response import AcceptedOrder
from polymarket.models.clob.orders import SignedOrder
from polymarket.models.clob.user_events import UserOrderEvent, UserTradeEvent
from polymarket.streams import UserSpec

from polycopy.polymarket import order_hash
from polycopy.polymarket.order_hash import SignedFields
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from tests.support.paper_venue import Key, Running

KEY = Key(77)


def token(venue: Running) -> TokenId:
    return venue.script.markets[0].tokens[0].token_id


def our_id(order: SignedOrder, exchange: order_hash.Exchange = order_hash.EXCHANGE_V2) -> str:
    """The id that the venue and the executor compute for the client's order."""
    fields = SignedFields(
        salt=order.salt,
        maker=order.maker,
        signer=order.signer,
        token_id=TokenId(order.token_id),
        maker_amount=order.maker_amount,
        taker_amount=order.taker_amount,
        side=Side(order.side),
        signature_type=order.signature_type,
        timestamp_ms=order.timestamp,
        metadata=order.metadata,
        builder=order.builder,
    )
    return order_hash.order_id(fields, exchange=exchange)


async def test_a_client_that_comes_back_derives_the_same_key(
    client: AsyncSecureClient, client_environment: Environment
) -> None:
    again = await AsyncSecureClient.create(
        private_key=KEY.hex, wallet=client.wallet, environment=client_environment
    )

    assert again.credentials == client.credentials
    assert client.credentials.key in await again.fetch_api_keys()
    await again.close()


async def test_the_client_reads_the_book_worst_price_first(
    venue: Running, client: AsyncSecureClient
) -> None:
    book = await client.get_order_book(token_id=token(venue))

    assert [level.price for level in book.bids] == sorted(level.price for level in book.bids)
    asks = [level.price for level in book.asks]
    assert asks == sorted(asks, reverse=True)
    assert book.bids[-1].price < book.asks[-1].price
    assert book.tick_size == Decimal("0.01")
    assert await client.get_midpoint(token_id=token(venue)) == (
        (book.bids[-1].price + book.asks[-1].price) / 2
    )


async def test_a_limit_order_rests_is_found_and_is_cancelled(
    venue: Running, client: AsyncSecureClient
) -> None:
    signed = await client.create_limit_order(
        token_id=token(venue), price="0.02", size="10", side="BUY"
    )

    placed = await client.post_order(signed)

    assert isinstance(placed, AcceptedOrder)
    assert (placed.status, placed.order_id) == ("live", our_id(signed))
    assert (await client.get_order(order_id=placed.order_id)).status == "LIVE"
    listed = [order.id async for order in client.list_open_orders().iter_items()]
    assert listed == [placed.order_id]
    cancelled = await client.cancel_order(order_id=placed.order_id)
    assert cancelled.canceled == (placed.order_id,)
    assert (await client.get_order(order_id=placed.order_id)).status == "CANCELED"


async def test_a_market_order_is_filled_at_the_book_s_prices(
    venue: Running, client: AsyncSecureClient
) -> None:
    book = await client.get_order_book(token_id=token(venue))
    best = book.asks[-1]
    signed = await client.create_market_order(
        token_id=token(venue), side="BUY", amount="5", max_price=best.price
    )

    placed = await client.post_order(signed)

    assert isinstance(placed, AcceptedOrder)
    assert (placed.status, placed.order_id) == ("matched", our_id(signed))
    assert placed.making_amount == Decimal(5)
    assert placed.taking_amount == (Decimal(5) / best.price).quantize(
        Decimal("0.000001"), "ROUND_DOWN"
    )
    assert len(placed.trade_ids) == 1
    assert not placed.transactions_hashes
    trades = [trade async for trade in client.list_account_trades().iter_items()]
    assert [trade.id for trade in trades] == list(placed.trade_ids)
    assert trades[0].price == best.price
    held = await client.get_balance_allowance(asset_type="CONDITIONAL", token_id=token(venue))
    assert Decimal(held.balance) / 10**6 == placed.taking_amount


async def test_an_order_posted_twice_is_a_duplicate(
    venue: Running, client: AsyncSecureClient
) -> None:
    signed = await client.create_limit_order(
        token_id=token(venue), price="0.02", size="10", side="BUY"
    )
    await client.post_order(signed)

    with pytest.raises(
        RequestRejectedError, match=f"order {our_id(signed)} is invalid. Duplicated"
    ):
        await client.post_order(signed)


async def test_a_fak_that_meets_nobody_is_the_venue_s_400(
    venue: Running, client: AsyncSecureClient
) -> None:
    signed = await client.create_market_order(
        token_id=token(venue), side="BUY", amount="5", max_price="0.02"
    )

    with pytest.raises(RequestRejectedError, match="no orders found to match with FAK order"):
        await client.post_order(signed)


async def test_the_client_s_user_stream_tells_of_the_order_and_its_settlement(
    venue: Running, client: AsyncSecureClient
) -> None:
    handle = await client.subscribe(UserSpec())
    await subscribed(venue)
    signed = await client.create_market_order(
        token_id=token(venue), side="BUY", amount="5", max_price="0.95"
    )

    placed = await client.post_order(signed)

    assert isinstance(placed, AcceptedOrder)
    seen = []
    async with asyncio.timeout(60):
        async for event in handle:
            seen.append(event)
            if isinstance(event, UserTradeEvent) and event.payload.status == "CONFIRMED":
                break
    statuses = [event.payload.status for event in seen if isinstance(event, UserTradeEvent)]
    assert statuses == ["MATCHED", "MINED", "CONFIRMED"]
    orders = [event.payload for event in seen if isinstance(event, UserOrderEvent)]
    assert [order.order_event_type for order in orders] == ["PLACEMENT", "UPDATE"]
    assert orders[-1].size_matched == placed.taking_amount
    await handle.close()


async def subscribed(venue: Running) -> None:
    """Until the venue has one listener on its user channel."""
    async with asyncio.timeout(60):
        for _ in itertools.count():
            if venue.venue.told()["user_subscribers"]:
                return
            await asyncio.sleep(0)
