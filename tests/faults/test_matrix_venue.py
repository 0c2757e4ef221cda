"""Rows 3, 4 and 24 of the fault matrix: the venue takes orders and does not say so, answers with
errors, late or not at all, forgets, and tells things twice or when nobody expects them."""

from collections import Counter
from itertools import pairwise

import pytest

from polycopy.schemas.orders import (
    OrderFailed,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRequested,
    OrderUncertain,
)
from polycopy.trading.order_life import OrderState
from tests.faults.harness import EXECUTOR, STATUS_SYNC
from tests.faults.harness.clocks import SteppingClock
from tests.faults.harness.supervisor import End
from tests.faults.harness.world import World
from tests.support.executing import KEY
from tests.support.paper_venue import Trader
from tests.support.venue_control import Journal

pytestmark = pytest.mark.asyncio(loop_scope="session")
POST = "POST /order"
AWAY = 3


async def test_row_3_an_order_whose_answer_is_lost_is_found_by_its_id(world: World) -> None:
    await world.start()
    await world.venue.fault("stall", "user")  # Or else the fill is told before anybody looks.
    await world.venue.fault("lost_after", POST, times=5)

    await world.feeder.run(15, per_second=40)

    assert (await world.holds()).orders
    lost = [one for one in (await world.venue.journal()).posts() if one.lost]
    adopted = {one.order_id: one.adopted for one in world.watch.of(OrderPlaced) if one.adopted}
    matched = {fill.order_id for fill in world.watch.fills()}
    assert len(lost) == 5
    assert {one.order_id for one in world.watch.of(OrderUncertain)} <= adopted.keys() | matched
    assert set(adopted.values()) <= {"order", "trades", "duplicated"}


SOME_ERRORS: list[dict[str, object]] = [
    {"kind": "error_before", "status": 500},
    {"kind": "error_after", "status": 502},
    {"kind": "slow_answer", "delay_ms": 1_500},
]
MORE_ERRORS: list[dict[str, object]] = [
    {"kind": "error_before", "status": 429, "text": "Too Many Requests", "retry_after_s": 1},
    {"kind": "error_before", "status": 425, "text": "Service Not Ready"},
    {"kind": "slow", "delay_ms": 1_500},
    {"kind": "garbage", "status": 200},
]


@pytest.mark.parametrize(
    "fault",
    [*SOME_ERRORS, *(pytest.param(fault, marks=pytest.mark.long) for fault in MORE_ERRORS)],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', 'late')}",
)
async def test_row_4_errors_and_slowness_make_no_new_ids_and_free_no_money(
    fault: dict[str, object], world: World
) -> None:
    await world.start()
    await world.venue.fault(on=POST, **fault)  # type: ignore[arg-type]
    await world.feeder.buy()
    await world.venue.until(Journal.posts)
    await world.watch.until(lambda account: bool(account.orders))
    [order] = world.watch.account.orders.values()
    assert order.locked_micros > 0 or order.filled_notional_micros > 0
    await world.venue.heal()

    assert (await world.holds()).orders == 1
    ids = {one.venue_order_id for one in (await world.venue.journal()).orders}
    assert len(ids) == 1
    assert not world.watch.of(OrderFailed)


@pytest.mark.long
async def test_row_4_an_order_that_is_never_answered_for_is_sent_again_less_and_less_often(
    world: World,
) -> None:
    await world.start()
    await world.venue.fault("error_before", POST, status=503)
    await world.feeder.buy()
    await world.watch.heard(OrderUncertain)

    journal = await world.venue.until(lambda journal: len(journal.posts()) >= 4)

    at_us = [post.received_at_us for post in journal.posts()]
    pauses = [after - before for before, after in pairwise(at_us)]
    assert pauses[1] > 900_000, "a second after the first look"
    assert pauses[2] > 1_900_000, "then two"
    await world.venue.heal()
    assert (await world.holds()).orders == 1


async def test_row_4_an_executor_that_starts_while_the_venue_is_away_comes_when_it_is_back(
    world: World,
) -> None:
    """Who must be started by hand after an outage has not survived it."""
    await world.start()
    await world.venue.fault("error_before", "GET", status=503)
    await world.venue.fault("lost_before", POST)
    world.supervisor.kill(EXECUTOR)
    await world.feeder.buy()
    await world.venue.until(lambda journal: any(one.status == 503 for one in journal.requests))
    await world.supervisor.heard(End(name=EXECUTOR, code=AWAY))
    await world.venue.heal()

    assert (await world.holds()).orders == 1


