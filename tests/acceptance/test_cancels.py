"""Orders at rest that are to rest no more: E40 to E44, and E75, E77 and E78 of cancels."""

from typing import Any

import pytest

from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderCancelAnswered, OrderCancelled, OrderCancelRequested
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from tests.acceptance.pair import CAPITAL, Pair
from tests.support.directing import rests
from tests.support.signalling import LIVE

STOP = TradingStateSet(
    account=AccountId(""), state=TradingState.HALTED, operator="ann", cancel_open=True
)
NO_ANSWER: list[dict[str, Any]] = [
    {"kind": "lost_before"},
    {"kind": "lost_after"},
    {"kind": "error_before", "status": 500},
    {"kind": "error_after", "status": 502},
    {"kind": "error_before", "status": 429, "text": "Too Many Requests"},
    {"kind": "garbage", "status": 200},
    {"kind": "null_answer"},
    {"kind": "missing_keys", "keys": ["canceled"]},
]


def named(fault: dict[str, Any]) -> str:
    return f"{fault['kind']} {fault.get('status', '')}".strip()


async def two_rest(pair: Pair) -> None:
    await pair.rest(rests(pair.control, 1), "a")
    await pair.rest(rests(pair.control, 2), "b")


async def states(pair: Pair) -> list[OrderState]:
    return [(await pair.order(name)).state for name in ("a", "b")]


async def verdicts(pair: Pair) -> list[CancelVerdict | None]:
    return [(await pair.order(name)).cancel_verdict for name in ("a", "b")]


async def test_a_resting_order_is_cancelled_and_then_its_money_is_free(pair: Pair) -> None:
    """E40: wanted, answered, ended, in this order."""
    at_rest = await pair.rest(rests(pair.control))

    await pair.cancel("a")

    assert not await pair.in_the_book()
    assert (await pair.order()).locked_micros == at_rest.locked_micros > 0
    await pair.rounds(1)
    kinds = (OrderCancelRequested, OrderCancelAnswered, OrderCancelled)
    assert [type(one) for one in await pair.said(*kinds)] == list(kinds)
    order = await pair.order()
    assert (order.state, order.venue_order_id) == (OrderState.CANCELLED, at_rest.venue_order_id)
    assert (await pair.account()).free_micros == CAPITAL


async def test_the_kill_switch_cancels_all_that_rest_with_one_request(pair: Pair) -> None:
    """E41, E43, E81: this is what stopping is here."""
    await two_rest(pair)

    await pair.wish(STOP)
    await pair.tick()

    assert await pair.paths("DELETE") == ["/orders"]
    assert not await pair.in_the_book()
    await pair.rounds(1)
    assert await states(pair) == 2 * [OrderState.CANCELLED]
    assert (await pair.account()).free_micros == CAPITAL


async def test_orders_are_cancelled_one_by_one_where_the_operator_says_so(pair: Pair) -> None:
    """E42."""
    await two_rest(pair)

    await pair.cancel("a")
    assert len(await pair.in_the_book()) == 1
    await pair.cancel("b")

    assert await pair.paths("DELETE") == ["/order", "/order"]
    await pair.rounds(1)
    assert await states(pair) == 2 * [OrderState.CANCELLED]


async def test_what_is_cancelled_is_not_cancelled_again(pair: Pair) -> None:
    """E44: nothing is sent, and nothing is said."""
    await pair.rest(rests(pair.control))
    await pair.cancel("a")
    await pair.rounds(1)
    version = (await pair.account()).version

    await pair.cancel("a")
    await pair.rounds(1)

    assert (await pair.account()).version == version
    assert await pair.paths("DELETE") == ["/order"]


async def test_a_cancel_of_what_the_venue_has_cancelled_finds_nothing_and_it_ends_once(
    pair: Pair,
) -> None:
    """E44: the log does not know it yet."""
    await pair.rest(rests(pair.control))
    await pair.control.done("cancel_orders")

    await pair.cancel("a")

    order = await pair.order()
    assert (order.state, order.cancel_verdict) == (OrderState.OPEN, CancelVerdict.NOT_FOUND)
    await pair.rounds(3)
    assert len(await pair.said(OrderCancelled)) == len(await pair.said(OrderCancelAnswered)) == 1
    assert (await pair.account()).free_micros == CAPITAL


@pytest.mark.parametrize("fault", NO_ANSWER, ids=named)
async def test_a_cancel_without_a_clear_answer_decides_nothing(
    pair: Pair, fault: dict[str, Any]
) -> None:
    """E75."""
    at_rest = await pair.rest(rests(pair.control))
    await pair.fault(on="DELETE /order", **fault)

    await pair.cancel("a")

    await undecided(pair, at_rest)


async def test_a_cancel_whose_answer_takes_too_long_decides_nothing(pair: Pair) -> None:
    """E75."""
    at_rest = await pair.rest(rests(pair.control))
    async with pair.hasty():
        await pair.fault("slow_answer", "DELETE /order", delay_ms=60_000)

        await pair.cancel("a")

        await undecided(pair, at_rest)


async def undecided(pair: Pair, at_rest: Order) -> None:
    """The cancel has changed nothing, and ends its order once the venue can be understood."""
    order = await pair.order()
    assert (order.state, order.cancel_verdict) == (OrderState.OPEN, CancelVerdict.UNKNOWN)
    assert order.locked_micros == at_rest.locked_micros
    await pair.heal()
    await pair.rounds(2)
    assert (await pair.order()).state is OrderState.CANCELLED
    assert len(await pair.said(OrderCancelled)) == 1
    assert not await pair.in_the_book()


@pytest.mark.parametrize("fault", NO_ANSWER[1::2], ids=named)
async def test_cancels_that_failed_as_a_whole_decide_about_none_of_their_orders(
    pair: Pair, fault: dict[str, Any]
) -> None:
    """E77."""
    await two_rest(pair)
    await pair.fault(on="DELETE /orders", **fault)

    await pair.wish(STOP)
    await pair.tick()

    assert await states(pair) == 2 * [OrderState.OPEN]
    assert await verdicts(pair) == 2 * [CancelVerdict.UNKNOWN]
    await pair.heal()
    await pair.rounds(2)
    assert await states(pair) == 2 * [OrderState.CANCELLED]


async def test_cancels_in_one_request_are_each_decided_by_the_answer_s_own_word(
    pair: Pair,
) -> None:
    """E78: one was matched in the meantime, and only the other is cancelled."""
    await pair.rest(rests(pair.control, 1), "a")
    await pair.control.done("take", market="mine", side="SELL", size=20, price=0.45)
    await pair.place(rests(pair.control, 2), "b")

    await pair.wish(STOP)
    await pair.tick()

    assert await verdicts(pair) == [CancelVerdict.MATCHED, CancelVerdict.CANCELLED]
    assert await pair.paths("DELETE") == ["/orders"]
    await pair.rounds(1)
    assert await states(pair) == [OrderState.FILLED, OrderState.CANCELLED]
    account = await pair.account()
    assert (account.locked_micros, account.account) == (0, LIVE)
    assert account.free_micros == CAPITAL - 9_000_000
