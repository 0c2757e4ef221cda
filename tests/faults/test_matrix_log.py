"""Rows 6, 12, 13, 14 and 25 of the fault matrix: the log's server dies, its answers and the
answers of its workers are lost, deliveries come twice and out of order, consumers are deleted."""

import asyncio
from contextlib import suppress

import pytest

from polycopy.runtime.nats_api import Api, ApiRefusal
from polycopy.schemas.orders import OrderRequested
from tests.faults.harness import EXECUTOR
from tests.faults.harness.world import World
from tests.support.nats_proxy import Loss
from tests.support.nats_raw import consumers, raw_api

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_row_6_kill_nine_of_the_log_s_server_loses_nothing_that_it_acknowledged(
    world: World,
) -> None:
    await world.start()
    feeding = asyncio.create_task(world.feeder.run(60, per_second=40))
    for orders in (5, 15, 25):
        await world.watch.heard(OrderRequested, times=orders)
        await world.crash_server()
    await feeding

    assert (await world.holds()).orders >= 25
    assert len(world.proxy.acknowledged) >= 100


@pytest.mark.long
async def test_row_12_an_answer_of_the_log_that_is_lost_makes_no_second_event(
    world: World,
) -> None:
    """The same message is sent again, and found: by its id, or in its place."""
    await world.start()
    world.proxy.lose(Loss.PUB_ACK, chance=0.2, times=4)

    await world.feeder.run(20, per_second=40)

    assert (await world.holds()).orders
    assert world.proxy.struck[Loss.PUB_ACK] == 4


@pytest.mark.long
async def test_row_13_a_worker_s_answer_that_is_lost_brings_the_signal_again_and_no_order(
    world: World,
) -> None:
    """It comes again only after the acknowledgement wait of 5 s, and the others wait behind it."""
    await world.start()
    await world.feeder.buy()
    await world.watch.heard(OrderRequested)
    world.proxy.lose(Loss.CONSUMER_ACK, times=1, consumer=EXECUTOR)

    await world.feeder.run(10, per_second=40)

    assert (await world.holds()).orders
    assert world.proxy.struck[Loss.CONSUMER_ACK] == 1
    assert '"attempt": 2' in world.supervisor.said(EXECUTOR)


async def test_row_14_deliveries_that_come_twice_and_out_of_order_change_nothing(
    world: World,
) -> None:
    await world.start()
    world.proxy.lose(Loss.TWICE, chance=0.3)
    world.proxy.lose(Loss.SWAPPED, chance=0.3)

    await world.feeder.run(30, per_second=40)

    assert (await world.holds()).orders
    assert world.proxy.struck[Loss.TWICE] >= 3
    assert world.proxy.struck[Loss.SWAPPED] >= 3


async def test_row_25_consumers_that_are_deleted_under_way_cost_no_signal_and_double_none(
    world: World,
) -> None:
    """Where a worker goes on is in the log: a consumer that begins anew brings nothing new."""
    await world.start()
    feeding = asyncio.create_task(world.feeder.run(40, per_second=40))
    async with raw_api(world.server.whole) as (_, api):
        for orders in (5, 15):
            await world.watch.heard(OrderRequested, times=orders)
            for name in await consumers(api):
                await delete(api, name)
        await feeding
        await world.supervisor.stop(EXECUTOR)
        await delete(api, EXECUTOR)
    await world.feeder.buy()
    await world.supervisor.start(EXECUTOR, world.executor())

    assert (await world.holds()).orders >= 15


async def delete(api: Api, consumer: str) -> None:
    with suppress(ApiRefusal):  # A follower that is done deletes its own.
        await api.ask(f"CONSUMER.DELETE.EVENTS.{consumer}")
