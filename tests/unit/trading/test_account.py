"""What each event does to an account. After every one of them C1, C2 and E1 hold."""

import pytest
from msgspec.structs import replace

from polycopy.schemas.control import VenueName
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import EventId, OrderId, StrategyId, TokenId, Wallet
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderFailed,
    OrderRefused,
    OrderUncertain,
    PositionSettled,
)
from polycopy.schemas.terms import FailureCode, OrderType, UncertainCode, VenueAccount
from polycopy.trading.account import deposit, evolve, fold, initial, start_epoch
from polycopy.trading.account_state import (
    Account,
    available_size_micros,
    locked_micros,
    open_orders,
    position,
    unresolved,
)
from polycopy.trading.invariants import check
from polycopy.trading.lots import Position
from polycopy.trading.order_life import OrderState
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    DEPOSITED,
    EPOCH,
    ON_PAPER,
    ONE,
    OPENING,
    STRATEGY,
    TOKEN,
    confirmed,
    filled,
    placed,
    requested,
    venue_id,
)

A, B = OrderId("a"), OrderId("b")
CANCELLED = OrderCancelled(order_id=A, reason="killed", cancelled_at_ms=1)
EXPIRED = OrderExpired(order_id=A, expired_at_ms=1)
FAILED = OrderFailed(
    order_id=A, code=FailureCode.NO_MATCH, http_status=400, answer="", failed_at_ms=1
)
UNCERTAIN = OrderUncertain(order_id=A, code=UncertainCode.TIMEOUT, uncertain_at_ms=1)
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


def test_capital_is_deposited_once_a_strategy() -> None:
    assert deposit(initial(ACCOUNT), STRATEGY, 1_000 * ONE) == [DEPOSITED]
    account = after()
    assert (account.deposited_micros, account.free_micros) == (1_000 * ONE, 1_000 * ONE)
    assert deposit(account, STRATEGY, 1_000 * ONE) == []
    second = deposit(account, StrategyId("other"), ONE)
    assert after(*second).deposited_micros == 1_001 * ONE


def test_no_deposit_makes_an_account_larger_than_any_amount() -> None:
    account = initial(ACCOUNT)
    for number in range(10):
        for event in deposit(account, StrategyId(f"s{number}"), LIMIT // 4):
            account = evolve(account, event)
    assert (len(account.deposits), account.deposited_micros) == (4, LIMIT)
    for amount_micros in (1, LIMIT, 10**30, -1, -(10**30)):
        assert deposit(account, StrategyId("other"), amount_micros) == []
    assert deposit(initial(ACCOUNT), STRATEGY, LIMIT) != []


def test_a_deposit_that_is_said_twice_was_made_twice() -> None:
    account = after(DEPOSITED)
    assert account.deposits[STRATEGY] == account.free_micros == 2_000 * ONE


def test_epochs_follow_each_other() -> None:
    told = replace(EPOCH, venue_account=ON_PAPER)
    assert start_epoch(initial(ACCOUNT), "test", ON_PAPER) == [told]
    account = after(*start_epoch(after(), "next", ON_PAPER))
    assert (account.epoch, account.instance, account.anomalies) == (2, "next", 0)
    skipped = ExecutorEpochStarted(account=ACCOUNT, epoch=9, instance="x")
    assert evolve(account, skipped).anomalies == 1


REAL = VenueAccount(
    venue=VenueName.POLYMARKET,
    host="clob.example",
    chain_id=137,
    wallet=Wallet("0x" + "a1" * 20),
    signer=Wallet("0x" + "b2" * 20),
)


@pytest.mark.parametrize(
    "another",
    [
        ON_PAPER,
        replace(REAL, host="127.0.0.1"),
        replace(REAL, chain_id=80002),
        replace(REAL, wallet=Wallet("0x" + "c3" * 20)),
        replace(REAL, signer=Wallet("0x" + "c3" * 20)),
    ],
    ids=["paper", "host", "chain", "wallet", "signer"],
)
def test_an_account_stays_at_the_venue_and_with_the_wallet_of_its_first_epoch(
    another: VenueAccount,
) -> None:
    account = fold(ACCOUNT, start_epoch(initial(ACCOUNT), "first", REAL))
    assert account.venue_account == REAL
    assert start_epoch(account, "second", another) == []
    assert len(start_epoch(account, "second", REAL)) == 1
    forced = ExecutorEpochStarted(
        account=ACCOUNT, epoch=2, instance="second", venue_account=another
    )
    account = evolve(account, forced)
    assert (account.venue_account, account.anomalies) == (REAL, 1)


def test_an_account_of_a_build_that_did_not_tell_belongs_to_whoever_tells_first() -> None:
    untold = ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="old")
    account = fold(ACCOUNT, [untold])
    assert account.venue_account is None
    account = fold(ACCOUNT, [untold, *start_epoch(account, "new", REAL)])
    assert (account.venue_account, account.anomalies) == (REAL, 0)


