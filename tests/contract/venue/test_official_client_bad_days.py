"""The official client on the venue's worst days: it raises what it was written to raise."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from polymarket import AsyncSecureClient
from polymarket.errors import (
    OrderHeartbeatMismatchError,
    RateLimitError,
    RequestRejectedError,
    TransportError,
    UnexpectedResponseError,
)
from polymarket.models.clob.order_response import AcceptedOrder, RejectedOrder
from polymarket.models.clob.orders import SignedOrder
from polymarket.rate_limit import RateLimitUpdate

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.commands import Mode, RestartEngine, SetFault
from polycopy.runtime.clock import SystemClock
from tests.contract.venue.conftest import KEY, environment
from tests.support.paper_venue import Running, paper_venue


def steer(venue: Running, command: Mode | RestartEngine | SetFault) -> None:
    venue.venue.pipeline.steer(command, venue.venue.now_us())


def switch_on(venue: Running, kind: FaultKind, on: str = "POST /order", **more: Any) -> None:
    steer(venue, SetFault(fault=Fault(kind=kind, on=on, times=1, **more)))


async def resting(client: AsyncSecureClient, venue: Running, *, maker: bool = False) -> SignedOrder:
    """A BUY at 2 cents, which meets nobody."""
    return await client.create_limit_order(
        token_id=venue.script.markets[0].tokens[0].token_id,
        price="0.02",
        size="10",
        side="BUY",
        post_only=maker,
    )


async def rejected(client: AsyncSecureClient, order: SignedOrder) -> RequestRejectedError:
    with pytest.raises(RequestRejectedError) as refused:
        await client.post_order(order)
    return refused.value


async def open_ids(client: AsyncSecureClient) -> list[str]:
    return [order.id async for order in client.list_open_orders().iter_items()]


async def test_a_restart_is_a_restriction_with_an_end(
    venue: Running, client: AsyncSecureClient
) -> None:
    order, maker = await resting(client, venue), await resting(client, venue, maker=True)
    steer(venue, RestartEngine(restarting_ms=15_000, post_only_ms=10_000))

    error = await rejected(client, order)
    assert (error.status, error.restriction, error.retry_after) == (425, "restarting", 15)

    venue.venue.agenda.advance(15_000)
    error = await rejected(client, order)
    assert (error.status, error.restriction, error.code) == (503, "post_only", "post_only_mode")
    assert error.retry_after == 10
    assert isinstance(await client.post_order(maker), AcceptedOrder)

    venue.venue.agenda.advance(10_000)
    assert isinstance(await client.post_order(order), AcceptedOrder)


async def test_a_batch_in_post_only_mode_is_rejected_order_by_order(
    venue: Running, client: AsyncSecureClient
) -> None:
    order, maker = await resting(client, venue), await resting(client, venue, maker=True)
    steer(venue, Mode(mode="post_only"))

    taker_answer, maker_answer = await client.post_orders([order, maker])

    assert isinstance(taker_answer, RejectedOrder)
    assert taker_answer.code == "post_only_mode"
    assert isinstance(maker_answer, AcceptedOrder)
    assert await open_ids(client) == [maker_answer.order_id]


async def test_cancel_only_is_a_restriction_under_which_cancels_work(
    venue: Running, client: AsyncSecureClient
) -> None:
    placed = await client.post_order(await resting(client, venue))
    assert isinstance(placed, AcceptedOrder)
    steer(venue, Mode(mode="cancel_only"))

    error = await rejected(client, await resting(client, venue))

    assert (error.status, error.restriction) == (503, "cancel_only")
    assert (await client.cancel_all()).canceled == (placed.order_id,)


async def test_an_answer_without_its_keys_hides_an_order_that_is_in_the_book(
    venue: Running, client: AsyncSecureClient
) -> None:
    switch_on(venue, FaultKind.MISSING_KEYS, keys=("status",))

    with pytest.raises(UnexpectedResponseError):
        await client.post_order(await resting(client, venue))

    assert len(await open_ids(client)) == 1


async def test_a_null_order_is_an_unexpected_answer(
    venue: Running, client: AsyncSecureClient
) -> None:
    placed = await client.post_order(await resting(client, venue))
    assert isinstance(placed, AcceptedOrder)
    switch_on(venue, FaultKind.NULL_ANSWER, on="GET /data/order")

    with pytest.raises(UnexpectedResponseError):
        await client.get_order(order_id=placed.order_id)

    assert (await client.get_order(order_id=placed.order_id)).status == "LIVE"


async def test_a_lost_answer_is_a_transport_error_and_a_second_post_is_a_duplicate(
    venue: Running, client: AsyncSecureClient
) -> None:
    order = await resting(client, venue)
    switch_on(venue, FaultKind.LOST_AFTER)

    with pytest.raises(TransportError):
        await client.post_order(order)

    error = await rejected(client, order)
    assert error.status == 400
    assert "Duplicated." in str(error)


async def test_heartbeats_chain_and_a_stale_one_learns_the_right_id(
    venue: Running, client: AsyncSecureClient
) -> None:
    await client.post_order(await resting(client, venue))
    first = await client.send_order_heartbeat()
    second = await client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)

    with pytest.raises(OrderHeartbeatMismatchError) as stale:
        await client.send_order_heartbeat(heartbeat_id=first.heartbeat_id)

    assert stale.value.heartbeat_id == second.heartbeat_id
    assert len(await open_ids(client)) == 1
    venue.venue.agenda.advance(10_000)
    assert await open_ids(client) == []


class StoppedClock:
    """Implements Clock: the time at which it was made, so that no bucket is refilled meanwhile."""

    def __init__(self) -> None:
        self._stopped_at_us = SystemClock().now_us()

    def now_us(self) -> int:
        return self._stopped_at_us


@pytest.fixture
async def strict() -> AsyncIterator[Running]:
    async with paper_venue(clock=StoppedClock(), limiting=Limiting.ENFORCED) as running:
        yield running


async def test_limits_are_told_with_every_order_and_enforced(strict: Running) -> None:
    updates: list[RateLimitUpdate] = []
    client = await AsyncSecureClient.create(
        private_key=KEY.hex,
        wallet=KEY.address,
        environment=environment(strict),
        on_rate_limit_update=updates.append,
    )
    orders = [await resting(client, strict) for _ in range(16)]
    await client.post_order(orders[-1])
    assert (updates[-1].remaining, updates[-1].tier, updates[-1].warning) == (59, "standard", False)

    for _ in range(3):
        await client.post_orders(orders[:15])
    with pytest.raises(RateLimitError) as limited:
        await client.post_orders(orders[:15])

    assert limited.value.retry_after == 1
    assert limited.value.rate_limit == updates[-1]
    assert updates[-1].remaining == 60 - 1 - 45
    await client.close()
