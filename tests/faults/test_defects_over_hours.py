"""Defects of a peer (research, peers.md, 0.3) that show after minutes or hours: 1 and 9. Both
services run as in the acceptance tests, and time is moved by hand."""

from polycopy.schemas.orders import (
    OrderCancelled,
    OrderCancelRequested,
    OrderFailed,
    OrderLost,
    OrderPlaced,
    OrderRecovered,
    OrderRequested,
)
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.order_life import OrderState
from tests.acceptance.pair import CAPITAL, COPY, Pair
from tests.support.directing import buys, rests, token_of
from tests.support.signalling import decision
from tests.support.syncing import COUNTS_MS

LOOKS = "GET /data"
HALF_AN_HOUR_MS = 1_800_000


async def denies(pair: Pair) -> None:
    """The venue says of every id that it does not know it."""
    await pair.fault("null_answer", "GET /data/order")


async def test_defect_1_one_outage_of_the_venue_made_orders_lost(pair: Pair) -> None:
    """Any error counted as "not found" there."""
    await pair.rest(rests(pair.control), "a")
    await pair.fault("delayed", "order", delay_ms=24 * 3_600_000)
    await pair.place(buys(pair.control, salt=2), "b")
    await pair.fault("lost_before", "POST /order")
    await pair.request(buys(pair.control, salt=3), "c")
    await pair.tick()
    locked = (await pair.account()).locked_micros
    assert locked == (9 + 5 + 5) * 1_000_000

    for status in (401, 403, 404, 408, 425, 429, 500, 502, 503, 504):
        outage = {"status": status, "text": "not found", "name": "outage"}
        await pair.control.done("set_fault", fault={"kind": "error_before", "on": LOOKS, **outage})
        await pair.rounds(4, every_ms=HALF_AN_HOUR_MS // 3)

    assert await pair.said(OrderLost, OrderCancelled, OrderCancelRequested) == []
    assert (await pair.account()).locked_micros == locked


async def test_defect_1_one_row_was_read_again_and_again_in_a_pass_and_counted_each_time(
    pair: Pair,
) -> None:
    """Three denials have to lie ten seconds apart, however often it is asked."""
    await pair.fault("lost_before", "POST /order")
    await pair.request(buys(pair.control))
    await pair.tick()
    await pair.rounds(COUNTS_MS // 10_000)

    await pair.rounds(19, every_ms=1_000)
    assert await pair.said(OrderLost) == []

    await pair.rounds(2, every_ms=1_000)
    [lost] = await pair.said(OrderLost)
    assert isinstance(lost, OrderLost)
    assert lost.denials == 3


async def test_defect_1_a_loss_freed_all_of_the_money_though_a_part_was_filled(
    pair: Pair,
) -> None:
    """The venue lost its memory; the eight shares are ours all the same."""
    await pair.rest(rests(pair.control))
    await pair.control.done("take", market="mine", side="SELL", size=8, price=0.45)
    await pair.rounds(1)
    await pair.control.done("restart", memory=False)
    await pair.trader.sign_in()

    await pair.rounds(COUNTS_MS // 10_000 + 6)

    assert (await pair.order()).state is OrderState.LOST
    account = await pair.account()
    assert account.positions[token_of(pair.control)].size_micros == 8_000_000
    assert (account.locked_micros, account.free_micros) == (0, CAPITAL - 3_600_000)


async def test_defect_1_an_order_was_lost_while_it_rested_in_the_book(pair: Pair) -> None:
    """Denied by its id, it is in the list of open orders, and can still be cancelled there."""
    await pair.rest(rests(pair.control))
    await denies(pair)
    await pair.rounds(COUNTS_MS // 10_000 + 20)
    assert await pair.said(OrderLost, OrderCancelRequested) == []

    await pair.cancel("a")
    await pair.rounds(10)

    order = await pair.order()
    assert (order.state, order.cancel_verdict) == (OrderState.CANCELLED, CancelVerdict.CANCELLED)
    assert await pair.said(OrderLost) == []


async def test_defect_1_a_lost_order_was_never_looked_for_again(pair: Pair) -> None:
    body = await pair.lose(buys(pair.control))
    await pair.rounds(3, every_ms=HALF_AN_HOUR_MS)
    await pair.post(body)

    await pair.rounds(7)

    assert len(await pair.said(OrderRecovered)) == 1
    order = await pair.order()
    assert (order.state, order.filled_size_micros) == (OrderState.FILLED, 10_000_000)


async def test_defect_9_a_rejected_signal_was_tried_again_for_half_a_day(pair: Pair) -> None:
    """Every two minutes, at the old price. A proven "no" ends the decision, also where the signal
    comes again, and for the process after."""
    text = "the market is not yet ready to process new orders"
    await pair.fault("error_before", "POST /order", status=400, text=text)
    sent = await pair.signal(decision(COPY))
    await pair.executor.handle(sent)
    await pair.heal()

    for _ in range(6):
        assert await pair.executor.handle(sent) == []
        await pair.rounds(2, every_ms=120_000)
        await pair.rounds(4, every_ms=HALF_AN_HOUR_MS)
        await pair.begin()

    assert len(await pair.said(OrderRequested)) == len(await pair.said(OrderFailed)) == 1
    assert await pair.said(OrderPlaced) == []
    assert (await pair.paths("POST")).count("/order") == 1
    assert (await pair.account()).free_micros == CAPITAL
