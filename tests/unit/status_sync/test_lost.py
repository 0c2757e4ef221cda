"""When an order is lost, and when it is not."""

import msgspec
import pytest

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelRequested,
    OrderEvent,
    OrderLost,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.terms import CancelVerdict, OrderType, UncertainCode, Verdict
from polycopy.status_sync.core.lost import REASON, counts_from_ms
from polycopy.status_sync.core.rules import OPEN_ORDERS, ORDER, TRADES, Rules
from polycopy.trading import account as accounts
from polycopy.trading.order_life import OrderState
from tests.support.readings import ABSENT, PRESENT, UNKNOWN, Rounds, reading
from tests.support.trading import ACCOUNT, ONE, OPENING, filled, placed, requested

A = OrderId("a")
TAKING = requested(lock=11 * ONE)
RESTING = requested(order_type=OrderType.GTC, lock=10 * ONE)
UNCERTAIN = OrderUncertain(order_id=A, code=UncertainCode.TIMEOUT, uncertain_at_ms=1_500)
RULES = Rules()
COUNTS_MS = TAKING.requested_at_ms + 120_000
"""A minute in which it may be sent, and a minute of grace."""
EVERY_MS = 10_000


def rounds(*events: OrderEvent, rules: Rules = RULES) -> Rounds:
    return Rounds(accounts.fold(ACCOUNT, [*OPENING, *events]), rules)


def denied(play: Rounds, times: int, from_ms: int = COUNTS_MS) -> list[OrderEvent]:
    """What is said in so many rounds of denials."""
    return [
        event
        for number in range(times)
        for event in play.round(reading(from_ms + number * EVERY_MS))
    ]


def answered(verdict: CancelVerdict, at_ms: int) -> OrderCancelAnswered:
    return OrderCancelAnswered(order_id=A, verdict=verdict, cancel_answered_at_ms=at_ms)


@pytest.mark.parametrize("history", [[TAKING], [TAKING, UNCERTAIN]], ids=["requested", "uncertain"])
def test_what_never_rests_and_has_no_outcome_is_lost_with_the_third_denial(
    history: list[OrderEvent],
) -> None:
    play = rounds(*history)
    assert denied(play, 2) == []

    [lost] = denied(play, 1, COUNTS_MS + 2 * EVERY_MS)

    assert isinstance(lost, OrderLost)
    assert (lost.denials, lost.denied_since_ms) == (3, COUNTS_MS)
    assert play.account.orders[A].state is OrderState.LOST
    assert play.account.locked_micros == 0


def test_a_lost_order_has_the_word_of_every_source() -> None:
    play = rounds(TAKING, UNCERTAIN)

    [lost] = denied(play, 3)

    assert isinstance(lost, OrderLost)
    assert {one.source: one.verdict for one in lost.findings} == {
        "order": ABSENT,
        "open-orders": ABSENT,
        "trades": ABSENT,
        "user-socket": UNKNOWN,
        "cancel": UNKNOWN,
        "log": PRESENT,
    }


def test_nothing_counts_while_its_bytes_may_still_be_sent() -> None:
    play = rounds(TAKING, UNCERTAIN)
    for at_ms in range(TAKING.requested_at_ms, COUNTS_MS, 1_000):
        play.round(reading(at_ms))
    assert not play.doubts.denials

    assert denied(play, 2) == []
    assert denied(play, 1, COUNTS_MS + 2 * EVERY_MS) != []


def test_denials_count_again_from_when_the_venue_last_had_it() -> None:
    play = rounds(TAKING, UNCERTAIN)
    denied(play, 2)
    late = msgspec.structs.replace(placed(), sent_at_ms=COUNTS_MS, placed_at_ms=COUNTS_MS)
    gtc = rounds(RESTING)
    denied(gtc, 2)

    gtc.happen(late)

    assert denied(gtc, 1, COUNTS_MS + 2 * EVERY_MS) == []
    assert not gtc.doubts.denials
    assert counts_from_ms(gtc.held, gtc.account.orders[A], RULES) == COUNTS_MS + 60_000


