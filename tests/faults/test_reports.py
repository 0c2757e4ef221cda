"""The first eight reports of what breaks real bots (research, polymarket.md, section 6): each is
played by the venue, and what became of it is read from the venue's journal and from the log."""

from collections import Counter
from pathlib import Path

import pytest

from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderFailed,
    OrderPlaced,
    OrderRefused,
    OrderUncertain,
)
from polycopy.schemas.terms import FailureCode, RefusalCode
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from tests.faults.harness import scenes
from tests.faults.harness.world import World, open_world
from tests.support.nursery import Nursery
from tests.support.venue_control import Journal

pytestmark = pytest.mark.asyncio(loop_scope="session")
POST = "POST /order"


async def test_report_1_one_order_became_three_fills_because_a_time_out_was_taken_for_a_no(
    world: World,
) -> None:
    """py-clob-client 273. The client gives up after its time limit, the order is matched."""
    await world.start()
    await world.venue.fault("slow_answer", POST, delay_ms=1_500, times=3)

    for of in range(3):
        await world.feeder.buy(of=of)

    verdict = await world.holds()
    journal = await world.venue.journal()
    assert verdict.orders == 3
    assert len({one.venue_order_id for one in journal.orders}) == 3
    assert 5_000_000 < sum(fill.notional_micros for fill in journal.fills) <= 3 * 2_000_000


async def test_report_2_request_exceptions_were_believed_and_one_of_the_orders_was_live(
    world: World,
) -> None:
    """py-clob-client 261. Every answer breaks off, the user socket is silent, and for a while the
    venue knows nothing of the order that it has."""
    await world.start()
    await world.venue.fault("stall", "user")
    await world.venue.fault("null_answer", "GET /data/order")
    await world.venue.fault("error_before", "GET /data/trades", status=503)
    await world.venue.fault("lost_after", POST, times=2)
    await world.feeder.buy(dollars=3)
    await world.venue.until(lambda journal: len(journal.posts()) >= 1)
    await world.watch.heard(OrderUncertain)
    assert world.watch.account.locked_micros > 3_000_000
    await world.venue.heal()

    assert (await world.holds()).orders == 1
    assert len({one.venue_order_id for one in (await world.venue.journal()).orders}) == 1


async def test_report_3_a_match_that_never_settled_was_counted_as_shares(world: World) -> None:
    """py-clob-client-v2 34. The ghost is taken back; what was bought again is held once."""
    await world.start()
    await world.venue.fault("settle_failed", "trade", times=1)
    await world.feeder.buy(dollars=2)
    await world.watch.heard(FillReverted)
    assert not world.watch.account.positions
    assert world.watch.account.free_micros == world.watch.account.deposited_micros
    await world.feeder.sell(size_micros=2_000_000)
    [refused] = await world.watch.heard(OrderRefused)
    assert [one.code for one in refused.refusals] == [RefusalCode.NO_POSITION]
    await world.feeder.buy(dollars=2)

    assert (await world.holds()).orders == 2
    assert_held_as_confirmed(world, await world.venue.journal())


async def test_report_4_half_of_the_matches_brought_no_tokens(world: World) -> None:
    """py-clob-client 328."""
    await world.start()
    await world.venue.fault("settle_failed", "trade", probability=0.5)

    await world.feeder.run(20, per_second=40)

    assert (await world.holds()).fills >= 10
    assert world.watch.of(FillReverted)
    assert world.watch.of(FillConfirmed)
    assert_held_as_confirmed(world, await world.venue.journal())


