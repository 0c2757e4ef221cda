"""Who wants an order cancelled, and which cancels the venue still has to answer."""

import msgspec
import pytest

from polycopy.executor.core import cancels
from polycopy.schemas.control import OrderCancelAsked, TradingState, TradingStateSet
from polycopy.schemas.ids import AccountId, OrderId
from polycopy.schemas.orders import OrderCancelled, OrderCancelRequested, OrderEvent, OrderLost
from polycopy.schemas.terms import CancelVerdict, OrderType
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account
from tests.support.trading import ACCOUNT, OPENING, placed, requested

A = OrderId("a")
RESTING = requested("a", order_type=OrderType.GTC)
WISH = OrderCancelAsked(order_id=A, account=ACCOUNT, operator="ann")
HALT = TradingStateSet(account=ACCOUNT, state=TradingState.HALTED, operator="ann", cancel_open=True)
REQUESTED = OrderCancelRequested(order_id=A, reason="asked for", cancel_requested_at_ms=2_000)


def account(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, RESTING, placed("a"), *events])


def ask(known: Account, asked_at_ms: int = 2_000) -> list[OrderEvent]:
    return cancels.ask(known, WISH, asked_at_ms, asked_at_ms)


def test_a_wish_for_an_open_order_is_written_down_with_its_operator() -> None:
    [said] = ask(account())
    assert said == msgspec.structs.replace(REQUESTED, operator="ann")


def test_the_same_wish_again_says_nothing() -> None:
    assert ask(account(REQUESTED)) == []


def test_a_later_wish_asks_again() -> None:
    assert len(ask(account(REQUESTED), asked_at_ms=2_001)) == 1


def test_nobody_cancels_what_is_over_or_unknown() -> None:
    over = OrderCancelled(order_id=A, reason="killed", cancelled_at_ms=1)
    assert ask(account(over)) == []
    assert cancels.ask(fold(ACCOUNT, OPENING), WISH, 1, 1) == []


def test_a_lost_order_can_be_cancelled() -> None:
    lost = OrderLost(order_id=A, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2)
    assert len(ask(account(lost))) == 1
    assert len(cancels.owed(account(lost, REQUESTED))) == 1


def test_the_switch_cancels_what_rested_when_it_was_turned() -> None:
    known = account(requested("b"))  # A FAK never rests.
    [said] = cancels.ask_for_all(known, HALT, 2_000, 2_000)
    assert isinstance(said, OrderCancelRequested)
    assert (said.order_id, said.reason) == (A, "trading is halted")
    assert cancels.ask_for_all(known, HALT, RESTING.requested_at_ms - 1, 2_000) == []


@pytest.mark.parametrize(
    "switch",
    [
        msgspec.structs.replace(HALT, cancel_open=False),
        msgspec.structs.replace(HALT, account=AccountId("another")),
    ],
)
def test_another_switch_cancels_nothing(switch: TradingStateSet) -> None:
    assert cancels.ask_for_all(account(), switch, 2_000, 2_000) == []


def test_the_switch_for_all_accounts_is_for_this_one_too() -> None:
    switch = msgspec.structs.replace(HALT, account=AccountId(""))
    assert len(cancels.ask_for_all(account(), switch, 2_000, 2_000)) == 1


@pytest.mark.parametrize("verdict", CancelVerdict)
def test_a_cancel_is_owed_until_the_venue_has_decided(verdict: CancelVerdict) -> None:
    assert [order.order_id for order in cancels.owed(account(REQUESTED))] == [A]
    said = cancels.answered(account(REQUESTED), A, verdict, "x" * 1_000, 3_000)
    assert len(said) == 1
    known = account(REQUESTED, *said)
    assert cancels.answered(known, A, verdict, "again", 3_001) == []
    undecided = verdict in {CancelVerdict.UNKNOWN, CancelVerdict.PENDING}
    assert bool(cancels.owed(known)) is undecided


def test_an_answer_to_no_request_says_nothing() -> None:
    assert cancels.answered(account(), A, CancelVerdict.CANCELLED, "", 1) == []
