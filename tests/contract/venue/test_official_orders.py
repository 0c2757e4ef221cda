"""Orders of polymarket-client 0.14.0: every type, every wallet, every exchange contract."""

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from polymarket import AsyncSecureClient
from polymarket.environments import Environment
from polymarket.errors import RequestRejectedError
from polymarket.models.clob.order_response import AcceptedOrder, RejectedOrder
from polymarket.models.clob.orders import SignedOrder
from polymarket.streams import (
    SubscriptionHandle,
    UserEvent,
    UserOrderEvent,
    UserOrderPayload,
    UserSpec,
    UserTradePayload,
)

from polycopy.paper_venue.core.engine.market import Market
from polycopy.polymarket import order_hash
from polycopy.polymarket.order_hash import EOA, GNOSIS_SAFE, POLY_1271, POLY_PROXY
from polycopy.schemas.ids import TokenId
from tests.contract.venue.conftest import KEY, funder
from tests.contract.venue.test_official_client import our_id, subscribed
from tests.support.other_markets import NEG_RISK, POSITIONS
from tests.support.paper_venue import Key, Running

OTHER = Key(78)


@pytest.fixture(
    params=[EOA, POLY_PROXY, GNOSIS_SAFE, POLY_1271], ids=["owner", "proxy", "safe", "deposit"]
)
async def wallet(
    request: pytest.FixtureRequest, client_environment: Environment
) -> AsyncIterator[AsyncSecureClient]:
    """One key's client for each wallet that it signs for."""
    opened = await AsyncSecureClient.create(
        private_key=KEY.hex,
        wallet=funder(KEY, request.param),
        environment=client_environment,
    )
    yield opened
    await opened.close()


@pytest.fixture
def plain(venue: Running) -> TokenId:
    return venue.script.markets[0].tokens[0].token_id


async def limit(
    client: AsyncSecureClient, token_id: str, *, price: str = "0.02", post_only: bool = False
) -> SignedOrder:
    return await client.create_limit_order(
        token_id=token_id, price=price, size="10", side="BUY", post_only=post_only
    )


async def placed(client: AsyncSecureClient, order: SignedOrder) -> AcceptedOrder:
    answer = await client.post_order(order)
    assert isinstance(answer, AcceptedOrder)
    return answer


@pytest.mark.parametrize("market", [None, NEG_RISK, POSITIONS], ids=["plain", "neg-risk", "v3"])
async def test_every_wallet_trades_at_every_exchange_under_the_id_that_we_compute(
    venue: Running, wallet: AsyncSecureClient, market: Market | None
) -> None:
    traded = market or venue.script.markets[0]
    token_id = traded.tokens[0].token_id
    exchange = order_hash.exchange_for(token_id, neg_risk=traded.neg_risk)
    rests = await limit(wallet, token_id)
    buys = await wallet.create_market_order(
        token_id=token_id, side="BUY", amount="5", max_price="0.95", order_type="FOK"
    )

    resting, bought = await placed(wallet, rests), await placed(wallet, buys)
    shares = bought.taking_amount.quantize(Decimal("0.01"), "ROUND_DOWN")
    sells = await wallet.create_market_order(token_id=token_id, side="SELL", shares=shares)
    sold = await placed(wallet, sells)

    assert [one.status for one in (resting, bought, sold)] == ["live", "matched", "matched"]
    ids = [our_id(order, exchange) for order in (rests, buys, sells)]
    assert [one.order_id for one in (resting, bought, sold)] == ids
    assert rests.maker.lower() == wallet.wallet.lower()
    assert (await wallet.get_order(order_id=ids[0])).status == "LIVE"
    held = await wallet.get_balance_allowance(
        asset_type="CONDITIONAL-V2" if market is POSITIONS else "CONDITIONAL", token_id=token_id
    )
    assert Decimal(held.balance) / 10**6 == bought.taking_amount - shares


async def test_a_good_till_date_order_keeps_its_date(
    client: AsyncSecureClient, plain: TokenId
) -> None:
    ends_at_s = int(time.time()) + 600  # noqa: TID251 - the client and the venue live by this clock
    order = await client.create_limit_order(
        token_id=plain, price="0.02", size="10", side="BUY", expiration=ends_at_s
    )

    read = await client.get_order(order_id=(await placed(client, order)).order_id)

    assert read.order_type == "GTD"
    assert read.expires_at is not None
    assert int(read.expires_at.timestamp()) == ends_at_s


async def test_a_post_only_order_rests_and_never_takes(
    client: AsyncSecureClient, plain: TokenId
) -> None:
    rests = await placed(client, await limit(client, plain, post_only=True))
    crosses = await limit(client, plain, price="0.98", post_only=True)

    with pytest.raises(RequestRejectedError, match="invalid post-only order: order crosses book"):
        await client.post_order(crosses)

    assert rests.status == "live"


async def test_a_fok_that_is_too_large_is_killed_whole(
    client: AsyncSecureClient, plain: TokenId
) -> None:
    best = (await client.get_order_book(token_id=plain)).asks[-1]
    order = await client.create_market_order(
        token_id=plain,
        side="BUY",
        amount=int(best.price * best.size) + 20,
        max_price=best.price,
        order_type="FOK",
    )

    with pytest.raises(RequestRejectedError, match="FOK orders are fully filled or killed"):
        await client.post_order(order)

    assert (await client.list_account_trades().first_page()).items == ()