async def test_report_5_a_delayed_order_without_amounts_was_read_as_killed_and_sold_again(
    world: World,
) -> None:
    """valory-xyz/trader 942."""
    await world.start()
    await world.feeder.buy(dollars=4)
    await world.watch.heard(FillConfirmed)
    [held] = world.watch.account.positions.values()
    size = held.size_micros // 10_000 * 10_000
    await world.venue.fault("delayed", "order", delay_ms=600)
    await world.feeder.sell(size_micros=size)
    placed = (await world.watch.heard(OrderPlaced, times=2))[-1]
    assert placed.status == "delayed"
    assert [order.state for order in open_orders(world)] == [OrderState.OPEN]
    await world.feeder.sell(size_micros=size)
    [refused] = await world.watch.heard(OrderRefused)
    assert refused.refusals[0].code is RefusalCode.NO_POSITION

    assert (await world.holds()).orders == 2
    sold = [one for one in (await world.venue.journal()).fills if one.side == "SELL"]
    assert sum(one.size_micros for one in sold) == size


async def test_report_6_a_delayed_order_that_met_nobody_was_waited_for_in_vain(
    world: World,
) -> None:
    """py-sdk 228. A delayed answer names no trades, and there will be none: the order itself is
    watched, and ends by its own id."""
    await world.start()
    await world.venue.fault("unmatched", "order", delay_ms=300)
    await world.feeder.buy(dollars=2)
    [placed] = await world.watch.heard(OrderPlaced)
    assert placed.status == "delayed"

    verdict = await world.holds()

    assert (verdict.orders, verdict.fills) == (1, 0)
    [order] = world.watch.account.orders.values()
    assert order.state is OrderState.CANCELLED
    assert len(world.watch.of(OrderCancelled)) == 1
    assert world.watch.account.free_micros == world.watch.account.deposited_micros


async def test_report_7_the_engine_could_not_run_most_executions_and_had_run_some(
    world: World,
) -> None:
    """py-clob-client 331. Some were taken and some not, and the words are the same. Who goes on
    into such an engine hurts himself: after five in a row there are no entries for a while."""
    await world.start()
    for kind in ("error_after", "error_before"):
        await world.venue.fault(kind, POST, times=3, text="could not run the execution")
    for of in range(5):
        await world.feeder.buy(of=of)
    await world.venue.until(lambda journal: len(journal.posts()) >= 6)
    await world.feeder.buy(of=5)

    verdict = await world.holds()
    journal = await world.venue.journal()
    assert sum(post.status == 500 for post in journal.posts()) == 6
    assert verdict.orders >= 3
    assert not world.watch.of(OrderFailed)
    refused = world.watch.of(OrderRefused)
    assert {one.refusals[0].code for one in refused} == {RefusalCode.VENUE_UNSTABLE}


async def test_report_8_not_enough_balance_though_there_was(
    nursery: Nursery, tmp_path: Path
) -> None:
    """py-clob-client 287. After some fills the venue counts what was matched twice. Its "no" is
    proven, so nothing is locked by it and no other order is made of the same decision; when it
    counts rightly again, trading goes on."""
    wallet = scenes.wallet(cash=11)
    scene = scenes.scenario("8", more=wallet)
    async with open_world(nursery, tmp_path, scenario=scene) as world:
        await world.start()
        await world.venue.fault("stale_balance", "balance")
        for of in range(3):
            await world.feeder.buy(dollars=3, of=of)
        [failed, *_] = await world.watch.heard(OrderFailed)
        assert failed.code is FailureCode.BALANCE_OR_ALLOWANCE
        await world.venue.heal()

        await world.holds()
        orders = world.watch.account.orders.values()
        assert all(not order.locked_micros for order in orders)
        assert len({order.trade_id for order in orders}) == len(orders)


def open_orders(world: World) -> list[Order]:
    account = world.watch.account
    return [account.orders[order_id] for order_id in account.open_ids]


def assert_held_as_confirmed(world: World, journal: Journal) -> None:
    """What the account holds is what the venue's confirmed trades add up to."""
    held: Counter[str] = Counter()
    for fill in journal.fills:
        if fill.status == "CONFIRMED":
            held[fill.token_id] += fill.size_micros if fill.side == "BUY" else -fill.size_micros
    account = world.watch.account
    ours = {token: position.size_micros for token, position in account.positions.items()}
    assert ours == {token: size for token, size in held.items() if size}
    assert world.watch.fills()
