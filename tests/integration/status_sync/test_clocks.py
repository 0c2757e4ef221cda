"""Clocks that were wrong for a while: ours, the executor's, and both on one machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from polycopy.runtime.log import Log
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderCancelRequested,
    OrderLost,
    OrderPlaced,
    OrderUncertain,
)
from polycopy.schemas.terms import CancelVerdict, UncertainCode
from polycopy.trading.order_life import OrderState
from tests.support.directing import buys, rests
from tests.support.paper_venue import Wish
from tests.support.syncing import COUNTS_MS, RULES, Stage, keeps_the_laws, staged

A = OrderId("a")
DAY_MS = 86_400_000
WHOSE = pytest.mark.parametrize("machine", [False, True], ids=["executor", "machine"])
"""Whose clock was ahead: another machine's, or also our own."""
COUNTING = COUNTS_MS // RULES.lost_interval_ms
"""So many rounds until denials of an order count."""


@asynccontextmanager
async def a_day_ahead(stage: Stage, *, machine: bool) -> AsyncIterator[None]:
    """What the executor says here is of tomorrow, and of today again afterwards."""
    if machine:
        stage.its_clock.ahead_ms = DAY_MS
        await stage.sync.ask()
    stage.clock.at_ms += DAY_MS
    yield
    stage.clock.at_ms -= DAY_MS
    if machine:
        await stage.sync.ask()
        await stage.sync.balances.look()
    stage.its_clock.ahead_ms = 0


async def is_uncertain(stage: Stage, wish: Wish) -> None:
    """Requested, and nobody knows what became of it."""
    await stage.request(wish)
    await stage.say(
        OrderUncertain(order_id=A, code=UncertainCode.TIMEOUT, uncertain_at_ms=stage.clock.now_ms())
    )


async def is_taken(stage: Stage, wish: Wish) -> None:
    """The venue's answer is in the log, and the venue forgot the order."""
    await stage.request(wish)
    now_ms = stage.clock.now_ms()
    await stage.say(
        OrderPlaced(
            order_id=A,
            venue_order_id=(await stage.order()).venue_order_id,
            status="delayed",
            sent_at_ms=now_ms,
            placed_at_ms=now_ms,
        )
    )


@WHOSE
async def test_an_order_of_a_clock_that_was_ahead_is_lost_as_late_as_any_and_no_later(
    log: Log, *, machine: bool
) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=machine):
            await is_uncertain(stage, buys(stage.control))

        await stage.rounds(COUNTING + 2)
        assert (await stage.order()).state is OrderState.UNCERTAIN
        await stage.rounds(2)

        account = await stage.account()
        assert (account.orders[A].state, account.locked_micros) == (OrderState.LOST, 0)
    await keeps_the_laws(log)


@WHOSE
async def test_what_never_rests_and_was_taken_by_a_clock_that_was_ahead_ends(
    log: Log, *, machine: bool
) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=machine):
            await is_taken(stage, buys(stage.control))

        await stage.rounds(6)
        assert (await stage.order()).state is OrderState.OPEN
        await stage.rounds(2)

        [ended] = await stage.said(OrderCancelled)
        assert isinstance(ended, OrderCancelled)
        assert ended.reason == "the venue holds it no more"
        assert (await stage.account()).locked_micros == 0


@WHOSE
async def test_what_may_rest_of_a_clock_that_was_ahead_is_cancelled_and_then_lost(
    log: Log, *, machine: bool
) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=machine):
            await is_taken(stage, rests(stage.control))

        await stage.rounds(COUNTING + 4)
        assert len(await stage.said(OrderCancelRequested)) == 1
        assert await stage.answer_cancel() is CancelVerdict.NOT_FOUND
        await stage.rounds(1)

        assert len(await stage.said(OrderLost)) == 1
        assert (await stage.account()).locked_micros == 0
    await keeps_the_laws(log)


async def test_a_cancel_of_a_clock_that_was_ahead_is_no_evidence_for_ever(log: Log) -> None:
    """What was cancelled long before it was denied has to be cancelled anew."""
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=False):
            await is_taken(stage, rests(stage.control))
            await stage.say(
                OrderCancelRequested(
                    order_id=A,
                    reason="operator",
                    cancel_requested_at_ms=stage.clock.now_ms(),
                )
            )
            await stage.answer_cancel()

        await stage.rounds(COUNTING + 4)

        assert len(await stage.said(OrderCancelRequested)) == 2
        assert await stage.said(OrderLost) == []


async def test_an_order_that_an_executor_may_send_when_its_time_comes_is_not_lost_then(
    log: Log,
) -> None:
    """By a clock that is right the order is young again, and clocks differ."""
    ahead_ms = COUNTS_MS + 4 * RULES.lost_interval_ms
    async with staged(log) as stage:
        stage.clock.at_ms += ahead_ms
        await is_uncertain(stage, buys(stage.control))
        stage.clock.at_ms -= ahead_ms

        await stage.rounds(COUNTING + ahead_ms // RULES.lost_interval_ms)
        assert (await stage.order()).state is OrderState.UNCERTAIN
        await stage.rounds(3)

        assert (await stage.order()).state is OrderState.LOST


async def test_a_step_of_our_own_clock_loses_no_order_whose_time_lies_ahead_sooner(
    log: Log,
) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=False):
            await is_uncertain(stage, buys(stage.control))
        await stage.rounds(1)

        stage.its_clock.ahead_ms = DAY_MS // 2
        await stage.rounds(COUNTING + 2)

        assert (await stage.order()).state is OrderState.UNCERTAIN