async def test_a_batch_is_answered_order_by_order(
    client: AsyncSecureClient, plain: TokenId
) -> None:
    small = await client.create_limit_order(token_id=plain, price="0.02", size="1", side="BUY")
    orders = [await limit(client, plain), small, await limit(client, plain, price="0.98")]

    first, second, third = await client.post_orders(orders)

    assert isinstance(first, AcceptedOrder)
    assert isinstance(third, AcceptedOrder)
    assert (first.status, third.status) == ("live", "matched")
    assert isinstance(second, RejectedOrder)
    assert "lower than the minimum: 5" in second.message


async def test_an_order_is_cancelled_in_every_form(
    venue: Running, client: AsyncSecureClient
) -> None:
    markets = venue.script.markets
    tokens = [*[markets[0].tokens[0].token_id] * 3, markets[0].tokens[1].token_id]
    tokens += [markets[0].tokens[0].token_id, markets[1].tokens[0].token_id]
    ids = [(await placed(client, await limit(client, token))).order_id for token in tokens]

    one = await client.cancel_order(order_id=ids[0])
    again = await client.cancel_order(order_id=ids[0])
    two = await client.cancel_orders(order_ids=ids[1:3])
    of_token = await client.cancel_market_orders(token_id=tokens[3])
    of_market = await client.cancel_market_orders(market=markets[0].condition_id)
    rest = await client.cancel_all()

    assert (one.canceled, again.canceled) == ((ids[0],), ())
    assert list(again.not_canceled) == [ids[0]]
    assert two.canceled == tuple(ids[1:3])
    assert of_token.canceled == (ids[3],)
    assert of_market.canceled == (ids[4],)
    assert rest.canceled == (ids[5],)


async def test_a_filled_order_waits_for_its_transactions(
    client: AsyncSecureClient, plain: TokenId
) -> None:
    order = await client.create_market_order(
        token_id=plain, side="BUY", amount="5", max_price="0.95"
    )
    bought = await placed(client, order)

    hashes = await client.wait_for_order_fill_settlement(bought)

    trades = [trade async for trade in client.list_account_trades().iter_items()]
    assert list(hashes) == [trade.transaction_hash for trade in trades]


async def test_trades_come_in_pages(client: AsyncSecureClient, plain: TokenId) -> None:
    made: list[str] = []
    for _ in range(21):
        orders = [
            await client.create_market_order(
                token_id=plain, side="BUY", amount="1", max_price="0.95"
            )
            for _ in range(15)
        ]
        for answer in await client.post_orders(orders):
            assert isinstance(answer, AcceptedOrder)
            made += answer.trade_ids

    pages = [page async for page in client.list_account_trades()]

    assert [len(page.items) for page in pages] == [300, len(made) - 300]
    assert [trade.id for page in pages for trade in page.items] == made[::-1]


async def until_confirmed(
    handle: SubscriptionHandle[UserEvent],
) -> tuple[list[UserOrderPayload], list[UserTradePayload]]:
    """What a user hears up to the first trade that is final."""
    orders, trades = [], []
    async with asyncio.timeout(60):
        async for event in handle:
            if isinstance(event, UserOrderEvent):
                orders.append(event.payload)
            else:
                trades.append(event.payload)
                if event.payload.status == "CONFIRMED":
                    break
    return orders, trades


async def test_a_maker_hears_of_its_fill_on_the_other_token_and_of_a_cancellation(
    venue: Running, client: AsyncSecureClient, client_environment: Environment
) -> None:
    """Both wallets buy: the one YES, the other NO at what is left of a dollar."""
    yes, no = (token.token_id for token in venue.script.markets[0].tokens)
    bid = (await client.get_order_book(token_id=yes)).bids[-1].price
    handle = await client.subscribe(UserSpec())
    await subscribed(venue)
    taker = await AsyncSecureClient.create(
        private_key=OTHER.hex, wallet=OTHER.address, environment=client_environment
    )

    maker_order = await client.create_limit_order(
        token_id=yes, price=bid, size="10", side="BUY", post_only=True
    )
    rests = await placed(client, maker_order)
    away = await placed(client, await limit(client, yes))
    await client.cancel_order(order_id=away.order_id)
    depth = await client.get_order_book(token_id=yes)
    sweep = await taker.create_limit_order(
        token_id=no, price=1 - bid, size=depth.bids[-1].size, side="BUY"
    )
    await placed(taker, sweep)

    orders, trades = await until_confirmed(handle)
    assert [(one.id, one.order_event_type) for one in orders] == [
        (rests.order_id, "PLACEMENT"),
        (away.order_id, "PLACEMENT"),
        (away.order_id, "CANCELLATION"),
        (rests.order_id, "UPDATE"),
    ]
    assert {one.trader_side for one in trades} == {"MAKER"}
    assert {str(one.asset_id) for one in trades} == {no}
    assert {one.taker_order_id for one in trades} == {our_id(sweep)}
    [part] = [one for one in trades[0].maker_orders or () if one.order_id == rests.order_id]
    assert (str(part.asset_id), str(part.side), part.price) == (yes, "BUY", bid)
    assert part.matched_amount == 10
    await taker.close()
    await handle.close()
