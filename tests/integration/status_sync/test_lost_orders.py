"""Orders that the venue denies: what is lost by it, what is not, and what comes back."""

import pytest

from polycopy.runtime.log import Log
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderCancelRequested,
    OrderLost,
    OrderUncertain,
)
from polycopy.schemas.terms import CancelVerdict, UncertainCode, Verdict
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.order_life import OrderState
from tests.support.directing import buys, rests
from tests.support.syncing import COUNTS_MS, Stage, keeps_the_laws, staged

UNCERTAIN = OrderUncertain(
    order_id=OrderId("a"), code=UncertainCode.TIMEOUT, uncertain_at_ms=1_796_126_400_000
)
NOTIONAL = 9_000_000
"""Of a resting order."""


async def loses_its_memory(stage: Stage) -> None:
    """The venue knows no order any more; the same key opens it again."""
    await stage.control.done("restart", memory=False)
    await stage.trader.sign_in()


async def denies(stage: Stage, what: str = "GET /data/order") -> None:
    """From now on the venue knows no order by its id, whatever it has."""
    fault = {"kind": "null_answer", "on": what, "name": "denies"}
    await stage.control.done("set_fault", fault=fault)


async def test_a_resting_order_of_a_venue_that_lost_its_memory_is_cancelled_and_then_lost(
    log: Log,
) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await loses_its_memory(stage)

        await stage.elapse(COUNTS_MS)
        await stage.rounds(3)
        assert (await stage.order()).state is OrderState.OPEN
        [asked] = await stage.said(OrderCancelRequested)
        assert isinstance(asked, OrderCancelRequested)
        assert asked.reason == "lost protocol"
        assert await stage.answer_cancel() is CancelVerdict.NOT_FOUND
        assert (await stage.account()).locked_micros == NOTIONAL

        await stage.rounds(1)

        [lost] = await stage.said(OrderLost)
        assert isinstance(lost, OrderLost)
        verdicts = {one.source: one.verdict for one in lost.findings}
        denying = {"order", "open-orders", "trades", "cancel"}
        assert {source for source in verdicts if verdicts[source] is Verdict.ABSENT} == denying
        account = await stage.account()
        assert account.orders[OrderId("a")].state is OrderState.LOST
        assert (account.locked_micros, account.free_micros) == (0, 100_000_000)
    await keeps_the_laws(log)


