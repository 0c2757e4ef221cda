"""Outages lose nothing, what the venue has is never lost, and what all deny is lost in the end."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import (
    OrderCancelAnswered,
    OrderCancelRequested,
    OrderEvent,
    OrderLost,
    OrderUncertain,
)
from polycopy.schemas.terms import CancelVerdict, OrderType, UncertainCode, Verdict
from polycopy.status_sync.core.reading import Reading
from polycopy.status_sync.core.rules import Rules
from polycopy.trading import account as accounts
from polycopy.trading.invariants import check
from polycopy.trading.order_life import OrderState
from tests.support.readings import ABSENT, PRESENT, UNKNOWN, Rounds, reading
from tests.support.trading import ACCOUNT, ONE, OPENING, filled, placed, requested

A = OrderId("a")
TAKING = requested(lock=11 * ONE)
RESTING = requested(order_type=OrderType.GTC, lock=10 * ONE)
UNCERTAIN = OrderUncertain(order_id=A, code=UncertainCode.TIMEOUT, uncertain_at_ms=1_500)
PART = filled(size=4 * ONE, notional=2 * ONE, partially=True)
HISTORIES = st.sampled_from(
    [
        [TAKING],
        [TAKING, UNCERTAIN],
        [RESTING],
        [RESTING, UNCERTAIN],
        [RESTING, placed()],
        [RESTING, placed(), PART],
    ]
)
RULES = st.builds(
    Rules,
    lost_count=st.integers(1, 5),
    lost_interval_ms=st.sampled_from([1, 1_000, 10_000]),
    resend_max_ms=st.sampled_from([1, 60_000]),
    lost_grace_ms=st.sampled_from([1, 60_000]),
)
ANSWERS = st.sampled_from(CancelVerdict)
VERDICTS = st.sampled_from([PRESENT, ABSENT, UNKNOWN])


@st.composite
def times(draw: st.DrawFn) -> list[tuple[int, int]]:
    """When rounds began, and how long they took: one after the other."""
    at_ms, found = 0, []
    for _ in range(draw(st.integers(1, 25))):
        took_ms = draw(st.sampled_from([0, 50, 9_000]))
        found.append((at_ms, took_ms))
        at_ms += took_ms + draw(st.sampled_from([1, 999, 2_000, 10_000, 60_000, 86_400_000]))
    return found


def sights(brought: Reading) -> list[OrderId]:
    """What the service sees of it: a report of the order, or its row in the list."""
    looked = brought.looks[A].verdict is PRESENT
    return [A] if looked or brought.listed.orders else []


def played(history: list[OrderEvent], rules: Rules, brought: list[Reading]) -> Rounds:
    play = Rounds(accounts.fold(ACCOUNT, [*OPENING, *history]), rules)
    for one in brought:
        play.round(one, *sights(one))
    return play


@given(HISTORIES, RULES, times(), st.data())
def test_outages_of_any_length_lose_nothing(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]], data: st.DataObject
) -> None:
    brought = [
        reading(
            at_ms,
            took_ms=took_ms,
            order=UNKNOWN,
            listed=data.draw(st.sampled_from([ABSENT, UNKNOWN])),
            traded=data.draw(VERDICTS),
        )
        for at_ms, took_ms in when
    ]

    play = played(history, rules, brought)

    assert play.said == []
    assert not play.doubts.denials


@given(HISTORIES, RULES, times(), st.data())
def test_what_is_in_the_book_is_never_lost_however_the_looks_for_it_lie(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]], data: st.DataObject
) -> None:
    """The list of open orders has it whenever it can be read."""
    brought = [
        reading(
            at_ms,
            took_ms=took_ms,
            order=data.draw(VERDICTS),
            listed=data.draw(st.sampled_from([PRESENT, UNKNOWN])),
            traded=data.draw(VERDICTS),
        )
        for at_ms, took_ms in when
    ]

    assert played(history, rules, brought).said == []


@given(HISTORIES, RULES, times(), st.data())
def test_outages_between_the_denials_change_nothing(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]], data: st.DataObject
) -> None:
    denials = [reading(at_ms, took_ms=took_ms) for at_ms, took_ms in when]
    mixed: list[Reading] = []
    for denial in denials:
        if data.draw(st.booleans()):
            mixed.append(reading(denial.began_ms, order=UNKNOWN, listed=UNKNOWN, traded=UNKNOWN))
        mixed.append(denial)

    assert played(history, rules, mixed).said == played(history, rules, denials).said


@given(st.sampled_from([[TAKING], [TAKING, UNCERTAIN]]), RULES, times())
def test_what_all_deny_is_lost_exactly_after_the_count_of_spaced_denials(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]]
) -> None:
    next_ms = TAKING.requested_at_ms + rules.resend_max_ms + rules.lost_grace_ms
    counted: list[tuple[int, int]] = []
    for at_ms, took_ms in when:
        if at_ms >= next_ms:
            counted.append((at_ms, took_ms))
            next_ms = at_ms + took_ms + rules.lost_interval_ms

    play = played(history, rules, [reading(at_ms, took_ms=took) for at_ms, took in when])

    due = len(counted) >= rules.lost_count
    assert [type(event) for event in play.said] == [OrderLost] * due
    if due:
        [lost] = play.said
        assert isinstance(lost, OrderLost)
        began_ms, took_ms = counted[rules.lost_count - 1]
        assert lost.denials == rules.lost_count
        assert (lost.denied_since_ms, lost.lost_at_ms) == (counted[0][0], began_ms + took_ms)


@given(RULES, times(), st.data())
def test_what_may_rest_is_lost_only_after_a_cancel_found_nothing(
    rules: Rules, when: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Whatever the executor answers, or however late."""
    play = Rounds(accounts.fold(ACCOUNT, [*OPENING, RESTING, placed()]), rules)
    answers: list[CancelVerdict | None] = []
    for at_ms, took_ms in when:
        before = play.account.orders[A]
        said = play.round(reading(at_ms, took_ms=took_ms))
        if any(isinstance(event, OrderLost) for event in said):
            assert before.cancel_verdict is CancelVerdict.NOT_FOUND
            assert answers[-1] is CancelVerdict.NOT_FOUND
        waits = before.cancel_requested_at_ms and before.cancel_verdict is None
        assert not (waits and said)
        order = play.account.orders[A]
        if order.cancel_requested_at_ms and order.cancel_verdict is None:
            answer = data.draw(st.none() | ANSWERS)
            answers.append(answer)
            if answer is not None:
                now_ms = at_ms + took_ms
                play.happen(
                    OrderCancelAnswered(order_id=A, verdict=answer, cancel_answered_at_ms=now_ms)
                )


