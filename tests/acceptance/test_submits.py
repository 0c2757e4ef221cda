"""What a sending proves: E70 to E74, and the rest of E78."""

from typing import Any

import pytest

from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderFailed,
    OrderLost,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.terms import FailureCode, RefusalCode
from polycopy.trading.order_life import OrderState
from tests.acceptance.pair import CAPITAL, COPY, Pair
from tests.support.signalling import decision

POST = "POST /order"
FIVE_DOLLARS = decision(COPY, notional=5 * MICROS, limit=500_000)
ENDS = (OrderFailed, OrderCancelled, OrderLost)
NO_ANSWER: list[dict[str, Any]] = [
    {"kind": "lost_before"},
    {"kind": "lost_after"},
    {"kind": "error_before", "status": 500},
    {"kind": "error_after", "status": 500},
    {"kind": "error_before", "status": 400, "text": "something that nobody has ever read"},
    {"kind": "error_before", "status": 425, "text": "Too Early"},
    {"kind": "error_before", "status": 429, "text": "Too Many Requests"},
    {"kind": "garbage", "status": 200},
    {"kind": "garbage", "status": 502},
    {"kind": "null_answer"},
    {"kind": "missing_keys", "keys": ["orderID"]},
]


def named(fault: dict[str, Any]) -> str:
    return f"{fault['kind']} {fault.get('status', '')}".strip()


async def accepted(pair: Pair) -> list[str]:
    """The orders that the venue took, as often as it took them."""
    orders = await pair.control.journal("orders")
    return [one["venue_order_id"] for one in orders if one["accepted"]]


async def is_no_rejection(pair: Pair) -> None:
    """What was sent last is unknown, and found once the venue can be understood."""
    [request], [_] = await pair.said(OrderRequested), await pair.said(OrderUncertain)
    assert isinstance(request, OrderRequested)
    assert await pair.said(*ENDS) == []
    account = await pair.account()
    assert account.locked_micros == request.lock_micros > 5 * MICROS
    await pair.heal()
    await pair.rounds(2)
    assert await accepted(pair) == [request.venue_order_id]
    assert await pair.said(*ENDS) == []
    assert (await pair.order(request.order_id)).state is OrderState.FILLED


@pytest.mark.parametrize("fault", NO_ANSWER, ids=named)
async def test_a_sending_without_a_clear_answer_is_no_rejection(
    pair: Pair, fault: dict[str, Any]
) -> None:
    """E74: the transport, the server, and what cannot be read."""
    await pair.fault(on=POST, **fault)

    await pair.copy(FIVE_DOLLARS)

    await is_no_rejection(pair)


@pytest.mark.parametrize("kind", ["slow", "slow_answer"])
async def test_a_sending_whose_answer_takes_too_long_is_no_rejection(pair: Pair, kind: str) -> None:
    """E74: the time limit, before the venue looked at it and after."""
    async with pair.hasty():
        await pair.fault(kind, POST, delay_ms=60_000)

        await pair.copy(FIVE_DOLLARS)

        await is_no_rejection(pair)


async def test_an_answer_that_the_order_is_there_already_means_that_it_is_there(
    pair: Pair,
) -> None:
    """E74: "Duplicated" sounds like a rejection."""
    await pair.fault("duplicated", "order")

    await pair.copy(FIVE_DOLLARS)
    await pair.rounds(1)

    [placed] = await pair.said(OrderPlaced)
    assert isinstance(placed, OrderPlaced)
    assert placed.adopted == "duplicated"
    assert (await pair.order(placed.order_id)).state is OrderState.FILLED
    assert await accepted(pair) == [placed.venue_order_id]


async def test_when_the_last_try_has_failed_the_order_is_still_only_unknown(pair: Pair) -> None:
    """E74: it is sent for a minute, and then no more; its money stays locked."""
    await pair.fault("error_before", POST, status=503)
    await pair.copy(FIVE_DOLLARS)
    for _ in range(7):
        await pair.elapse(10_000)
        await pair.tick()
    sent = len(await pair.paths("POST"))

    for _ in range(6):
        await pair.elapse(10_000)
        await pair.tick()

    assert len(await pair.paths("POST")) == sent
    assert await pair.said(*ENDS) == []
    [order] = (await pair.account()).orders.values()
    assert order.state is OrderState.UNCERTAIN
    assert order.locked_micros > 5 * MICROS


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invalid order payload", FailureCode.INVALID_PAYLOAD),
        ("order 0x1 is invalid. Price (0.5) breaks minimum tick size rule: 0.1", None),
        ("the market is not yet ready to process new orders", FailureCode.MARKET_NOT_READY),
        ("invalid post-only order: order crosses book", FailureCode.CROSSES_BOOK),
    ],
    ids=["payload", "tick", "not ready", "post-only"],
)
async def test_the_venue_s_own_no_ends_the_order_and_frees_its_money(
    pair: Pair, text: str, code: FailureCode | None
) -> None:
    """E70, E78: known words in the venue's own shape are a proof."""
    await pair.fault("error_before", POST, status=400, text=text)

    await pair.copy(FIVE_DOLLARS)
    await pair.rounds(3)

    [failed] = await pair.said(OrderFailed)
    assert isinstance(failed, OrderFailed)
    assert failed.code is (code or FailureCode.TICK_SIZE)
    assert (await pair.paths("POST")).count("/order") == 1
    account = await pair.account()
    assert (account.locked_micros, account.free_micros) == (0, CAPITAL)


async def test_an_exit_without_a_position_does_not_leave(pair: Pair) -> None:
    """E71: every SELL only reduces here."""
    await pair.copy(decision(COPY, notional=0, size=10 * MICROS, limit=10_000), side=Side.SELL)

    [refused] = await pair.said(OrderRefused)
    assert isinstance(refused, OrderRefused)
    assert RefusalCode.NO_POSITION in {one.code for one in refused.refusals}
    assert "/order" not in await pair.paths("POST")
    assert (await pair.account()).free_micros == CAPITAL
