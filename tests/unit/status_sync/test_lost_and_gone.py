"""A resting order of which the venue says that it was cancelled or matched, and does not say which:
it goes the way of every other denied order, and its cancel is asked for no more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelRequested,
    OrderLost,
    OrderPlaced,
)
from polycopy.schemas.terms import CancelVerdict, OrderType, Verdict
from polycopy.status_sync.core import lost
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.rules import OPEN_ORDERS, ORDER, TRADES, Rules
from polycopy.trading import account as accounts
from polycopy.trading.order_life import OrderState
from tests.support.readings import ABSENT, PRESENT, UNKNOWN, Rounds, reading
from tests.support.trading import ACCOUNT, ONE, OPENING, filled, placed, requested
from tests.unit.status_sync.test_lost import COUNTS_MS, EVERY_MS, RULES, denied

A = OrderId("a")
RESTING = requested(order_type=OrderType.GTC, lock=10 * ONE)
WORDS = "order can't be found - already canceled or matched"
ANSWERED_MS = COUNTS_MS + 2 * EVERY_MS + 1_000
READ_MS = COUNTS_MS + 3 * EVERY_MS
"""In that round the answer is known; a grace later denials count again."""
AGAIN_MS = READ_MS + RULES.lost_grace_ms


def answered(
    words: str = WORDS, verdict: CancelVerdict = CancelVerdict.UNKNOWN
) -> OrderCancelAnswered:
    return OrderCancelAnswered(
        order_id=A, verdict=verdict, answer=words, cancel_answered_at_ms=ANSWERED_MS
    )


def gone(rules: Rules = RULES) -> Rounds:
    """Denied by all, its cancel asked for and answered with the words, and that was read."""
    play = Rounds(accounts.fold(ACCOUNT, [*OPENING, RESTING, placed()]), rules)
    [asked] = denied(play, 3)
    assert isinstance(asked, OrderCancelRequested)
    play.happen(answered())
    assert play.round(reading(READ_MS)) == []
    return play


def test_it_is_lost_when_all_have_denied_it_again_as_often() -> None:
    play = gone()
    assert denied(play, 2, AGAIN_MS) == []
    assert play.account.locked_micros > 0

    [lost] = denied(play, 1, AGAIN_MS + 2 * EVERY_MS)

    assert isinstance(lost, OrderLost)
    assert (lost.denials, lost.denied_since_ms) == (3, AGAIN_MS)
    assert play.account.orders[A].state is OrderState.LOST
    assert play.account.locked_micros == 0


def test_for_a_grace_nothing_counts_for_a_match_may_be_on_its_way() -> None:
    play = gone()

    assert denied(play, 5, READ_MS + EVERY_MS) == []
    assert play.doubts.denials[A].count == 0


def test_a_fill_that_was_meant_ends_it_and_frees_no_more_than_the_rest() -> None:
    play = gone()
    play.happen(filled())

    assert denied(play, 10, AGAIN_MS) == []
    assert play.account.orders[A].state is OrderState.FILLED


def placed_at(at_ms: int) -> OrderPlaced:
    return OrderPlaced(
        order_id=A,
        venue_order_id=RESTING.venue_order_id,
        status="live",
        sent_at_ms=at_ms,
        placed_at_ms=at_ms,
    )


@pytest.mark.parametrize("denials", [0, 2], ids=["within the grace", "after it"])
@pytest.mark.parametrize("seen", [True, False], ids=["sighted", "placed"])
def test_a_sight_of_it_makes_the_words_void(*, seen: bool, denials: int) -> None:
    play = gone()
    denied(play, denials, AGAIN_MS)
    at_ms = READ_MS + 1 if denials == 0 else AGAIN_MS + denials * EVERY_MS
    if seen:
        play.round(reading(at_ms, listed=PRESENT), A)
    else:
        play.happen(placed_at(at_ms))

    said = denied(play, 20, at_ms + EVERY_MS)

    assert [type(event) for event in said] == [OrderCancelRequested]


@pytest.mark.parametrize("verdict", [CancelVerdict.MATCHED, CancelVerdict.PENDING])
def test_another_answer_to_the_same_cancel_makes_them_void(verdict: CancelVerdict) -> None:
    """The executor asks on where no answer is clear."""
    play = gone()
    denied(play, 2, AGAIN_MS)
    play.happen(answered("another word", verdict))

    said = denied(play, 4, AGAIN_MS + 2 * EVERY_MS)

    assert [type(event) for event in said] == [OrderCancelRequested]


def test_an_answer_that_comes_after_the_last_round_was_read_counts_too() -> None:
    """The account may be newer than the doubts."""
    play = gone()
    denied(play, 2, AGAIN_MS)
    last = reading(AGAIN_MS + 2 * EVERY_MS)
    doubts = lost.count(lost.begin(play.doubts), play.held, last, RULES)
    play.happen(answered("already matched", CancelVerdict.MATCHED))

    said = lost.decide(doubts, play.held, last, Hearing(), RULES, last.ended_ms)

    assert [type(event) for event in said] == [OrderCancelRequested]


def test_a_cancel_that_somebody_asks_for_meanwhile_is_waited_for() -> None:
    play = gone()
    denied(play, 2, AGAIN_MS)
    play.happen(
        OrderCancelRequested(
            order_id=A, reason="operator", cancel_requested_at_ms=AGAIN_MS + EVERY_MS + 1
        )
    )

    assert denied(play, 10, AGAIN_MS + 2 * EVERY_MS) == []


def test_another_cancel_that_nobody_answered_clearly_makes_them_void() -> None:
    play = gone()
    play.happen(
        OrderCancelRequested(order_id=A, reason="operator", cancel_requested_at_ms=READ_MS + 1),
        answered("status 500: busy"),
    )

    said = denied(play, 10, AGAIN_MS)

    assert [type(event) for event in said] == [OrderCancelRequested]


@pytest.mark.parametrize("source", ["listed", "traded"])
def test_every_source_has_to_deny_it_whatever_the_rules_ask_for(source: str) -> None:
    """It may have been matched, and it may be live."""
    play = gone(Rules(lost_sources=(ORDER,)))

    for number in range(5):
        at_ms = AGAIN_MS + number * EVERY_MS
        assert play.round(reading(at_ms, **{source: UNKNOWN})) == []  # type: ignore[arg-type]
    [ended] = denied(play, 1, AGAIN_MS + 5 * EVERY_MS)

    assert isinstance(ended, OrderLost)
    told = {one.source: one.verdict for one in ended.findings}
    assert [told[one] for one in (ORDER, OPEN_ORDERS, TRADES)] == [ABSENT] * 3


def test_no_clear_answer_goes_on_to_prove_nothing() -> None:
    """A server that fails is not the venue's word, whatever is on its page."""
    play = Rounds(accounts.fold(ACCOUNT, [*OPENING, RESTING, placed()]), RULES)
    for number in range(20):
        for said in denied(play, 10, COUNTS_MS + number * 10 * EVERY_MS):
            assert isinstance(said, OrderCancelRequested)
            play.happen(answered(f"status 500: {WORDS}"))

    assert play.account.orders[A].state is OrderState.OPEN