@given(HISTORIES, RULES, times(), st.lists(VERDICTS, min_size=75, max_size=75))
def test_the_account_s_laws_hold_and_nothing_is_said_twice(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]], verdicts: list[Verdict]
) -> None:
    brought = [
        reading(at, took_ms=took, order=order, listed=listed, traded=traded)
        for (at, took), order, listed, traded in zip(
            when, verdicts, verdicts[25:], verdicts[50:], strict=False
        )
    ]

    play = played(history, rules, brought)

    assert check(ACCOUNT, [*OPENING, *history, *play.said]) == []
    assert sum(isinstance(event, OrderLost) for event in play.said) <= 1
    lost = play.account.orders[A].state is OrderState.LOST
    assert lost == any(isinstance(event, OrderLost) for event in play.said)


@given(HISTORIES, RULES, times())
def test_a_lost_order_is_left_alone(
    history: list[OrderEvent], rules: Rules, when: list[tuple[int, int]]
) -> None:
    lost = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2)
    brought = [reading(at_ms, took_ms=took_ms) for at_ms, took_ms in when]

    assert played([*history, lost], rules, brought).said == []


@given(RULES)
def test_a_cancel_is_asked_for_once_however_long_nobody_answers(rules: Rules) -> None:
    brought = [reading(number * 86_400_000) for number in range(1, 30)]

    play = played([RESTING, placed()], rules, brought)

    assert [type(event) for event in play.said] == [OrderCancelRequested]
    assert play.account.orders[A].state is OrderState.OPEN
