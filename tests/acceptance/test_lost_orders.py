"""An order that was given up and is there after all: L1 to L6. Its bytes arrive from a process that
hung for minutes."""

from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderFilled,
    OrderLost,
    OrderRecovered,
)
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from tests.acceptance.pair import CAPITAL, Pair
from tests.acceptance.sockets import hearing
from tests.support.directing import buys, rests

DELETE = "DELETE /order"


def verdict_of(order: Order) -> CancelVerdict | None:
    return order.cancel_verdict


async def test_a_lost_order_s_fill_counts_though_the_venue_denies_the_order(pair: Pair) -> None:
    """L1: its trades are read on, whatever the look for its id says."""
    body = await pair.lose(buys(pair.control))
    await pair.fault("null_answer", "GET /data/order")
    await pair.post(body)

    await pair.rounds(7)

    [recovered], [fill] = await pair.said(OrderRecovered), await pair.said(OrderFilled)
    assert isinstance(recovered, OrderRecovered)
    assert isinstance(fill, OrderFilled)
    assert recovered.source == "trades"
    assert (await pair.order()).state is OrderState.FILLED
    assert (await pair.account()).free_micros == CAPITAL - 5_000_000 - fill.fee_micros


async def test_a_lost_order_can_be_cancelled_and_ends_once(pair: Pair) -> None:
    """L2."""
    body = await pair.lose(rests(pair.control))
    assert (await pair.post(body))["status"] == "live"

    await pair.cancel("a")

    assert verdict_of(await pair.order()) is CancelVerdict.CANCELLED
    assert not await pair.in_the_book()
    await pair.rounds(7)
    assert (await pair.order()).state is OrderState.CANCELLED
    assert len(await pair.said(OrderCancelled)) == 1
    assert (await pair.account()).free_micros == CAPITAL


async def test_a_lost_order_whose_cancel_fails_stays_lost_and_its_cancel_owed(pair: Pair) -> None:
    """L3."""
    body = await pair.lose(rests(pair.control))
    await pair.post(body)
    await pair.fault("error_before", DELETE, status=503)

    await pair.cancel("a")

    order = await pair.order()
    assert (order.state, verdict_of(order)) == (OrderState.LOST, CancelVerdict.UNKNOWN)
    assert len(await pair.in_the_book()) == 1
    assert len(await pair.said(OrderLost)) == 1
    await pair.heal()
    await pair.elapse(10_000)
    await pair.tick()
    assert verdict_of(await pair.order()) is CancelVerdict.CANCELLED
    assert not await pair.in_the_book()


async def test_a_lost_order_that_is_not_found_stays_lost_and_watched(pair: Pair) -> None:
    """L4: the peer forgets it then; here its late fill would be somebody else's."""
    body = await pair.lose(rests(pair.control))
    before = len(await pair.said(OrderCancelAnswered))

    await pair.cancel("a")
    await pair.rounds(20)

    answers = await pair.said(OrderCancelAnswered)
    assert len(answers) == before + 1
    assert verdict_of(await pair.order()) is CancelVerdict.NOT_FOUND
    assert (await pair.order()).state is OrderState.LOST
    assert (await pair.account()).free_micros == CAPITAL
    await pair.post(body)
    await pair.rounds(1)
    assert (await pair.order()).state is OrderState.OPEN


async def test_a_lost_order_whose_cancel_the_socket_tells_ends(pair: Pair) -> None:
    """L5."""
    body = await pair.lose(rests(pair.control))
    await pair.post(body)
    async with hearing(pair):
        await pair.control.done("cancel_orders")
        order = await pair.until(lambda order: order.state is OrderState.CANCELLED)

    assert order.locked_micros == 0
    assert len(await pair.said(OrderRecovered)) == len(await pair.said(OrderCancelled)) == 1
    assert (await pair.account()).free_micros == CAPITAL


async def test_a_lost_order_that_the_socket_tells_of_as_filled_is_filled(pair: Pair) -> None:
    """L6."""
    body = await pair.lose(buys(pair.control))
    async with hearing(pair):
        await pair.post(body)
        order = await pair.until(lambda order: order.state is OrderState.FILLED)

    assert (order.filled_size_micros, order.locked_micros) == (10_000_000, 0)
    [recovered] = await pair.said(OrderRecovered)
    assert isinstance(recovered, OrderRecovered)
    assert recovered.source == "user-socket"
