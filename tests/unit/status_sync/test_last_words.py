"""Which of the venue's words end an order, and which only seem to."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderReport, OrderStatus
from polycopy.polymarket.user_channel import feed
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderCancelled, OrderPartiallyFilled
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core.reconcile import denied
from tests.support.recordings import recording
from tests.support.trading import ONE, OPENING, placed, requested, venue_id
from tests.unit.status_sync.test_reconcile import after, hear, report, trade

TAKING = requested(lock=11 * ONE)
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
