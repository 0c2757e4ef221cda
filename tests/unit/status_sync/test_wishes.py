"""What the operator asks about an order is answered once."""

import pytest

from polycopy.polymarket.reports import OrderStatus
from polycopy.schemas.control import OrderJudged, OrderReconcileAsked
from polycopy.schemas.ids import AccountId, EventId, OrderId
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderCancelRequested,
    OrderEvent,
    OrderExamined,
    OrderLost,
)
from polycopy.schemas.terms import Finding, OrderType, Verdict
from polycopy.status_sync.core import hearing
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.reading import beside, denied_in_all, in_venue
from polycopy.status_sync.core.wishes import Wish, answer, is_open
from polycopy.trading.order_life import OrderState
from tests.support.readings import ABSENT, PRESENT, UNKNOWN, reading
from tests.support.trading import ACCOUNT, ONE, OPENING, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, learn, report

A = OrderId("a")
ASKED_ID = EventId("0a" * 16)
ASKED = OrderReconcileAsked(order_id=A, account=ACCOUNT, operator="anna")
JUDGED = OrderJudged(order_id=A, account=ACCOUNT, operator="anna")
OPEN: list[OrderEvent] = [
    *OPENING,
    requested(order_type=OrderType.GTC, lock=10 * ONE),
    placed(),
]
LOST = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=1_500, lost_at_ms=1_600)


def found(order: Verdict, detail: str = "", listed: Verdict = ABSENT) -> tuple[Finding, ...]:
    return (
        Finding(source="order", verdict=order, detail=detail),
        Finding(source="open-orders", verdict=listed),
        Finding(source="trades", verdict=PRESENT),
    )


def said(history: list[OrderEvent], wish: Wish, findings: tuple[Finding, ...]) -> list[OrderEvent]:
    return answer(after(*history), wish, ASKED_ID, findings, 9_000)


def test_who_asks_is_told_what_every_source_said() -> None:
    findings = found(ABSENT)

    assert said(OPEN, ASKED, findings) == [
        OrderExamined(order_id=A, findings=findings, cause=ASKED_ID, examined_at_ms=9_000)
    ]


def test_a_wish_is_answered_once() -> None:
    held = after(*OPEN)
    assert is_open(held, ASKED, ASKED_ID)

    held = learn(held, answer(held, ASKED, ASKED_ID, (), 9_000))

    assert not is_open(held, ASKED, ASKED_ID)
    assert answer(held, ASKED, ASKED_ID, (), 9_000) == []
    assert is_open(held, ASKED, EventId("0b" * 16))


@pytest.mark.parametrize("order", [ABSENT, UNKNOWN])
@pytest.mark.parametrize("history", [OPEN, [*OPEN, LOST]], ids=["open", "lost"])
def test_what_is_judged_over_ends_by_the_operator_s_word(
    history: list[OrderEvent], order: Verdict
) -> None:
    held = after(*history)

    ended, examined = answer(held, JUDGED, ASKED_ID, found(order), 9_000)

    assert isinstance(ended, OrderCancelled)
    assert (ended.reason, ended.operator) == ("judged over", "anna")
    assert isinstance(examined, OrderExamined)
    held = learn(held, [ended, examined])
    assert held.account.orders[A].state is OrderState.CANCELLED
    assert held.account.locked_micros == 0


@pytest.mark.parametrize(
    "findings",
    [
        found(PRESENT, "LIVE"),
        found(PRESENT, "ORDER_STATUS_LIVE"),
        found(PRESENT, "DELAYED"),
        found(PRESENT, "a new word"),
        found(ABSENT, listed=PRESENT),
    ],
)
def test_an_order_that_a_source_still_has_is_not_over(findings: tuple[Finding, ...]) -> None:
    assert [type(event) for event in said(OPEN, JUDGED, findings)] == [OrderExamined]


@pytest.mark.parametrize("word", ["CANCELED", "MATCHED", "INVALID", "CANCELED_EXPIRED_ORDER"])
def test_an_order_that_the_venue_calls_over_may_be_judged_so(word: str) -> None:
    assert len(said(OPEN, JUDGED, found(PRESENT, word))) == 2


def test_what_had_ended_before_is_answered_and_not_ended_again() -> None:
    over = OrderCancelled(order_id=A, reason="by hand", cancelled_at_ms=2_000)

    assert [type(event) for event in said([*OPEN, over], JUDGED, found(ABSENT))] == [OrderExamined]


