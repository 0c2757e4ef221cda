import msgspec
import pytest

from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
)
from polycopy.schemas.control import TradingState, VenueName
from polycopy.schemas.ids import OrderId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderEvent, OrderUncertain
from polycopy.schemas.terms import OrderType, Refusal, RefusalCode, UncertainCode
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account
from polycopy.trading.gates import OVERDUE_AFTER_MS, gate_refusals
from tests.support.trading import (
    ACCOUNT,
    EPOCH,
    ONE,
    OPENING,
    TOKEN,
    filled,
    intent,
    placed,
    requested,
)

CAUGHT_UP = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=1)
PUSD, OTHER = TokenId(""), TokenId("1")
HEARD_MS = 1_001  # When `placed` was heard.
LATE_MS = HEARD_MS + OVERDUE_AFTER_MS + 1
ON_PAPER = VenueName.PAPER


def after(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, CAUGHT_UP, *events])


def closed(
    account: Account,
    side: Side = Side.BUY,
    *,
    state: TradingState = TradingState.ACTIVE,
    venue: VenueName = VenueName.POLYMARKET,
    at_ms: int = 1_002,
) -> list[Refusal]:
    wanted = msgspec.structs.replace(intent(side), venue=venue)
    return list(gate_refusals(account, wanted, state, at_ms))


def disputed(token: TokenId = TOKEN) -> BalanceDisputed:
    return BalanceDisputed(
        account=ACCOUNT,
        token_id=token,
        expected_micros=20 * ONE,
        venue_micros=15 * ONE,
        checked_at_ms=2,
    )


BROKEN = (
    requested("x"),
    placed("x"),
    disputed(),
    AccountFellBehind(account=ACCOUNT, reason="socket lost", fell_behind_at_ms=3),
)


def test_an_account_that_knows_all_is_open_to_both_sides() -> None:
    assert [closed(after(), side) for side in Side] == [[], []]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("venue", VenueName)
def test_a_halted_account_sends_nothing(side: Side, venue: VenueName) -> None:
    [refusal] = closed(after(), side, venue=venue, state=TradingState.HALTED)
    assert refusal.code is RefusalCode.TRADING_HALTED


@pytest.mark.parametrize("venue", VenueName)
def test_a_reducing_account_lets_exits_through_and_no_entries(venue: VenueName) -> None:
    reducing = TradingState.REDUCING
    [refusal] = closed(after(), venue=venue, state=reducing)
    assert refusal.code is RefusalCode.TRADING_REDUCING
    assert closed(after(), Side.SELL, venue=venue, state=reducing) == []


def test_nothing_is_bought_before_the_epoch_is_caught_up() -> None:
    assert closed(fold(ACCOUNT, OPENING)) == [
        Refusal(code=RefusalCode.ACCOUNT_BEHIND, detail="nobody has caught up epoch 1 yet")
    ]
    [refusal] = closed(after(msgspec.structs.replace(EPOCH, epoch=2)))
    assert refusal.detail == "nobody has caught up epoch 2 yet"


def test_nothing_is_bought_while_something_may_have_been_missed() -> None:
    behind = AccountFellBehind(account=ACCOUNT, reason="socket lost", fell_behind_at_ms=2)
    assert closed(after(behind)) == [Refusal(code=RefusalCode.ACCOUNT_BEHIND, detail="socket lost")]
    assert closed(after(behind, CAUGHT_UP)) == []


def test_nothing_is_bought_while_it_is_unknown_for_long_how_an_order_ended() -> None:
    account = after(requested("x"), placed("x"))
    assert closed(account, at_ms=LATE_MS - 1) == []
    assert closed(account, at_ms=LATE_MS) == [
        Refusal(code=RefusalCode.REPORTS_OVERDUE, detail="1 without an end, order x for 120 s")
    ]