def test_a_request_locks_its_capital_until_it_is_spent() -> None:
    account = after(requested(lock=11 * ONE))
    assert (account.free_micros, locked_micros(account)) == (989 * ONE, 11 * ONE)
    assert account.orders[A].request == requested(lock=11 * ONE)
    assert account.orders[A].epoch == 1
    account = after(requested(lock=11 * ONE), filled(notional=4 * ONE, fee=ONE, partially=True))
    assert (account.free_micros, account.locked_micros) == (989 * ONE, 6 * ONE)
    assert (account.fees_micros, held(account).cost_micros) == (ONE, 4 * ONE)


def test_a_sell_sets_its_shares_aside() -> None:
    account = after(*BOUGHT, SELL)
    assert (held(account).locked_size_micros, account.locked_micros) == (10 * ONE, 0)
    assert available_size_micros(account, TOKEN) == 10 * ONE
    assert available_size_micros(account, TokenId("2")) == 0
    part = filled("b", "t2", size=4 * ONE, notional=ONE, side=Side.SELL, partially=True)
    account = after(*BOUGHT, SELL, part)
    assert (held(account).locked_size_micros, held(account).size_micros) == (6 * ONE, 16 * ONE)
    account = after(*BOUGHT, SELL, filled("b", "t2", size=4 * ONE, notional=ONE, side=Side.SELL))
    assert (held(account).locked_size_micros, held(account).size_micros) == (0, 16 * ONE)


def test_a_sell_of_what_is_not_held_still_sets_aside() -> None:
    account = after(SELL)
    assert held(account).size_micros == 0
    assert available_size_micros(account, TOKEN) == 0
    assert after(SELL, OrderExpired(order_id=B, expired_at_ms=1)).positions == after().positions


def test_a_sale_realises_against_the_average_cost() -> None:
    account = after(
        *BOUGHT, SELL, filled("b", "t2", size=10 * ONE, notional=7 * ONE, fee=1_000, side=Side.SELL)
    )
    assert account.realised_micros == 2 * ONE
    assert held(account).cost_micros == 5 * ONE
    assert account.free_micros == 997 * ONE - 1_000


def test_an_order_whose_answer_is_unknown_keeps_its_lock_and_its_bytes() -> None:
    account = after(requested(), UNCERTAIN)
    assert [order.order_id for order in unresolved(account)] == [A]
    assert account.locked_micros == 10 * ONE
    assert account.orders[A].request is not None
    account = after(requested(), UNCERTAIN, placed())
    assert unresolved(account) == []
    assert [order.state for order in open_orders(account)] == [OrderState.OPEN]
    assert account.orders[A].request is None


def test_what_ends_an_order_unlocks_the_rest() -> None:
    for end in (CANCELLED, EXPIRED, FAILED):
        account = after(requested(), end)
        assert (account.free_micros, account.locked_micros) == (1_000 * ONE, 0)
        assert open_orders(account) == []
    account = after(requested(), filled(notional=4 * ONE, partially=True), CANCELLED)
    assert (account.free_micros, account.locked_micros) == (996 * ONE, 0)


def test_a_resolved_position_is_paid_out() -> None:
    paid = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=20 * ONE,
        payout_micros=20 * ONE,
        settled_at_ms=1,
    )
    account = after(*BOUGHT, paid)
    assert (account.free_micros, account.realised_micros) == (1_010 * ONE, 10 * ONE)
    assert position(account, TOKEN) is None
    assert account.anomalies == 0
    assert after(paid).anomalies == 1


def test_a_refusal_is_remembered_and_changes_nothing_else() -> None:
    refused = OrderRefused(
        order_id=A,
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=EventId("s"),
        trade_id=EventId("t"),
        token_id=TOKEN,
        side=Side.BUY,
        refusals=(),
        refused_at_ms=1,
    )
    account = after(refused)
    assert account.decided(A)
    assert account.free_micros == 1_000 * ONE
    assert after(requested()).decided(A)
    assert not account.decided(B)


def test_events_of_an_unknown_order_and_a_second_request_are_anomalies() -> None:
    unknown = after(CANCELLED, filled(), confirmed())
    assert (unknown.anomalies, unknown.version, unknown.free_micros) == (3, 5, 1_000 * ONE)
    twice = after(requested(), requested())
    assert (twice.anomalies, twice.locked_micros) == (1, 10 * ONE)


def test_an_order_is_found_by_the_venues_id() -> None:
    account = after(requested())
    found = account.order_by_venue_id(venue_id("a"))
    assert found is account.orders[A]
    assert account.order_by_venue_id(venue_id("b")) is None


def test_a_resting_buy_is_limited_by_its_shares_and_a_marketable_one_by_its_dollars() -> None:
    for order_type in OrderType:
        order = after(requested(order_type=order_type)).orders[A]
        marketable = order_type in (OrderType.FAK, OrderType.FOK)
        assert order.by_notional is marketable
        assert order.unmatched_micros == (10 if marketable else 20) * ONE


def test_an_event_of_another_kind_is_our_own_bug() -> None:
    with pytest.raises(AssertionError):
        evolve(after(), UnknownEvent(event_type="x", body=b""))  # type: ignore[arg-type]
