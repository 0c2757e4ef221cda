"""Orders that fill at once or not at all: E03 to E05 and E13 to E16. The executor sends FAK; FOK is
understood where an earlier build has sent it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from polycopy.executor.core.answers import Answer
from polycopy.executor.ports import Venue
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import (
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import FailureCode, OrderType, RefusalCode
from polycopy.trading.order_life import OrderState
from tests.acceptance.pair import CAPITAL, COPY, FILLS, Pair
from tests.support.directing import buys, token_of
from tests.support.signalling import decision

FIVE_DOLLARS = decision(COPY, notional=5 * MICROS, limit=500_000)


class Overtaken:
    """Between the decision and the venue somebody else is faster: the book changes on the way."""

    def __init__(self, inner: Venue, pair: Pair, asks: list[list[float]]) -> None:
        self._inner = inner
        self._pair = pair
        self._asks = asks

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def send(self, request: OrderRequested, may_leave: Callable[[], bool]) -> Answer:
        await self._pair.control.done("put_book", market="mine", bids=[[0.4, 100]], asks=self._asks)
        return await self._inner.send(request, may_leave)


async def sent(pair: Pair) -> dict[str, Any]:
    """What the log says was sent, last."""
    request = (await pair.said(OrderRequested))[-1]
    assert isinstance(request, OrderRequested)
    assert request.order_type is OrderType.FAK
    body: dict[str, Any] = json.loads(request.request_body)
    return body


async def test_a_fak_for_dollars_is_filled_whole_in_shares(pair: Pair) -> None:
    """E03, E05, E13."""
    await pair.copy(FIVE_DOLLARS)
    await pair.rounds(1)

    body = await sent(pair)
    assert body["orderType"] == "FAK"
    assert (body["order"]["makerAmount"], body["order"]["takerAmount"]) == ("5000000", "10000000")
    [placed], [fill] = await pair.said(OrderPlaced), await pair.said(OrderFilled)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(fill, OrderFilled)
    assert (placed.status, fill.size_micros, fill.price_micros) == ("matched", 10 * MICROS, 500_000)
    account = await pair.account()
    assert account.positions[token_of(pair.control)].size_micros == 10 * MICROS
    assert account.locked_micros == 0
    assert account.free_micros == CAPITAL - 5 * MICROS - fill.fee_micros


async def test_a_fak_for_shares_is_sold_whole_for_dollars(pair: Pair) -> None:
    """E03: the other side gives shares and takes dollars."""
    await pair.copy(FIVE_DOLLARS)
    await pair.rounds(1)
    free = (await pair.account()).free_micros

    await pair.copy(decision(COPY, notional=0, size=10 * MICROS, limit=400_000), side=Side.SELL)
    await pair.rounds(1)

    body = await sent(pair)
    assert (body["orderType"], body["order"]["makerAmount"]) == ("FAK", "10000000")
    sold = (await pair.said(OrderFilled))[-1]
    assert isinstance(sold, OrderFilled)
    assert (sold.size_micros, sold.notional_micros) == (10 * MICROS, 4 * MICROS)
    account = await pair.account()
    assert not account.positions
    assert account.free_micros == free + 4 * MICROS - sold.fee_micros


async def test_a_fak_that_met_too_few_keeps_its_part_and_frees_the_rest(pair: Pair) -> None:
    """E13, in part."""
    await pair.begin(lambda venue: Overtaken(venue, pair, [[0.5, 6]]))
    await pair.copy(FIVE_DOLLARS)

    await pair.rounds(8)

    [order] = (await pair.account()).orders.values()
    assert (order.state, order.filled_size_micros) == (OrderState.CANCELLED, 6 * MICROS)
    account = await pair.account()
    assert account.locked_micros == 0
    assert account.free_micros == CAPITAL - 3 * MICROS - order.fees_micros
    assert not await pair.in_the_book()


async def test_a_fak_that_met_nobody_is_over_at_once_and_costs_nothing(pair: Pair) -> None:
    """E14: taken by the venue, and nothing there to match."""
    await pair.begin(lambda venue: Overtaken(venue, pair, [[0.6, 100]]))

    await pair.copy(FIVE_DOLLARS)

    [failed] = await pair.said(OrderFailed)
    assert isinstance(failed, OrderFailed)
    assert failed.code is FailureCode.NO_MATCH
    account = await pair.account()
    assert (account.locked_micros, account.free_micros) == (0, CAPITAL)
    assert not await pair.in_the_book()


async def test_a_fak_whose_limit_nothing_meets_does_not_leave(pair: Pair) -> None:
    """E14: what is known beforehand is not tried."""
    await pair.copy(decision(COPY, limit=300_000))

    [refused] = await pair.said(OrderRefused)
    assert isinstance(refused, OrderRefused)
    assert RefusalCode.PRICE_OFF_MARKET in {one.code for one in refused.refusals}
    assert "/order" not in await pair.paths("POST")
    assert (await pair.account()).free_micros == CAPITAL


async def test_a_fok_is_filled_whole_in_one_fill(pair: Pair) -> None:
    """E04, E15."""
    await pair.request(buys(pair.control, order_type=OrderType.FOK))
    await pair.tick()

    await pair.rounds(1)

    [fill] = await pair.said(*FILLS)
    assert isinstance(fill, OrderFilled)
    assert fill.size_micros == 10 * MICROS
    assert (await pair.order()).state is OrderState.FILLED
    assert (await pair.account()).locked_micros == 0


@pytest.mark.parametrize(
    ("dollars", "shares"), [(4, 10), (150, 300)], ids=["too cheap", "too large"]
)
async def test_a_fok_that_cannot_be_filled_whole_buys_nothing(
    pair: Pair, dollars: int, shares: int
) -> None:
    """E04, E16: 100 shares are there for 50 cents, and none for 40."""
    wish = buys(
        pair.control,
        order_type=OrderType.FOK,
        maker_amount=dollars * MICROS,
        taker_amount=shares * MICROS,
    )
    await pair.request(wish)
    await pair.tick()

    await pair.rounds(1)

    assert await pair.said(*FILLS) == []
    assert (await pair.order()).state is OrderState.CANCELLED
    account = await pair.account()
    assert (account.locked_micros, account.free_micros) == (0, CAPITAL)
    assert not await pair.in_the_book()
