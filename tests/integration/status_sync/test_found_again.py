"""A lost order is watched on, and whatever shows it brings it back."""

from polycopy.polymarket.reports import OrderStatus
from polycopy.runtime.log import Log
from polycopy.schemas.orders import OrderCancelled, OrderRecovered
from polycopy.trading.order_life import OrderState
from tests.support.directing import buys, rests
from tests.support.syncing import COUNTS_MS, Stage, keeps_the_laws, staged

ROUNDS = COUNTS_MS // 10_000 + 3
"""Until an order is lost that the venue never had."""


async def test_a_fill_after_the_loss_recovers_the_order_and_counts(log: Log) -> None:
    async with staged(log) as stage:
        body = await stage.request(buys(stage.control))
        await stage.rounds(COUNTS_MS // 10_000 + 3)
        assert (await stage.order()).state is OrderState.LOST

        await stage.post(body)  # From a process that hung for minutes.
        await stage.rounds(6)

        [recovered] = await stage.said(OrderRecovered)
        assert isinstance(recovered, OrderRecovered)
        order = await stage.order()
        assert (order.state, order.filled_size_micros) == (OrderState.FILLED, 10_000_000)
        assert (await stage.account()).locked_micros == 0
    await keeps_the_laws(log)


async def test_the_socket_recovers_a_lost_order_at_any_time(log: Log) -> None:
    async with staged(log) as stage:
        body = await stage.request(buys(stage.control))
        await stage.rounds(COUNTS_MS // 10_000 + 3)
        await stage.post(body)

        await stage.sync.heed(await stage.trades())

        assert len(await stage.said(OrderRecovered)) == 1
        assert (await stage.order()).state is OrderState.FILLED
    await keeps_the_laws(log)


async def test_a_lost_order_is_asked_for_once_a_minute(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.rounds(COUNTS_MS // 10_000 + 3)
        path = f"/data/order/{(await stage.order()).venue_order_id}"
        before = [one["path"] for one in await stage.control.journal("requests")].count(path)

        await stage.rounds(30, every_ms=10_000)

        after = [one["path"] for one in await stage.control.journal("requests")].count(path)
        assert after - before == 5


async def test_a_resting_order_that_turns_up_is_recovered_by_the_list_of_open_orders(
    log: Log,
) -> None:
    async with staged(log) as stage:
        body = await stage.request(rests(stage.control))
        await stage.rounds(ROUNDS)
        await stage.answer_cancel()
        await stage.rounds(1)
        assert (await stage.order()).state is OrderState.LOST

        assert (await stage.post(body))["status"] == "live"
        await stage.rounds(1)

        [recovered] = await stage.said(OrderRecovered)
        assert isinstance(recovered, OrderRecovered)
        assert (recovered.source, recovered.status) == ("open-orders", OrderStatus.LIVE)
        assert (await stage.account()).locked_micros == 9_000_000

        await stage.control.done("cancel_orders")
        await stage.rounds(1)
        assert len(await stage.said(OrderCancelled)) == 1
        assert (await stage.account()).locked_micros == 0
    await keeps_the_laws(log)


async def lost_and_restarted(stage: Stage) -> bytes:
    """The bytes of a lost order, of which a new process knows what the log knows."""
    body = await stage.request(buys(stage.control))
    await stage.rounds(ROUNDS)
    stage.restarted()
    await stage.connect()
    return body


async def test_a_lost_order_is_watched_on_by_the_next_process(log: Log) -> None:
    async with staged(log) as stage:
        await stage.post(await lost_and_restarted(stage))

        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.FILLED
    await keeps_the_laws(log)


async def test_a_fill_while_nobody_watched_is_found_by_the_next_process(log: Log) -> None:
    """Hours later, and the venue knows the order by its id no more."""
    async with staged(log) as stage:
        await stage.post(await lost_and_restarted(stage))
        await stage.elapse(6 * 3_600_000)
        fault = {"kind": "null_answer", "on": "GET /data/order"}
        await stage.control.done("set_fault", fault=fault)

        stage.restarted()
        await stage.connect()

        [recovered] = await stage.said(OrderRecovered)
        assert isinstance(recovered, OrderRecovered)
        assert recovered.source == "trades"
        assert (await stage.order()).filled_size_micros == 10_000_000
    await keeps_the_laws(log)