def test_what_never_rests_and_was_taken_is_not_lost_but_ended_by_its_trades() -> None:
    play = rounds(TAKING, placed())

    assert denied(play, 10) == []
    assert not play.doubts.denials


@pytest.mark.parametrize(
    "history", [[], [placed()], [placed(), filled(size=ONE, notional=ONE, partially=True)]]
)
def test_what_may_rest_is_to_be_cancelled_first(history: list[OrderEvent]) -> None:
    play = rounds(RESTING, *history)

    [wanted] = denied(play, 3)

    assert isinstance(wanted, OrderCancelRequested)
    assert (wanted.reason, wanted.operator) == (REASON, "")
    assert denied(play, 5, COUNTS_MS + 3 * EVERY_MS) == []
    assert play.account.locked_micros > 0


def test_it_is_lost_where_there_is_nothing_to_cancel() -> None:
    play = rounds(RESTING, placed())
    denied(play, 3)
    play.happen(answered(CancelVerdict.NOT_FOUND, COUNTS_MS + 21_000))

    [lost] = denied(play, 1, COUNTS_MS + 3 * EVERY_MS)

    assert isinstance(lost, OrderLost)
    assert lost.denials == 4
    assert next(one for one in lost.findings if one.source == "cancel").verdict is ABSENT


def test_only_the_rest_of_a_lost_order_is_unlocked() -> None:
    play = rounds(RESTING, placed(), filled(size=4 * ONE, notional=2 * ONE, partially=True))
    denied(play, 3)
    play.happen(answered(CancelVerdict.NOT_FOUND, COUNTS_MS + 21_000))

    denied(play, 1, COUNTS_MS + 3 * EVERY_MS)

    account = play.account
    assert account.locked_micros == 0
    assert account.free_micros == 1_000 * ONE - 2 * ONE
    assert account.positions[RESTING.token_id].size_micros == 4 * ONE


@pytest.mark.parametrize(
    "verdict", [CancelVerdict.MATCHED, CancelVerdict.PENDING, CancelVerdict.UNKNOWN]
)
def test_any_other_answer_to_the_cancel_begins_all_over(verdict: CancelVerdict) -> None:
    play = rounds(RESTING, placed())
    denied(play, 3)
    play.happen(answered(verdict, COUNTS_MS + 21_000))

    assert denied(play, 3, COUNTS_MS + 3 * EVERY_MS) == []
    [again] = denied(play, 1, COUNTS_MS + 6 * EVERY_MS)
    assert isinstance(again, OrderCancelRequested)


def test_what_the_venue_cancelled_is_not_lost_but_waited_for() -> None:
    play = rounds(RESTING, placed())
    denied(play, 3)
    play.happen(answered(CancelVerdict.CANCELLED, COUNTS_MS + 21_000))

    assert denied(play, 10, COUNTS_MS + 3 * EVERY_MS) == []


def test_a_cancel_of_long_ago_is_no_evidence() -> None:
    asked = OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=2_000)
    play = rounds(RESTING, placed(), asked, answered(CancelVerdict.NOT_FOUND, 2_100))

    [wanted] = denied(play, 3)

    assert isinstance(wanted, OrderCancelRequested)


def test_a_cancel_that_somebody_asked_for_is_not_asked_for_twice() -> None:
    asked = OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=2_000)
    play = rounds(RESTING, placed(), asked)

    assert denied(play, 5) == []


@pytest.mark.parametrize("source", ["listed", "traded"])
def test_a_source_that_cannot_be_read_puts_it_off(source: str) -> None:
    play = rounds(TAKING, UNCERTAIN)
    denied(play, 2)

    for number in (2, 3, 4):
        at_ms = COUNTS_MS + number * EVERY_MS
        assert play.round(reading(at_ms, **{source: UNKNOWN})) == []  # type: ignore[arg-type]

    [lost] = denied(play, 1, COUNTS_MS + 5 * EVERY_MS)
    assert isinstance(lost, OrderLost)
    assert lost.denials == 6


