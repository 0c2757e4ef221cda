"""What matches do to an account, in whatever order they are told."""

from polycopy.schemas.ids import OrderId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderEvent, OrderExpired, OrderFailed
from polycopy.schemas.terms import FailureCode
from polycopy.trading.account import fold
from polycopy.trading.account_state import Account, position
from polycopy.trading.invariants import check
from polycopy.trading.lots import Position
from polycopy.trading.order_life import OrderState
from polycopy.trading.order_state import FillStatus
from tests.support.trading import (
    ACCOUNT,
    ONE,
    OPENING,
    TOKEN,
    confirmed,
    filled,
    placed,
    requested,
    reverted,
)

A = OrderId("a")
CANCELLED = OrderCancelled(order_id=A, reason="killed", cancelled_at_ms=1)
EXPIRED = OrderExpired(order_id=A, expired_at_ms=1)
FAILED = OrderFailed(
    order_id=A, code=FailureCode.NO_MATCH, http_status=400, answer="", failed_at_ms=1
)
BOUGHT = (requested(), placed(), filled())
SELL = requested("b", side=Side.SELL, size=10 * ONE, notional=4 * ONE)


def after(*events: OrderEvent) -> Account:
    history = [*OPENING, *events]
    assert check(ACCOUNT, history) == []
    return fold(ACCOUNT, history)


def held(account: Account, token_id: TokenId = TOKEN) -> Position:
    found = position(account, token_id)
    assert found is not None
    return found


def test_a_fill_before_the_answer_is_normal() -> None:
    account = after(requested(), filled(notional=4 * ONE, partially=True), placed())
    assert account.orders[A].state is OrderState.PARTIALLY_FILLED
    account = after(requested(), filled(), placed())
    assert (account.orders[A].state, account.anomalies) == (OrderState.FILLED, 0)


def test_a_fill_counts_after_the_order_has_ended() -> None:
    for end in (CANCELLED, EXPIRED, FAILED):
        account = after(requested(), end, filled(notional=4 * ONE, partially=True))
        assert (account.free_micros, account.locked_micros) == (996 * ONE, 0)
        assert account.orders[A].state is not OrderState.PARTIALLY_FILLED
        account = after(requested(), end, filled())
        assert (account.orders[A].state, account.anomalies) == (OrderState.FILLED, 0)


def test_a_failure_after_a_fill_is_an_anomaly_and_unlocks_nothing() -> None:
    account = after(requested(), filled(notional=4 * ONE, partially=True), FAILED, FAILED)
    assert account.orders[A].state is OrderState.PARTIALLY_FILLED
    assert account.orders[A].anomalies == ("OrderFailed in PARTIALLY_FILLED",)
    assert (account.locked_micros, account.anomalies) == (6 * ONE, 2)
    assert account.version == 6


def test_the_same_match_counts_once() -> None:
    account = after(requested(), filled(), filled())
    assert (account.free_micros, account.anomalies) == (990 * ONE, 1)
    assert account.orders[A].anomalies == ("one match was said twice",)


def test_one_trade_can_match_two_of_our_orders() -> None:
    account = after(requested(), requested("b"), filled("a", "t1"), filled("b", "t1"))
    assert (held(account).size_micros, account.anomalies) == (40 * ONE, 0)


def test_an_overfill_counts_and_is_flagged() -> None:
    account = after(requested(), filled(), filled(trade="t2", size=ONE, notional=ONE))
    assert (account.free_micros, held(account).size_micros) == (989 * ONE, 21 * ONE)
    assert account.orders[A].anomalies == ("more was matched than asked for",)
    dust = filled(trade="t2", size=9_000, notional=9_000)
    assert after(requested(), filled(), dust).anomalies == 0


def test_only_the_venue_can_take_free_capital_below_zero() -> None:
    account = after(requested(notional=1_000 * ONE), filled(notional=1_001 * ONE))
    assert account.free_micros == -ONE
    assert account.orders[A].anomalies == ("more was matched than asked for",)


def test_a_reverted_fill_never_happened() -> None:
    account = after(*BOUGHT, reverted())
    assert (account.free_micros, account.fees_micros) == (1_000 * ONE, 0)
    assert position(account, TOKEN) is None
    order = account.orders[A]
    assert (order.filled_size_micros, order.matched_size_micros) == (0, 20 * ONE)
    assert order.state is OrderState.FILLED  # The venue matched all of it and will match no more.
    assert next(iter(order.fills.values())).status is FillStatus.REVERTED


def test_a_reverted_part_is_locked_again_while_the_order_is_open() -> None:
    account = after(requested(), filled(notional=4 * ONE, partially=True), reverted())
    assert (account.free_micros, account.locked_micros) == (990 * ONE, 10 * ONE)


def test_a_reversal_may_come_before_its_fill() -> None:
    account = after(requested(), reverted())
    assert account.orders[A].state is OrderState.REQUESTED
    account = after(requested(), reverted(), filled(), placed())
    assert (account.free_micros, account.anomalies) == (1_000 * ONE, 0)
    assert position(account, TOKEN) is None


def test_a_confirmation_may_come_before_its_fill() -> None:
    account = after(requested(), confirmed(), filled())
    record = next(iter(account.orders[A].fills.values()))
    assert (record.status, record.counts) == (FillStatus.CONFIRMED, True)
    assert after(*BOUGHT).orders[A].fills[next(iter(account.orders[A].fills))].status is (
        FillStatus.PROVISIONAL
    )


def test_a_confirmed_fill_stays_whatever_else_is_said() -> None:
    for told in ((confirmed(), reverted()), (reverted(), confirmed())):
        for history in ((*BOUGHT, *told), (requested(), *told, filled(), placed())):
            account = after(*history)
            assert (account.free_micros, account.anomalies) == (990 * ONE, 1)
            assert account.orders[A].anomalies == ("one match was confirmed and reverted",)


def test_a_reverted_sale_gives_the_shares_back_at_their_cost() -> None:
    sold = filled("b", "t2", size=10 * ONE, notional=7 * ONE, fee=1_000, side=Side.SELL)
    before = after(*BOUGHT, SELL, CANCELLED)
    account = after(*BOUGHT, SELL, sold, reverted("b", "t2"))
    assert (account.realised_micros, account.free_micros) == (0, before.free_micros)
    assert held(account).cost_micros == 10 * ONE