@pytest.mark.parametrize(
    "wish",
    [
        OrderReconcileAsked(order_id=A, account=AccountId("other"), operator="anna"),
        OrderReconcileAsked(order_id=OrderId("b"), account=ACCOUNT, operator="anna"),
    ],
    ids=["another account", "another order"],
)
def test_what_is_not_ours_is_left_to_others(wish: Wish) -> None:
    assert not is_open(after(*OPEN), wish, ASKED_ID)
    assert said(OPEN, wish, ()) == []


def test_every_source_says_what_it_has_and_how_far_it_was_read() -> None:
    order = after(*OPEN, filled(size=4 * ONE, partially=True)).account.orders[A]
    brought = reading(9_000, order=UNKNOWN, listed=PRESENT, traded=PRESENT, from_ms=500)

    told = {
        one.source: (one.verdict, one.detail)
        for one in (*in_venue(brought, order), *beside(order, Hearing(), 0))
    }

    assert told == {
        "order": (UNKNOWN, "no answer"),
        "open-orders": (PRESENT, ""),
        "trades": (PRESENT, "1 trade of it since 1970-01-01 00:00:00.500Z"),
        "user-socket": (UNKNOWN, "not connected"),
        "cancel": (UNKNOWN, "not asked for"),
        "log": (PRESENT, "partially_filled, 4 of 20 shares filled"),
    }


def test_a_denial_is_whole_only_where_the_lists_were_read() -> None:
    resting, taking = after(*OPEN).account, after(*OPENING, requested(), placed()).account

    assert denied_in_all(reading(9_000), resting) == [A]
    assert denied_in_all(reading(9_000, listed=UNKNOWN), resting) == []
    assert denied_in_all(reading(9_000, listed=UNKNOWN), taking) == [A]
    for account in (resting, taking):
        assert denied_in_all(reading(9_000, traded=UNKNOWN), account) == []
        assert denied_in_all(reading(9_000, from_ms=1_001), account) == []
        assert denied_in_all(reading(9_000, order=UNKNOWN), account) == []
        assert denied_in_all(reading(9_000, traded=PRESENT), account) == [A]


def test_what_the_socket_told_and_the_cancel_answered_is_evidence() -> None:
    asked = OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=2_000)
    order = after(*OPEN, asked).account.orders[A]
    silent = hearing.connected(Hearing(), 3_000)
    told = hearing.heard(silent, after(*OPEN), [report(OrderStatus.LIVE)], 4_000)

    def details(heard: Hearing, since_ms: int) -> list[tuple[Verdict, str]]:
        return [(one.verdict, one.detail) for one in beside(order, heard, since_ms)[:2]]

    day = "1970-01-01 00:00:0"
    assert details(silent, 0) == [
        (UNKNOWN, f"connected since {day}3.000Z, and told nothing of it"),
        (UNKNOWN, f"asked for at {day}2.000Z, not answered"),
    ]
    assert details(told, 4_000)[0] == (PRESENT, f"told at {day}4.000Z")
    assert details(told, 4_001)[0] == (UNKNOWN, f"told at {day}4.000Z, and nothing since")


def test_the_socket_is_not_called_silent_of_an_order_that_is_over() -> None:
    """What it told of such an order was forgotten."""
    over = OrderCancelled(order_id=A, reason="by hand", cancelled_at_ms=2_000)
    order = after(*OPEN, over).account.orders[A]
    heard, *_ = beside(order, hearing.connected(Hearing(), 3_000), 0)
    assert (heard.verdict, heard.detail) == (
        UNKNOWN,
        "what it told of an order that is over is not kept",
    )


def test_what_the_log_has_of_an_order_is_told_in_what_it_was_asked_in() -> None:
    """Of a BUY that takes at once these are dollars."""
    order = after(*OPENING, requested(), placed(), filled(size=4 * ONE)).account.orders[A]
    *_, log = beside(order, Hearing(), 0)
    assert log.detail == "filled, $10 of $10 filled"


def test_all_that_could_not_be_read_is_a_doubt() -> None:
    assert reading(9_000).doubts == []
    unlooked = "1 orders could not be looked at: order a (no answer)"
    assert reading(9_000, order=UNKNOWN).doubts == [unlooked]
    assert len(reading(9_000, order=UNKNOWN, listed=UNKNOWN, traded=UNKNOWN).doubts) == 3


def test_an_order_that_was_not_asked_for_is_in_doubt() -> None:
    order = after(*OPEN).account.orders[A]

    look, *_ = in_venue(reading(9_000, name="b"), order)

    assert (look.verdict, look.detail) == (UNKNOWN, "not asked")