@given(
    st.lists(
        st.tuples(
            st.sampled_from([ABSENT, ABSENT, ABSENT, UNKNOWN, PRESENT]),
            st.sampled_from([ABSENT, ABSENT, ABSENT, UNKNOWN, PRESENT]),
            st.sampled_from([ABSENT, ABSENT, UNKNOWN]),
        ),
        max_size=40,
    )
)
def test_it_is_never_lost_without_as_many_denials_in_a_row_after_its_last_cancel(
    brought: list[tuple[Verdict, Verdict, Verdict]],
) -> None:
    play = Rounds(accounts.fold(ACCOUNT, [*OPENING, RESTING, placed()]), RULES)
    denials = 0
    for number, (order, listed, traded) in enumerate(brought):
        at_ms = COUNTS_MS + number * RULES.lost_grace_ms
        sights = [A] if PRESENT in (order, listed) else []
        counts = order is ABSENT and not sights
        denials = denials + 1 if counts else (0 if sights else denials)
        for said in play.round(reading(at_ms, order=order, listed=listed, traded=traded), *sights):
            if isinstance(said, OrderLost):
                assert denials >= RULES.lost_count
                assert (order, listed, traded) == (ABSENT, ABSENT, ABSENT)
                return
            play.happen(answered())
            denials = 0
