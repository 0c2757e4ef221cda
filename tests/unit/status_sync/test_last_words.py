"""Which of the venue's words end an order, and which only seem to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderReport, OrderStatus
from polycopy.polymarket.user_channel import feed
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderEvent,
    OrderExpired,
    OrderLost,
    OrderPartiallyFilled,
)
from polycopy.schemas.terms import CancelVerdict, OrderType
from polycopy.status_sync.core.endings import denied
from tests.support.recordings import recording
from tests.support.trading import ONE, OPENING, placed, requested, venue_id
from tests.unit.status_sync.test_reconcile import after, hear, report, trade

TAKING = requested(lock=11 * ONE)
RESTING = requested(order_type=OrderType.GTD, lock=10 * ONE)
A = OrderId("a")
KILLABLE = requested(order_type=OrderType.FOK, lock=11 * ONE)
GRACE_MS = 60_000
TIMES = st.integers(1_000, 200_000)
SIZES = st.none() | st.integers(0, 20 * ONE)


@pytest.mark.parametrize("matched", [None, 0])
def test_a_match_of_no_size_ends_nothing_while_its_fill_is_to_come(matched: int | None) -> None:
    held, said = hear(after(*OPENING, TAKING, placed()), report(OrderStatus.MATCHED, matched))
    assert said == []
    assert held.account.locked_micros == 11 * ONE

    _, said = hear(held, trade(size=8 * ONE))
    assert [type(event) for event in said] == [OrderPartiallyFilled]


@given(SIZES, st.sampled_from(OrderStatus))
def test_a_match_unlocks_nothing_before_its_first_fill(
    matched: int | None, other: OrderStatus
) -> None:
    words = [report(OrderStatus.MATCHED, matched), report(other, None)]

    held, said = hear(after(*OPENING, TAKING, placed()), *words)

    assert said == []
    assert held.account.locked_micros == 11 * ONE


@given(st.integers(1, 1_000))
def test_a_match_as_small_as_dust_is_waited_for_too(matched: int) -> None:
    held, said = hear(after(*OPENING, TAKING, placed()), report(OrderStatus.MATCHED, matched))
    assert said == []

    _, said = hear(held, trade(size=matched))
    assert [type(event) for event in said] == [OrderPartiallyFilled, OrderCancelled]


@pytest.mark.parametrize("status", [OrderStatus.CANCELED, OrderStatus.INVALID, OrderStatus.EXPIRED])
def test_an_end_that_does_not_tell_what_was_matched_waits_for_one_that_does(
    status: OrderStatus,
) -> None:
    held, said = hear(after(*OPENING, TAKING, placed()), report(status, None))
    assert said == []

    assert len(hear(held, report(status, 0))[1]) == 1


def test_a_killed_order_as_it_was_recorded_ends_at_once() -> None:
    [killed] = feed(recording("nautilus/rust/ws_user_order_fok_killed.json"))
    assert isinstance(killed, OrderReport)
    killed = msgspec.structs.replace(killed, venue_order_id=venue_id("a"))

    held, [ended] = hear(after(*OPENING, KILLABLE, placed()), killed)

    assert isinstance(ended, OrderCancelled)
    assert held.account.locked_micros == 0


def test_an_order_sent_again_late_has_its_whole_grace_from_then() -> None:
    late = msgspec.structs.replace(placed(), sent_at_ms=60_900, placed_at_ms=61_000)
    account = after(*OPENING, TAKING, late).account

    assert denied(account, [OrderId("a")], at_ms=61_001, grace_ms=GRACE_MS) == []


@given(
    sent=st.just(0) | TIMES, told=TIMES, matched=st.none() | TIMES, at_ms=st.integers(0, 400_000)
)
def test_a_denial_ends_nothing_within_the_grace_after_the_order_was_last_heard_of(
    sent: int, told: int, matched: int | None, at_ms: int
) -> None:
    held = after(
        *OPENING, TAKING, msgspec.structs.replace(placed(), sent_at_ms=sent, placed_at_ms=told)
    )
    if matched is not None:
        match = msgspec.structs.replace(trade(size=ONE), matched_at_ms=matched)
        held, _ = hear(held, match)
    heard_ms = max(TAKING.requested_at_ms, sent, told, matched or 0)

    said = denied(held.account, [OrderId("a")], at_ms=at_ms, grace_ms=GRACE_MS)

    assert bool(said) is (at_ms - heard_ms >= GRACE_MS)


def test_a_match_before_the_executor_s_own_word_counts_as_hearing_of_it() -> None:
    late = msgspec.structs.replace(trade(size=ONE), matched_at_ms=60_500)
    held, _ = hear(after(*OPENING, TAKING), late)

    assert denied(held.account, [OrderId("a")], at_ms=61_001, grace_ms=GRACE_MS) == []


def cancelled(verdict: CancelVerdict) -> list[OrderEvent]:
    asked = OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=2_000)
    answered = OrderCancelAnswered(order_id=A, verdict=verdict, cancel_answered_at_ms=100_000)
    return [asked, answered]


def test_what_the_venue_cancelled_and_holds_no_more_has_ended_a_while_after_its_answer() -> None:
    account = after(*OPENING, RESTING, placed(), *cancelled(CancelVerdict.CANCELLED)).account

    assert denied(account, [A], at_ms=159_999) == []
    [ended] = denied(account, [A], at_ms=160_000)
    assert isinstance(ended, OrderCancelled)


@pytest.mark.parametrize(
    "verdict", [verdict for verdict in CancelVerdict if verdict is not CancelVerdict.CANCELLED]
)
def test_no_other_answer_to_a_cancel_ends_what_may_rest(verdict: CancelVerdict) -> None:
    account = after(*OPENING, RESTING, placed(), *cancelled(verdict)).account

    assert denied(account, [A], at_ms=10**9) == []


def test_what_the_venue_holds_no_more_after_its_time_has_expired() -> None:
    until = msgspec.structs.replace(RESTING, expires_at_ms=500_000)
    account = after(*OPENING, until, placed()).account

    assert denied(account, [A], at_ms=559_999) == []
    [ended] = denied(account, [A], at_ms=560_000)
    assert isinstance(ended, OrderExpired)


def test_a_lost_order_stays_lost_however_long_it_is_denied() -> None:
    lost = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=1_500, lost_at_ms=1_600)
    account = after(*OPENING, TAKING, lost).account

    assert denied(account, [A], at_ms=10**9) == []