async def test_denials_of_a_clock_that_was_ahead_are_counted_anew(log: Log) -> None:
    async with staged(log) as stage:
        await is_uncertain(stage, buys(stage.control))
        await stage.rounds(COUNTING)
        stage.its_clock.ahead_ms = DAY_MS
        await stage.rounds(1)
        stage.its_clock.ahead_ms = 0

        await stage.rounds(2)
        assert (await stage.order()).state is OrderState.UNCERTAIN
        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.LOST


async def test_a_lost_order_is_looked_for_after_our_clock_was_ahead(log: Log) -> None:
    async with staged(log) as stage:
        await is_uncertain(stage, buys(stage.control))
        await stage.rounds(COUNTING + 3)
        assert (await stage.order()).state is OrderState.LOST
        stage.its_clock.ahead_ms = DAY_MS
        await stage.rounds(6)
        stage.its_clock.ahead_ms = 0

        before = await looks_for_it(stage)
        await stage.rounds(RULES.lost_watch_ms // RULES.lost_interval_ms)

        assert await looks_for_it(stage) == before + 1


async def looks_for_it(stage: Stage) -> int:
    """How often the venue was asked for the order by its id."""
    path = f"/data/order/{(await stage.order()).venue_order_id}"
    return [one["path"] for one in await stage.control.journal("requests")].count(path)


async def test_reads_that_fail_while_our_clock_is_set_back_leave_us_behind(log: Log) -> None:
    async with staged(log) as stage:
        fault = {"kind": "error_before", "status": 500, "on": "GET /data/trades"}
        await stage.control.done("set_fault", fault=fault)
        await stage.rounds(1, 2_000)
        assert (await stage.account()).caught_up

        stage.its_clock.ahead_ms = -DAY_MS
        await stage.rounds(1)

        [behind] = await stage.said(AccountFellBehind)
        assert isinstance(behind, AccountFellBehind)
        assert behind.reason.startswith("not read for 10000 ms and longer")


async def test_a_fill_of_a_long_outage_is_found_though_our_clock_was_ahead_before(log: Log) -> None:
    """How far back trades are read does not hang on when we once thought that we had read."""
    async with staged(log) as stage:
        stage.restarted()
        stage.its_clock.ahead_ms = DAY_MS
        await stage.connect()
        stage.its_clock.ahead_ms = 0
        await stage.place(rests(stage.control))
        await stage.rounds(1)
        fault = {"kind": "error_before", "status": 500, "on": "GET /data/trades", "name": "away"}
        await stage.control.done("set_fault", fault=fault)
        await stage.control.done("take", market="mine", side="SELL", size=20, price=0.45)
        await stage.rounds(1, 2 * RULES.blind_overlap_ms)
        await stage.control.done("clear_faults", name="away")

        await stage.rounds(1)

        assert (await stage.order()).state is OrderState.FILLED


async def test_a_socket_that_connected_while_our_clock_was_ahead_is_given_up_when_it_stalls(
    log: Log,
) -> None:
    async with staged(log) as stage:
        stage.its_clock.ahead_ms = DAY_MS
        await stage.connect()
        stage.its_clock.ahead_ms = 0
        await stage.place(rests(stage.control))
        await stage.sync.ask()
        await stage.sync.mind_socket()

        await stage.elapse(RULES.dataless_ms)
        await stage.sync.mind_socket()
        assert stage.told.given_up == []
        await stage.elapse(1)
        await stage.sync.mind_socket()

        assert stage.told.given_up == ["silent: no data for 300001 ms"]


async def test_a_socket_that_owes_only_an_order_whose_time_lies_ahead_is_given_up(
    log: Log,
) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=False):
            await stage.place(rests(stage.control))
        await stage.rounds(1, 2_000)
        await stage.sync.mind_socket()

        await stage.elapse(RULES.dataless_ms + 1)
        await stage.sync.mind_socket()

        assert stage.told.given_up == ["silent: no data for 300001 ms"]


@WHOSE
async def test_a_balance_is_looked_at_after_a_clock_was_ahead(log: Log, *, machine: bool) -> None:
    async with staged(log) as stage:
        async with a_day_ahead(stage, machine=machine):
            await stage.request(buys(stage.control))
            now_ms = stage.clock.now_ms()
            await stage.say(OrderCancelled(order_id=A, reason="x", cancelled_at_ms=now_ms))

        await stage.rounds(1)
        assert await looks_at_balances(stage) == 0
        await stage.elapse(RULES.balance_settled_ms)

        assert await looks_at_balances(stage) == 2


async def looks_at_balances(stage: Stage) -> int:
    """For how many the venue is asked in one go: of the wallet's pUSD, and of the token."""
    before = await stage.control.journal("requests")
    await stage.sync.balances.look()
    after = await stage.control.journal("requests")
    return len(after) - len(before)