def test_trades_that_were_not_read_back_to_its_request_put_it_off() -> None:
    play = rounds(TAKING, UNCERTAIN)
    denied(play, 2)

    late = reading(COUNTS_MS + 2 * EVERY_MS, from_ms=TAKING.requested_at_ms + 1)

    assert play.round(late) == []
    assert len(denied(play, 1, COUNTS_MS + 3 * EVERY_MS)) == 1


def test_matches_that_were_known_before_are_no_sight_of_the_rest() -> None:
    play = rounds(RESTING, placed(), filled(size=4 * ONE, partially=True))
    for number in range(3):
        play.round(reading(COUNTS_MS + number * EVERY_MS, traded=PRESENT))
    play.happen(answered(CancelVerdict.NOT_FOUND, COUNTS_MS + 21_000))

    [lost] = play.round(reading(COUNTS_MS + 3 * EVERY_MS, traded=PRESENT))

    assert isinstance(lost, OrderLost)
    trades = next(one for one in lost.findings if one.source == TRADES)
    assert trades.verdict is Verdict.ABSENT
    assert "known before" in trades.detail


def test_a_sight_of_it_takes_all_denials_back() -> None:
    play = rounds(TAKING, UNCERTAIN)
    denied(play, 2)

    play.round(reading(COUNTS_MS + 2 * EVERY_MS), A)

    assert denied(play, 2, COUNTS_MS + 3 * EVERY_MS) == []
    assert len(denied(play, 1, COUNTS_MS + 5 * EVERY_MS)) == 1


def test_a_round_that_began_before_it_was_seen_counts_nothing() -> None:
    play = rounds(TAKING, UNCERTAIN, rules=Rules(lost_count=1))

    assert play.round(reading(COUNTS_MS), A) == []
    assert not play.doubts.denials


def test_denials_that_come_too_soon_count_once() -> None:
    play = rounds(TAKING, UNCERTAIN)
    for at_ms in range(COUNTS_MS, COUNTS_MS + EVERY_MS, 100):
        play.round(reading(at_ms))

    assert play.doubts.denials[A].count == 1


def test_the_interval_begins_with_the_end_of_a_round() -> None:
    play = rounds(TAKING, UNCERTAIN)
    play.round(reading(COUNTS_MS, took_ms=9_000))
    play.round(reading(COUNTS_MS + EVERY_MS))
    assert play.doubts.denials[A].count == 1

    play.round(reading(COUNTS_MS + 9_000 + EVERY_MS))

    assert play.doubts.denials[A].count == 2


@pytest.mark.parametrize(
    ("sources", "history", "listed", "traded"),
    [
        ((ORDER, TRADES), TAKING, UNKNOWN, ABSENT),
        ((ORDER, OPEN_ORDERS), RESTING, ABSENT, UNKNOWN),
        ((ORDER,), RESTING, UNKNOWN, UNKNOWN),
    ],
)
def test_the_operator_chooses_which_sources_must_deny(
    sources: tuple[str, ...], history: OrderRequested, listed: Verdict, traded: Verdict
) -> None:
    play = rounds(history, rules=Rules(lost_count=1, lost_sources=sources))

    assert len(play.round(reading(COUNTS_MS, listed=listed, traded=traded))) == 1


def test_of_what_never_rests_the_trades_must_be_known_in_any_case() -> None:
    play = rounds(TAKING, UNCERTAIN, rules=Rules(lost_count=1, lost_sources=(ORDER,)))

    assert play.round(reading(COUNTS_MS, traded=UNKNOWN)) == []
    assert len(play.round(reading(COUNTS_MS + EVERY_MS))) == 1


def test_an_order_that_was_not_asked_for_is_not_denied() -> None:
    play = rounds(TAKING, UNCERTAIN, rules=Rules(lost_count=1))

    assert play.round(reading(COUNTS_MS, name="b")) == []
