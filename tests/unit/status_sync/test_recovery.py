"""A lost order that somebody shows is recovered before anything else is said of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderStatus, TradeStatus
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderEvent,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderRecovered,
)
from polycopy.schemas.terms import OrderType
from polycopy.status_sync.core.reconcile import Report, sighted
from polycopy.trading.invariants import check
from polycopy.trading.order_life import OrderState
from tests.support.trading import ACCOUNT, ONE, OPENING, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, hear, learn, report, trade

A = OrderId("a")
LOST = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=1_500, lost_at_ms=1_600)
TAKING: list[OrderEvent] = [*OPENING, requested(lock=11 * ONE), LOST]
RESTING: list[OrderEvent] = [
    *OPENING,
    requested(order_type=OrderType.GTC, lock=10 * ONE),
    placed(),
    LOST,
]
PARTLY: list[OrderEvent] = [
    *RESTING[:-1],
    filled(size=4 * ONE, notional=2 * ONE, partially=True),
    LOST,
]


def kinds(said: list[OrderEvent]) -> list[type[OrderEvent]]:
    return [type(event) for event in said]


def test_a_late_match_recovers_what_was_lost() -> None:
    held, said = hear(after(*TAKING), trade())

    assert kinds(said) == [OrderRecovered, OrderFilled]
    [recovered, _] = said
    assert isinstance(recovered, OrderRecovered)
    assert (recovered.source, recovered.status) == ("test", "MATCHED")
    assert held.account.orders[A].state is OrderState.FILLED


def test_what_is_still_in_the_book_locks_its_money_again() -> None:
    lost = after(*RESTING)
    assert lost.account.locked_micros == 0

    held, said = hear(lost, report(OrderStatus.LIVE))

    assert kinds(said) == [OrderRecovered]
    assert held.account.locked_micros == 10 * ONE


def test_the_venue_s_last_word_recovers_and_ends_it() -> None:
    held, said = hear(after(*RESTING), report(OrderStatus.CANCELED, 0))

    assert kinds(said) == [OrderRecovered, OrderCancelled]
    assert held.account.orders[A].state is OrderState.CANCELLED


def test_its_last_word_waits_for_the_matches_that_it_counts() -> None:
    held, said = hear(after(*RESTING), report(OrderStatus.CANCELED, 8 * ONE))
    assert kinds(said) == [OrderRecovered]

    _, said = hear(held, trade(size=8 * ONE))

    assert kinds(said) == [OrderPartiallyFilled, OrderCancelled]


@pytest.mark.parametrize("status", list(TradeStatus))
def test_the_way_of_a_match_that_was_known_recovers_nothing(status: TradeStatus) -> None:
    known = trade(size=4 * ONE, status=status)

    _, said = hear(after(*PARTLY), known)

    assert OrderRecovered not in kinds(said)
    assert all(isinstance(event, FillConfirmed | FillReverted) for event in said)
    assert sighted(after(*PARTLY).account, [known]) == set()


def test_a_match_that_failed_shows_that_it_was_there_and_gives_no_shares() -> None:
    held, said = hear(after(*TAKING), trade(status=TradeStatus.FAILED))

    assert kinds(said) == [OrderRecovered, FillReverted, OrderFilled]
    assert not held.account.positions


def test_new_matches_and_every_report_of_the_order_itself_are_sights_of_it() -> None:
    account = after(*PARTLY).account

    assert sighted(account, [trade("t9", size=ONE)]) == {A}
    assert sighted(account, [report(OrderStatus.UNKNOWN)]) == {A}
    assert sighted(account, [report(OrderStatus.LIVE, name="z"), trade("t9", taker="z")]) == set()


SIZES = st.sampled_from([ONE, 3 * ONE])
REPORTS = st.one_of(
    st.builds(
        lambda name, size, status: trade(name, size=size, status=status),
        st.sampled_from(["t1", "t2"]),
        SIZES,
        st.sampled_from(TradeStatus),
    ),
    st.builds(report, st.sampled_from(OrderStatus), st.none() | st.sampled_from([0, ONE, 4 * ONE])),
)


@given(st.sampled_from([TAKING, RESTING, PARTLY]), st.lists(REPORTS, max_size=6))
def test_nothing_is_said_of_a_lost_order_before_it_is_recovered(
    history: list[OrderEvent], story: list[Report]
) -> None:
    held, events = after(*history), list(history)
    for one in story:
        state = held.account.orders[A].state
        held, said = hear(held, one)
        facts = [
            type(event) for event in said if not isinstance(event, FillConfirmed | FillReverted)
        ]
        if state is OrderState.LOST and facts:
            assert facts[0] is OrderRecovered
        assert facts.count(OrderRecovered) <= (state is OrderState.LOST)
        events += said

    assert check(ACCOUNT, events) == []
    assert hear(held, *story)[1] == []


@given(st.lists(REPORTS, min_size=1, max_size=6), st.data())
def test_losing_it_in_between_ends_in_the_same_money(
    story: list[Report], data: st.DataObject
) -> None:
    """Once it is seen again, it is as if it had never been lost."""
    cut = data.draw(st.integers(0, len(story) - 1))
    last = report(OrderStatus.LIVE)
    straight, lost = after(*RESTING[:-1]), after(*RESTING[:-1])
    for number, one in enumerate([*story, last]):
        if number == cut:
            lost = learn(lost, [LOST])
        straight, lost = hear(straight, one)[0], hear(lost, one)[0]

    for name in ("free_micros", "locked_micros", "fees_micros"):
        assert getattr(lost.account, name) == getattr(straight.account, name)
    order, same = lost.account.orders[A], straight.account.orders[A]
    assert order.fills == same.fills
    assert order.state is same.state
