from polycopy.schemas.ids import OrderId, TokenId, TransactionHash, VenueTradeId
from polycopy.schemas.markets import MarketResolved, Payout
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderFailed,
    OrderPartiallyFilled,
    OrderUncertain,
    PositionSettled,
)
from polycopy.schemas.terms import FailureCode, OrderType, UncertainCode
from polycopy.trading.account import fold
from polycopy.trading.account_reports import (
    confirm_fill,
    record_cancel,
    record_expiry,
    record_fill,
    record_outcome,
    revert_fill,
    settle,
)
from polycopy.trading.account_state import Account
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    ONE,
    OPENING,
    TOKEN,
    confirmed,
    filled,
    placed,
    requested,
    reverted,
    seen,
    venue_id,
)

A, UNKNOWN = OrderId("a"), OrderId("unknown")
TRADE = VenueTradeId("t1")
FAILED = OrderFailed(
    order_id=A, code=FailureCode.NO_MATCH, http_status=400, answer="", failed_at_ms=1
)
UNCERTAIN = OrderUncertain(order_id=A, code=UncertainCode.TIMEOUT, uncertain_at_ms=1)


def after(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *events])


def test_an_outcome_is_said_once() -> None:
    for outcome in (placed(), FAILED, UNCERTAIN):
        assert record_outcome(after(requested()), outcome) == [outcome]
        assert record_outcome(after(requested(), outcome), outcome) == []
        assert record_outcome(after(), outcome) == []


def test_not_knowing_is_no_news_where_more_is_known() -> None:
    assert record_outcome(after(requested(), filled()), UNCERTAIN) == []
    assert record_outcome(after(requested(), FAILED), UNCERTAIN) == []


def test_a_contradiction_is_said_once() -> None:
    part = filled(notional=4 * ONE, partially=True)
    assert record_outcome(after(requested(), part), FAILED) == [FAILED]
    assert record_outcome(after(requested(), part, FAILED), FAILED) == []
    assert record_outcome(after(requested(), FAILED), placed()) == [placed()]


def test_the_fill_that_leaves_only_dust_completes_the_order() -> None:
    whole = record_fill(after(requested()), seen(notional=10 * ONE - 10_000))
    assert whole == [filled(notional=10 * ONE - 10_000)]
    part = record_fill(after(requested()), seen(notional=10 * ONE - 10_001))
    assert part == [filled(notional=10 * ONE - 10_001, partially=True)]


def test_a_resting_order_is_complete_by_its_shares() -> None:
    resting = requested(order_type=OrderType.GTC)
    assert record_fill(after(resting), seen(notional=ONE)) == [filled(notional=ONE)]
    assert isinstance(
        record_fill(after(resting), seen(size=19 * ONE, notional=10 * ONE))[0],
        OrderPartiallyFilled,
    )


def test_the_parts_of_an_order_add_up_to_the_whole() -> None:
    resting = requested(order_type=OrderType.GTC)
    part = filled(size=15 * ONE, notional=ONE, partially=True)
    rest = seen(trade="t2", size=5 * ONE, notional=ONE)
    assert record_fill(after(resting, part), rest) == [
        filled(trade="t2", size=5 * ONE, notional=ONE)
    ]
    part = filled(notional=6 * ONE, partially=True)
    rest = seen(trade="t2", notional=4 * ONE)
    assert record_fill(after(requested(), part), rest) == [filled(trade="t2", notional=4 * ONE)]


def test_a_fill_of_an_order_that_was_overfilled_still_completes_it() -> None:
    more = seen(trade="t2", size=ONE, notional=ONE)
    assert record_fill(after(requested(), filled()), more) == [
        filled(trade="t2", size=ONE, notional=ONE)
    ]


def test_a_fill_is_news_once_and_only_for_our_orders() -> None:
    assert record_fill(after(requested(), filled()), seen(notional=10 * ONE)) == []
    assert record_fill(after(), seen(notional=10 * ONE)) == []
    assert record_fill(after(requested()), seen(size=0, notional=0)) == []


def test_a_fill_is_news_where_only_its_reversal_was_known() -> None:
    assert record_fill(after(requested(), reverted()), seen(notional=10 * ONE)) == [filled()]


def test_an_end_is_said_of_an_order_that_has_not_ended() -> None:
    cancelled = OrderCancelled(order_id=A, reason="killed", cancelled_at_ms=7)
    expired = OrderExpired(order_id=A, expired_at_ms=7)
    assert record_cancel(after(requested()), A, "killed", 7) == [cancelled]
    assert record_expiry(after(requested()), A, 7) == [expired]
    for known in (filled(), cancelled, expired, FAILED):
        assert record_cancel(after(requested(), known), A, "killed", 8) == []
        assert record_expiry(after(requested(), known), A, 8) == []
    assert record_cancel(after(), UNKNOWN, "killed", 7) == []
    assert record_expiry(after(), UNKNOWN, 7) == []


def test_a_settlement_is_said_once_also_before_its_fill() -> None:
    for history in ((requested(),), (requested(), filled())):
        chain = TransactionHash("0xc1")
        said = confirm_fill(after(*history), TRADE, venue_id("a"), chain, 1_003)
        assert said == [confirmed()]
        assert confirm_fill(after(*history, *said), TRADE, venue_id("a"), chain, 1_005) == []
        said = revert_fill(after(*history), TRADE, venue_id("a"), "failed", 1_004)
        assert said == [reverted()]
        assert revert_fill(after(*history, *said), TRADE, venue_id("a"), "failed", 1_005) == []
    assert confirm_fill(after(), TRADE, venue_id("a"), TransactionHash(""), 1) == []
    assert revert_fill(after(), TRADE, venue_id("a"), "failed", 1) == []


def test_a_resolved_market_pays_every_token_that_is_held() -> None:
    resolved = MarketResolved(
        condition_id=CONDITION,
        payouts=(
            Payout(token_id=TOKEN, price_micros=ONE),
            Payout(token_id=TokenId("other"), price_micros=0),
        ),
        resolved_at_ms=1,
    )
    paid = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=20 * ONE,
        payout_micros=20 * ONE,
        settled_at_ms=9,
    )
    assert settle(after(requested(), filled()), resolved, 9) == [paid]
    assert settle(after(requested(), filled(), paid), resolved, 9) == []
    only_aside = requested("b", side=Side.SELL)
    assert settle(after(only_aside), resolved, 9) == []