async def test_an_order_whose_bytes_never_arrived_is_lost(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.say(UNCERTAIN)
        await stage.rounds(COUNTS_MS // 10_000 + 1)
        assert (await stage.order()).state is OrderState.UNCERTAIN

        await stage.rounds(2)

        assert (await stage.order()).state is OrderState.LOST
        assert await stage.said(OrderCancelRequested) == []
    await keeps_the_laws(log)


async def test_a_killed_fak_whose_answer_was_lost_is_lost_and_costs_nothing(log: Log) -> None:
    """At a venue that knows of it no more."""
    async with staged(log) as stage:
        await denies(stage)
        wish = buys(stage.control, maker_amount=1_000_000, taker_amount=10_000_000)
        answer = await stage.post(await stage.request(wish))
        assert "no orders found to match" in answer["error"]
        await stage.say(UNCERTAIN)

        await stage.rounds(COUNTS_MS // 10_000 + 3)

        account = await stage.account()
        assert account.orders[OrderId("a")].state is OrderState.LOST
        assert account.free_micros == 100_000_000
    await keeps_the_laws(log)


async def test_a_fak_that_filled_in_part_and_was_killed_ends_with_its_fill(log: Log) -> None:
    async with staged(log) as stage:
        fault = {"kind": "killed_with_fill", "on": "order", "fraction": 0.5, "times": 1}
        await stage.control.done("set_fault", fault=fault)
        await stage.post(await stage.request(buys(stage.control)))
        await stage.say(UNCERTAIN)
        await denies(stage)

        await stage.rounds(COUNTS_MS // 10_000 + 5)

        order = await stage.order()
        assert (order.state, order.filled_size_micros) == (OrderState.CANCELLED, 5_000_000)
        assert await stage.said(OrderLost) == []
        assert (await stage.account()).locked_micros == 0
    await keeps_the_laws(log)


async def test_what_is_still_in_the_book_is_not_lost_however_often_it_is_denied(
    log: Log,
) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await denies(stage)
        await stage.elapse(COUNTS_MS)

        await stage.rounds(20)

        assert (await stage.order()).state is OrderState.OPEN
        assert await stage.said(OrderLost, OrderCancelRequested) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error_before", "status": 503, "text": "service not ready"},
        {"kind": "error_before", "status": 404, "text": "404 page not found"},
        {"kind": "error_before", "status": 429, "text": "Too Many Requests"},
        {"kind": "error_before", "status": 425, "text": "service not ready"},
        {"kind": "garbage", "status": 404},
        {"kind": "lost_before"},
        {"kind": "missing_keys", "keys": ["data", "id"]},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
async def test_a_storm_of_errors_loses_nothing_however_long_it_blows(
    log: Log, fault: dict[str, object]
) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.request(buys(stage.control, salt=2), "b")
        await stage.control.done("set_fault", fault={**fault, "on": "GET /data"})

        await stage.rounds(8, every_ms=1_800_000)

        assert (await stage.order("a")).state is OrderState.OPEN
        assert (await stage.order("b")).state is OrderState.REQUESTED
        assert await stage.said(OrderLost, OrderCancelRequested) == []
        [behind] = await stage.said(AccountFellBehind)
        assert isinstance(behind, AccountFellBehind)
        assert "not read for" in behind.reason
        assert not (await stage.account()).caught_up

        await stage.control.done("clear_faults")
        await stage.rounds(1)

        assert (await stage.account()).caught_up


async def test_denials_among_errors_count_and_the_errors_do_not(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.elapse(COUNTS_MS)
        for _ in range(2):
            await stage.rounds(1)
            fault = {"kind": "error_before", "on": "GET /data/order", "name": "error"}
            await stage.control.done("set_fault", fault=fault)
            await stage.rounds(5)
            await stage.control.done("clear_faults")
        assert (await stage.order()).state is OrderState.REQUESTED

        await stage.rounds(1)

        [lost] = await stage.said(OrderLost)
        assert isinstance(lost, OrderLost)
        assert lost.denials == 3


async def test_trades_that_cannot_be_read_put_the_loss_off(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.elapse(COUNTS_MS)
        fault = {"kind": "error_before", "on": "GET /data/trades"}
        await stage.control.done("set_fault", fault=fault)
        await stage.rounds(6)
        assert (await stage.order()).state is OrderState.REQUESTED

        await stage.control.done("clear_faults")
        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.LOST


async def test_a_resting_order_that_was_cancelled_by_hand_ends_and_is_not_lost(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.control.done("cancel_orders")

        await stage.rounds(1)

        [ended] = await stage.said(OrderCancelled)
        assert isinstance(ended, OrderCancelled)
        assert (ended.reason, ended.operator) == ("CANCELED", "")
        assert (await stage.account()).locked_micros == 0


async def hides_all(stage: Stage, *lists: str) -> None:
    """The venue denies orders by their id and shows no list; the operator wants no more proof."""
    await denies(stage)
    for path in lists:
        fault = {"kind": "error_before", "on": f"GET {path}", "name": path}
        await stage.control.done("set_fault", fault=fault)
    stage.restarted(Rules(lost_sources=("order",)))
    await stage.elapse(COUNTS_MS)
    await stage.rounds(3)


async def test_an_order_that_its_cancel_finds_is_not_lost_and_ends_as_cancelled(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await hides_all(stage, "/data/orders")
        assert await stage.answer_cancel() is CancelVerdict.CANCELLED
        await stage.rounds(10)
        assert (await stage.order()).state is OrderState.OPEN

        await stage.control.done("clear_faults", name="/data/orders")
        await stage.rounds(1)

        [ended] = await stage.said(OrderCancelled)
        assert isinstance(ended, OrderCancelled)
        assert ended.reason == "the venue cancelled it and holds it no more"
        assert await stage.said(OrderLost) == []
    await keeps_the_laws(log)


async def test_an_order_that_matched_before_its_cancel_is_not_lost_and_fills(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await hides_all(stage, "/data/orders", "/data/trades")
        await stage.control.done("take", market="mine", side="SELL", size=20, price=0.45)
        assert await stage.answer_cancel() is CancelVerdict.MATCHED
        await stage.rounds(2)
        assert (await stage.order()).state is OrderState.OPEN

        await stage.control.done("clear_faults", name="/data/trades")
        await stage.rounds(1)

        order = await stage.order()
        assert (order.state, order.filled_size_micros) == (OrderState.FILLED, 20_000_000)
        assert await stage.said(OrderLost) == []
    await keeps_the_laws(log)


async def test_a_restart_begins_to_count_anew_and_loses_nothing_sooner(log: Log) -> None:
    async with staged(log) as stage:
        await stage.request(buys(stage.control))
        await stage.elapse(COUNTS_MS)
        await stage.rounds(2)
        stage.restarted()
        await stage.connect()
        await stage.rounds(1)
        assert (await stage.order()).state is OrderState.REQUESTED

        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.LOST
