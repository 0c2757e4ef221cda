"""Times that lie in our future count from when they were found there."""

import msgspec
import pytest
from immutables import Map

from polycopy.schemas.ids import OrderId, TokenId
from polycopy.schemas.orders import OrderCancelAnswered, OrderCancelRequested, OrderEvent
from polycopy.schemas.terms import CancelVerdict, OrderType
from polycopy.status_sync.core import future
from polycopy.status_sync.core.future import AHEAD_MS, Finds, Found
from polycopy.status_sync.core.ledger import SETTLED, Ledger
from polycopy.trading.order_state import Order
from tests.support.trading import ONE, OPENING, TOKEN, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, learn

A = OrderId("a")
NOW_MS = 1_000_000
LATER_MS = NOW_MS + 10_000
DAY_MS = 86_400_000
AHEAD = NOW_MS + DAY_MS
RESTING = msgspec.structs.replace(
    requested(order_type=OrderType.GTC, lock=10 * ONE), requested_at_ms=AHEAD
)
TAKEN = msgspec.structs.replace(placed(), sent_at_ms=AHEAD, placed_at_ms=AHEAD + 1)
ASKED = OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=AHEAD)
CANCELLED = OrderCancelAnswered(
    order_id=A, verdict=CancelVerdict.CANCELLED, cancel_answered_at_ms=NOW_MS
)


def at(at_ms: int, *, stepped_ms: int = 0) -> Found:
    return Found(at_ms=at_ms + stepped_ms, steady_ms=at_ms - NOW_MS)


def seen(held: Ledger, finds: Finds, now: Found) -> tuple[Ledger, Finds]:
    finds = future.find(finds, held, now)
    return future.dated(held, finds), finds


def times(order: Order) -> tuple[int, int, int, int]:
    heard_ms, touched_ms = order.heard_at_ms, order.touched_at_ms
    return order.requested_at_ms, heard_ms, order.cancel_requested_at_ms, touched_ms


def test_every_time_of_an_order_counts_from_when_it_was_found_first() -> None:
    held = after(*OPENING, RESTING, TAKEN, ASKED)
    _, finds = seen(held, Map(), at(NOW_MS))

    dated, _ = seen(held, finds, at(LATER_MS))

    assert times(dated.account.orders[A]) == (NOW_MS, NOW_MS, NOW_MS, NOW_MS)
    assert times(held.account.orders[A])[0] == AHEAD


@pytest.mark.parametrize("at_ms", [AHEAD - AHEAD_MS, AHEAD, AHEAD + DAY_MS])
def test_what_may_be_no_more_than_two_clocks_apart_is_taken_as_it_is(at_ms: int) -> None:
    held = after(*OPENING, RESTING)
    _, finds = seen(held, Map(), at(NOW_MS))

    assert seen(held, finds, at(at_ms)) == (held, Map())


@pytest.mark.parametrize(
    ("news", "found"),
    [
        ([filled(size=ONE, notional=ONE // 2, partially=True)], (LATER_MS, LATER_MS, NOW_MS)),
        ([CANCELLED], (NOW_MS, NOW_MS, NOW_MS)),
        ([], (NOW_MS, NOW_MS, NOW_MS)),
    ],
    ids=["match", "answer to a cancel", "nothing"],
)
def test_what_the_venue_tells_of_an_order_later_counts_from_later(
    news: list[OrderEvent], found: tuple[int, int, int]
) -> None:
    """Though its own time leaves the one that lies in the future as it is."""
    held = after(*OPENING, RESTING, TAKEN, ASKED)
    _, finds = seen(held, Map(), at(NOW_MS))

    dated, _ = seen(learn(held, news), finds, at(LATER_MS))

    assert times(dated.account.orders[A])[:3] == found
    touched_ms = LATER_MS if news else NOW_MS
    assert dated.account.orders[A].touched_at_ms == touched_ms


@pytest.mark.parametrize("stepped_ms", [-DAY_MS, DAY_MS // 2])
def test_a_step_of_our_own_clock_makes_a_new_find(stepped_ms: int) -> None:
    held = after(*OPENING, RESTING)
    _, finds = seen(held, Map(), at(NOW_MS))

    dated, _ = seen(held, finds, at(LATER_MS, stepped_ms=stepped_ms))

    assert dated.account.orders[A].requested_at_ms == LATER_MS + stepped_ms


def test_tokens_are_dated_and_settled_ones_are_not() -> None:
    touched = Map({TOKEN: AHEAD, TokenId("8"): SETTLED, TokenId("9"): 5})
    held = msgspec.structs.replace(after(*OPENING), touched=touched, touched_at_ms=AHEAD)

    dated, _ = seen(held, Map(), at(NOW_MS))

    assert dict(dated.touched) == {TOKEN: NOW_MS, TokenId("8"): SETTLED, TokenId("9"): 5}
    assert dated.touched_at_ms == NOW_MS