async def test_row_24_a_fill_that_is_told_twice_counts_once(world: World) -> None:
    """By the socket twice, and by every poll once more."""
    await world.start()
    await world.venue.fault("duplicate", "user")

    await world.feeder.run(15, per_second=40)

    assert (await world.holds()).orders
    assert (await world.venue.struck())["duplicate user"] > 15
    keys = Counter((one.venue_trade_id, one.venue_order_id) for one in world.watch.fills())
    assert set(keys.values()) == {1}


async def test_row_24_a_fill_that_is_told_after_the_order_s_end_counts_all_the_same(
    world: World,
) -> None:
    """Answered as killed, which is an end; a part of it was filled, and all sources are late."""
    await world.start()
    await world.venue.fault("slow_answer", "GET /data", delay_ms=500)
    await world.venue.fault("reorder", "user", delay_ms=500)
    await world.venue.fault("killed_with_fill", "order", times=1, fraction=0.5)
    await world.feeder.buy(dollars=4)

    assert (await world.holds()).orders == 1
    half_of_four_dollars(world)


async def test_row_24_a_fill_of_an_ended_order_is_found_though_the_socket_is_deaf(
    world: World,
) -> None:
    """PINGs are answered and nothing else comes: only asking finds it. Polls are rare here, so that
    none happens to be under way."""
    await world.supervisor.start(STATUS_SYNC, world.status_sync(POLL_FRESH_S="2"))
    await world.supervisor.start(EXECUTOR, world.executor())
    await world.ready()
    await world.venue.fault("stall", "user")
    await world.venue.fault("killed_with_fill", "order", times=1, fraction=0.5)
    await world.feeder.buy(dollars=4)

    assert (await world.holds(within_s=5)).orders == 1
    half_of_four_dollars(world)


def half_of_four_dollars(world: World) -> None:
    kinds = [type(one.event) for one in world.watch.recorded]
    assert kinds.index(OrderFailed) < kinds.index(OrderPartiallyFilled)
    account = world.watch.account
    [order] = account.orders.values()
    assert order.state is OrderState.FAILED
    assert 1_900_000 <= order.filled_notional_micros <= 2_100_000
    spent = order.filled_notional_micros + order.fees_micros
    assert account.free_micros + spent == account.deposited_micros


async def test_row_24_a_venue_that_forgets_an_order_makes_nobody_send_it_again(
    world: World,
) -> None:
    """It takes the order for a later match and is restarted without its memory: there is no such
    order any more. Its money stays locked for the minute in which a match may still be told; the
    clock of status-sync makes it a short one."""
    clock = SteppingClock(world.folder / "clock")
    sync = world.status_sync().altered("clock", clock=clock.path)
    await world.supervisor.start(STATUS_SYNC, sync)
    await world.supervisor.start(EXECUTOR, world.executor())
    await world.ready()
    await world.venue.fault("delayed", "order", delay_ms=60_000)
    await world.feeder.buy()
    [placed] = await world.watch.heard(OrderPlaced)
    await world.venue.heal()
    await world.venue.do({"do": "restart", "memory": False})
    # The venue has forgotten the keys, too, and gives everyone the same again who asks.
    await Trader(world.venue.http, world.venue.urls["clob"], KEY).sign_in()
    while len(world.watch.of(OrderRequested)) < 2:
        assert world.watch.account.locked_micros > 0
        await world.feeder.buy(of=1)
        await world.decided()
    clock.step_to(57_000)

    verdict = await world.holds()

    assert (verdict.orders, verdict.lost) == (2, 0)
    assert world.watch.account.orders[placed.order_id].state is OrderState.CANCELLED
    posts = Counter(one.venue_order_id for one in (await world.venue.journal()).orders)
    assert posts[placed.venue_order_id] == 1


@pytest.mark.long
async def test_row_24_an_order_that_never_arrives_is_lost_in_the_end_and_its_money_is_free(
    world: World,
) -> None:
    """It is sent again as long as it is young, then every source has to deny it, three times."""
    await world.supervisor.start(STATUS_SYNC, world.status_sync(RESEND_MAX_S="2", LOST_GRACE_S="2"))
    await world.supervisor.start(EXECUTOR, world.executor(RESEND_MAX_S="2"))
    await world.ready()
    await world.venue.fault("lost_before", POST)
    await world.feeder.buy()
    [lost] = await world.watch.heard(OrderLost)

    verdict = await world.holds()

    assert (verdict.orders, verdict.lost) == (0, 0)
    assert lost.denials >= 3
    assert world.watch.account.orders[lost.order_id].state is OrderState.LOST
    assert world.watch.account.free_micros == world.watch.account.deposited_micros