def test_of_several_silent_orders_the_one_that_was_silent_longest_is_named() -> None:
    later = msgspec.structs.replace(placed("a"), placed_at_ms=HEARD_MS + 5_000)
    account = after(requested("a"), requested("x"), placed("x"), later)
    [refusal] = closed(account, at_ms=LATE_MS + 10_000)
    assert refusal.detail == "2 without an end, order x for 130 s"


PART = filled("x", size=ONE, notional=ONE // 2, partially=True)


def test_a_match_is_a_sign_of_life() -> None:
    heard = msgspec.structs.replace(PART, matched_at_ms=LATE_MS)
    account = after(requested("x"), placed("x"), heard)
    assert closed(account, at_ms=LATE_MS + OVERDUE_AFTER_MS) == []
    [refusal] = closed(account, at_ms=LATE_MS + OVERDUE_AFTER_MS + 1)
    assert refusal.code is RefusalCode.REPORTS_OVERDUE


def test_an_order_that_was_matched_before_it_was_answered_must_end_too() -> None:
    [refusal] = closed(after(requested("x"), PART), at_ms=LATE_MS + 1)
    assert refusal.code is RefusalCode.REPORTS_OVERDUE


@pytest.mark.parametrize(
    "events",
    [
        (requested("x"), placed("x"), filled("x")),
        (
            requested("x"),
            placed("x"),
            OrderCancelled(order_id=OrderId("x"), reason="killed", cancelled_at_ms=2),
        ),
        (requested("x", order_type=OrderType.GTC), placed("x")),
        (requested("x"),),
        (
            requested("x"),
            OrderUncertain(order_id=OrderId("x"), code=UncertainCode.TIMEOUT, uncertain_at_ms=2),
        ),
    ],
    ids=["filled", "cancelled", "resting", "not answered", "uncertain"],
)
def test_only_an_order_that_the_venue_took_and_must_have_ended_is_overdue(
    events: tuple[OrderEvent, ...],
) -> None:
    assert closed(after(*events), at_ms=10 * LATE_MS) == []


def test_nothing_is_bought_of_a_token_or_with_cash_that_is_disputed() -> None:
    assert closed(after(disputed(OTHER))) == []
    assert closed(after(disputed(), disputed(PUSD))) == [
        Refusal(
            code=RefusalCode.BALANCE_DISPUTED,
            detail=f"token {TOKEN}: the log explains 20, the venue has 15",
        ),
        Refusal(
            code=RefusalCode.BALANCE_DISPUTED,
            detail="pUSD: the log explains 20, the venue has 15",
        ),
    ]
    agreed = BalanceAgreed(account=ACCOUNT, token_id=TOKEN, venue_micros=20 * ONE, checked_at_ms=3)
    assert closed(after(disputed(), agreed)) == []


def test_every_closed_gate_is_named() -> None:
    refusals = closed(after(*BROKEN), state=TradingState.REDUCING, at_ms=LATE_MS)
    assert [refusal.code for refusal in refusals] == [
        RefusalCode.TRADING_REDUCING,
        RefusalCode.ACCOUNT_BEHIND,
        RefusalCode.REPORTS_OVERDUE,
        RefusalCode.BALANCE_DISPUTED,
    ]


def test_an_exit_passes_whatever_is_not_known_of_the_account() -> None:
    for state in (TradingState.ACTIVE, TradingState.REDUCING):
        assert closed(after(*BROKEN), Side.SELL, state=state, at_ms=LATE_MS) == []


def test_a_forward_test_does_not_wait_for_the_venues_word() -> None:
    assert closed(after(*BROKEN), venue=ON_PAPER, at_ms=LATE_MS) == []


def test_an_order_that_was_heard_of_by_a_clock_far_ahead_is_overdue_at_once() -> None:
    account = after(requested("x"), placed("x"))
    assert closed(account, at_ms=HEARD_MS - OVERDUE_AFTER_MS) == []
    assert closed(account, at_ms=HEARD_MS - OVERDUE_AFTER_MS - 1_000) == [
        Refusal(
            code=RefusalCode.REPORTS_OVERDUE,
            detail="1 without an end, order x heard of 121 s ahead of our clock",
        )
    ]
