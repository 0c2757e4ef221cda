"""Every fill is followed until it is confirmed or failed, whatever happens in between: the reports
3 to 6, 24 and 25 of those who lost money by less."""

import pytest

from polycopy.runtime.log import Log
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderFilled,
    OrderPartiallyFilled,
)
from polycopy.schemas.terms import OrderType
from polycopy.trading.order_life import OrderState
from tests.support.directing import BOOK, STANDING, buys, rests, token_of
from tests.support.paper_venue import Wish
from tests.support.syncing import Stage, keeps_the_laws, staged

FILLS = (OrderFilled, OrderPartiallyFilled)
ONE = 1_000_000
UNHURRIED = STANDING.replace("settle_ms = 4000", "settle_ms = 100000000") + BOOK
"""Nothing settles before it is told to."""


async def restarts(stage: Stage) -> None:
    stage.restarted()
    await stage.connect()


async def meets(stage: Stage, side: Side, *, shares: int, dollars: int, index: int = 0) -> None:
    """Somebody takes what rests, in one trade."""
    taker = await stage.control.trader(12)
    await stage.control.done(
        "set_wallet", wallet=taker.key.address, cash=100, shares={"mine": [100, 100]}
    )
    paid, got = (shares, dollars) if side is Side.SELL else (dollars, shares)
    wish = Wish(
        token_id=token_of(stage.control, index=index),
        side=side,
        maker_amount=paid * ONE,
        taker_amount=got * ONE,
    )
    _, answer = await taker.post(wish)
    assert answer["status"] == "matched", answer


async def test_a_match_is_provisional_until_it_is_confirmed_over_a_restart(log: Log) -> None:
    """Report 3: matched is not settled, for a minute or for ever."""
    async with staged(log, UNHURRIED) as stage:
        await stage.place(buys(stage.control))
        await stage.rounds(2)
        [filled] = await stage.said(*FILLS)
        assert await stage.said(FillConfirmed) == []

        await restarts(stage)
        await stage.control.done("settle", status="MINED")
        await stage.rounds(1)
        assert await stage.said(FillConfirmed) == []
        await restarts(stage)
        await stage.control.done("settle", status="CONFIRMED")
        await stage.rounds(1)

        assert await stage.said(*FILLS) == [filled]
        assert len(await stage.said(FillConfirmed)) == 1
    await keeps_the_laws(log)


async def test_a_maker_s_match_that_fails_gives_its_money_back(log: Log) -> None:
    """Report 4: a resting order was matched, and the tokens never came."""
    async with staged(log, UNHURRIED) as stage:
        await stage.place(rests(stage.control))
        await stage.control.done("take", market="mine", side="SELL", size=20, price=0.45)
        await stage.rounds(1)
        assert (await stage.account()).positions[token_of(stage.control)].size_micros == 20 * ONE

        await restarts(stage)
        await stage.control.done("settle", status="FAILED")
        await stage.rounds(1)

        account = await stage.account()
        assert len(await stage.said(FillReverted)) == 1
        assert account.free_micros == 100 * ONE
        assert not account.positions
    await keeps_the_laws(log)


async def test_a_match_that_is_retried_under_another_hash_is_one_fill(log: Log) -> None:
    async with staged(log, UNHURRIED) as stage:
        await stage.place(buys(stage.control))
        await stage.rounds(1)
        hashes: set[str] = set()
        for status in ("RETRYING", "RETRYING", "MINED", "CONFIRMED"):
            await stage.control.done("settle", status=status)
            [trade] = await stage.trades()
            hashes |= {trade.transaction_hash} - {""}
            await stage.sync.heed([trade])
            await restarts(stage)
            await stage.rounds(1)

        assert len(hashes) > 1
        assert len(await stage.said(*FILLS)) == 1
        [confirmed] = await stage.said(FillConfirmed)
        assert isinstance(confirmed, FillConfirmed)
        [trade] = await stage.trades()
        assert confirmed.transaction_hash == trade.transaction_hash
    await keeps_the_laws(log)


@pytest.mark.parametrize("order_type", [OrderType.FAK, OrderType.FOK])
async def test_an_order_that_is_delayed_is_waited_for(log: Log, order_type: OrderType) -> None:
    """Reports 5 and 6: an answer without amounts or trades is no zero fill."""
    async with staged(log) as stage:
        fault = {"kind": "delayed", "on": "order", "delay_ms": 30_000, "times": 1}
        await stage.control.done("set_fault", fault=fault)
        await stage.place(buys(stage.control, order_type=order_type))
        await stage.rounds(2)
        order = await stage.order()
        assert (order.state, order.locked_micros) == (OrderState.OPEN, 5 * ONE)

        await stage.rounds(3)

        order = await stage.order()
        assert (order.state, order.filled_size_micros) == (OrderState.FILLED, 10 * ONE)
    await keeps_the_laws(log)


async def test_a_delayed_order_that_nobody_met_ends_without_a_fill(log: Log) -> None:
    """Report 6: unmatched is an end of waiting, too."""
    async with staged(log) as stage:
        fault = {"kind": "unmatched", "on": "order", "delay_ms": 30_000, "times": 1}
        await stage.control.done("set_fault", fault=fault)
        await stage.place(buys(stage.control))

        await stage.rounds(12)

        assert (await stage.order()).state is OrderState.CANCELLED
        assert await stage.said(*FILLS) == []
        assert (await stage.account()).free_micros == 100 * ONE


async def test_several_of_our_orders_in_one_trade_are_a_fill_each(log: Log) -> None:
    """Report 24: the second was dropped as a duplicate of the first."""
    async with staged(log) as stage:
        await stage.place(rests(stage.control, 1), "a")
        await stage.place(rests(stage.control, 2), "b")
        await meets(stage, Side.SELL, shares=40, dollars=18)

        await stage.rounds(3)

        [trade] = await stage.trades()
        assert len(trade.maker_orders) == 2
        fills = await stage.said(*FILLS)
        assert len(fills) == len(await stage.said(FillConfirmed)) == 2
        assert (await stage.account()).positions[token_of(stage.control)].size_micros == 40 * ONE
    await keeps_the_laws(log)


async def test_a_cross_match_fills_our_leg_with_its_own_token_and_price(log: Log) -> None:
    """Report 25: the head of the trade is the taker's, who bought the other token."""
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await meets(stage, Side.BUY, shares=20, dollars=11, index=1)

        await stage.rounds(3)

        [trade] = await stage.trades()
        assert trade.token_id == token_of(stage.control, index=1)
        [filled] = await stage.said(*FILLS)
        assert isinstance(filled, OrderFilled)
        assert (filled.token_id, filled.side.value) == (token_of(stage.control), "BUY")
        assert (filled.price_micros, filled.notional_micros) == (450_000, 9 * ONE)
    await keeps_the_laws(log)


async def test_a_trade_that_trails_the_cancel_counts(log: Log) -> None:
    """Report 25: the cancellation came before the last trade."""
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.control.done("take", market="mine", side="SELL", size=8, price=0.45)
        fault = {"kind": "error_before", "on": "GET /data/trades", "name": "late"}
        await stage.control.done("set_fault", fault=fault)
        await stage.control.done("cancel_orders")
        await stage.rounds(2)
        assert await stage.said(OrderCancelled) == []  # More was matched than is known.

        await stage.control.done("clear_faults")
        await stage.rounds(1)

        assert len(await stage.said(OrderPartiallyFilled)) == 1
        assert len(await stage.said(OrderCancelled)) == 1
        account = await stage.account()
        assert (account.locked_micros, account.free_micros) == (0, 100 * ONE - 3_600_000)
    await keeps_the_laws(log)
