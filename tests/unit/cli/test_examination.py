"""What the sources' answers about an order mean, and what is promised of it."""

import msgspec
import pytest

from polycopy.cli.core import examination, order_life_view
from polycopy.schemas.ids import EventId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import Finding, OrderType, Verdict
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import Order
from tests.unit.cli.makers import VENUE_ORDER, LogMaker, requested

replace = msgspec.structs.replace
PRESENT, ABSENT, UNKNOWN = Verdict
ORDER = requested(EventId("a" * 32), EventId("b" * 32), VENUE_ORDER)


def finding(source: str, verdict: Verdict, detail: str = "") -> Finding:
    return Finding(source=source, verdict=verdict, detail=detail)


DENIED = (finding("order", ABSENT), finding("open-orders", ABSENT), finding("trades", ABSENT))


def in_state(state: OrderState) -> Order:
    log = LogMaker()
    log.say(ORDER)
    order = order_life_view.order_of(log.events)
    assert order is not None
    return replace(order, state=state)


def ended_in_part(state: OrderState) -> Order:
    """12.5 of its 20 shares were filled, for $6.25 of its $10."""
    part, paid = 12_500_000, 6_250_000
    return replace(in_state(state), filled_size_micros=part, filled_notional_micros=paid)


@pytest.mark.parametrize(
    ("findings", "state", "words"),
    [
        (DENIED, OrderState.LOST, "the venue denies it, and it is lost already: "),
        (DENIED, OrderState.FAILED, "the venue denies it, and by the log it is over: failed"),
        (DENIED, OrderState.UNCERTAIN, "the venue denies it: it will be lost if that goes on"),
        (
            (*DENIED[:2], finding("trades", UNKNOWN)),
            OrderState.LOST,
            "nothing is proven, trades gave no answer: ask again",
        ),
        (
            (finding("order", PRESENT, "LIVE"), finding("trades", UNKNOWN)),
            OrderState.LOST,
            "the venue has it as LIVE: ",
        ),
        (
            (*DENIED[:2], finding("trades", PRESENT, "part of 1")),
            OrderState.LOST,
            "the venue has trades of it: ",
        ),
        (
            (*DENIED, finding("user-socket", UNKNOWN, "silent"), finding("cancel", UNKNOWN)),
            OrderState.LOST,
            "the venue denies it, and it is lost already: ",
        ),
        (
            (*DENIED, finding("user-socket", PRESENT), finding("cancel", PRESENT, "matched")),
            OrderState.LOST,
            "the venue denies it, though user-socket and cancel told of it before, and it is lost",
        ),
        ((finding("log", PRESENT),), OrderState.LOST, "nothing is proven, no source was asked"),
        ((*DENIED, finding("log", PRESENT)), OrderState.LOST, "the venue denies it"),
    ],
)
def test_an_examination_is_told_in_one_line(
    findings: tuple[Finding, ...], state: OrderState, words: str
) -> None:
    assert examination.meaning(findings, in_state(state)).startswith(words)
    assert len(examination.view(findings).rows) == len(findings)


@pytest.mark.parametrize(
    ("findings", "state", "words"),
    [
        (
            (finding("order", PRESENT, "CANCELED"), *DENIED[1:]),
            OrderState.CANCELLED,
            "the venue has it as CANCELED, and the log agrees: cancelled, $6.25 of $10.00 filled",
        ),
        (
            (finding("order", PRESENT, "MATCHED"), *DENIED[1:]),
            OrderState.FILLED,
            "the venue has it as MATCHED, and the log agrees: filled",
        ),
        (
            (finding("order", PRESENT, "MATCHED"), *DENIED[1:]),
            OrderState.CANCELLED,
            "the venue has it as MATCHED, and by the log it is over: "
            "cancelled, $6.25 of $10.00 filled",
        ),
        (
            (*DENIED[:2], finding("trades", PRESENT)),
            OrderState.FAILED,
            "the venue has trades of it, and by the log it is over: failed, $6.25 of $10.00 filled",
        ),
        (
            (finding("order", PRESENT, "LIVE"), finding("open-orders", PRESENT), DENIED[2]),
            OrderState.CANCELLED,
            "the venue has it as LIVE among its open orders, and by the log it is "
            "cancelled, $6.25 of $10.00 filled: ask again",
        ),
        (
            DENIED,
            OrderState.EXPIRED,
            "the venue denies it, and by the log it is over: expired, $6.25 of $10.00 filled",
        ),
    ],
    ids=["known", "filled", "known otherwise", "traded", "still open", "denied"],
)
def test_nothing_is_promised_of_an_order_that_is_over(
    findings: tuple[Finding, ...], state: OrderState, words: str
) -> None:
    assert examination.meaning(findings, ended_in_part(state)) == words


def test_what_never_rests_and_was_taken_is_not_said_to_be_lost_soon() -> None:
    """Only an order that may rest, or whose outcome is unknown, can be lost."""
    taken = in_state(OrderState.OPEN)
    words = examination.meaning(DENIED, taken)
    assert words.startswith("the venue denies it: it ends as cancelled if that goes on; ")
    resting = replace(taken, order_type=OrderType.GTC)
    assert "it will be lost if that goes on" in examination.meaning(DENIED, resting)


@pytest.mark.parametrize(
    ("silent", "state", "words"),
    [
        (DENIED, OrderState.UNCERTAIN, ""),
        ((finding("order", PRESENT, "LIVE"), finding("trades", UNKNOWN)), OrderState.OPEN, ""),
        (
            (DENIED[0], finding("open-orders", UNKNOWN), finding("trades", UNKNOWN)),
            OrderState.UNCERTAIN,
            "open-orders, trades gave no answer: ending it frees $10.00, although it may be at the "
            "venue (it counts again when it is seen)",
        ),
        (
            (DENIED[0], finding("open-orders", UNKNOWN), finding("trades", PRESENT)),
            OrderState.UNCERTAIN,
            "open-orders gave no answer: ending it frees $10.00, ",
        ),
        (
            (*DENIED[:2], finding("trades", UNKNOWN)),
            OrderState.LOST,
            "trades gave no answer: ending it ends the watch on it, although it may be ",
        ),
        ((finding("log", PRESENT),), OrderState.UNCERTAIN, "no source was asked: ending it frees"),
        ((*DENIED, finding("user-socket", UNKNOWN)), OrderState.UNCERTAIN, ""),
    ],
)
def test_to_end_an_order_of_which_nothing_is_proven_is_said_to_be_a_guess(
    silent: tuple[Finding, ...], state: OrderState, words: str
) -> None:
    told = examination.unproven(silent, in_state(state))
    assert told.startswith(words)
    assert bool(told) is bool(words)


def test_a_sale_that_is_ended_by_hand_frees_its_shares() -> None:
    sale = replace(in_state(OrderState.UNCERTAIN), side=Side.SELL)
    assert "frees 20 shares, " in examination.unproven((finding("trades", UNKNOWN),), sale)


def test_what_to_do_next_is_in_the_stack_that_was_named() -> None:
    then = f"polycopy order reconcile {ORDER.order_id[:10]} --over --stack '/my stack' ends it"
    assert then in examination.meaning(DENIED, in_state(OrderState.LOST), "/my stack")
