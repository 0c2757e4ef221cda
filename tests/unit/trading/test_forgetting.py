"""What an account forgets, and that it forgets nothing that may still matter."""

from collections.abc import Iterable

import msgspec

from polycopy.schemas.accounts import AccountFellBehind, ExternalOrderSeen
from polycopy.schemas.ids import OrderId, VenueOrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderEvent, OrderLost, OrderRequested
from polycopy.trading.account import evolve, fold
from polycopy.trading.account_state import KEPT_MS, Account
from polycopy.trading.invariants import faults
from tests.support import trading as make
from tests.support.trading import ACCOUNT, CONDITION, ONE, OPENING, TOKEN

STEP_MS = 600_000
COUNT = 3_000
"""Three weeks of an order every ten minutes."""


def at(event: OrderRequested, number: int) -> OrderRequested:
    return msgspec.structs.replace(event, requested_at_ms=(number + 1) * STEP_MS)


def life(number: int) -> list[OrderEvent]:
    """Two shares for one dollar; the odd one sells them again for a cent more."""
    name, side = f"o{number}", Side.SELL if number % 2 else Side.BUY
    notional = ONE + 10_000 * (number % 2)
    asked = make.requested(name, side=side, size=2 * ONE, notional=notional)
    trade = f"t{number}"
    fill = make.filled(name, trade, side=side, size=2 * ONE, notional=notional)
    return [at(asked, number), fill, make.confirmed(name, trade)]


def lives(numbers: Iterable[int]) -> list[OrderEvent]:
    return [event for number in numbers for event in life(number)]


def played(*extra: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *extra, *lives(range(COUNT))])


def test_memory_follows_what_goes_on_and_not_how_long_the_account_exists() -> None:
    account = played()
    two_days = KEPT_MS // STEP_MS
    assert len(account.orders) <= 1_000 + two_days
    assert len(account.venue_ids) == len(account.orders)
    assert len(account.lots) <= len(account.orders)
    assert account.version == 2 + 3 * COUNT
    assert account.anomalies == 0


def test_what_is_forgotten_still_counts_as_money() -> None:
    account = played()
    assert account.realised_micros == COUNT // 2 * 10_000
    assert account.free_micros == account.deposited_micros + account.realised_micros
    assert list(faults(account)) == []


def test_orders_of_somebody_else_are_forgotten_too_where_there_are_none_of_ours() -> None:
    others = [
        ExternalOrderSeen(
            account=ACCOUNT,
            venue_order_id=VenueOrderId(f"0xother{number}"),
            condition_id=CONDITION,
            token_id=TOKEN,
            side=Side.BUY,
            size_micros=ONE,
            price_micros=500_000,
            seen_in="trades",
            seen_at_ms=(number + 1) * STEP_MS,
        )
        for number in range(COUNT)
    ]

    assert len(fold(ACCOUNT, [*OPENING, *others]).external_ids) <= 1_000 + KEPT_MS // STEP_MS


def test_only_what_was_over_before_the_horizon_is_forgotten() -> None:
    account = played()
    horizon = account.forgotten_before_ms
    assert 0 < horizon <= account.clock_ms - KEPT_MS
    for number in range(COUNT):
        if (number + 1) * STEP_MS >= horizon:
            assert OrderId(f"o{number}") in account.orders


def test_what_is_not_over_is_never_forgotten() -> None:
    waiting = at(make.requested("waiting", size=2 * ONE, notional=ONE), 0)
    unsettled = at(make.requested("unsettled", size=2 * ONE, notional=ONE), 0)
    lost = at(make.requested("lost", size=2 * ONE, notional=ONE), 0)
    account = played(
        waiting,
        unsettled,
        make.filled("unsettled", "provisional", size=2 * ONE, notional=ONE),
        lost,
        OrderLost(
            order_id=OrderId("lost"), findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
        ),
    )
    assert {OrderId("waiting"), OrderId("unsettled"), OrderId("lost")} <= set(account.orders)


def test_a_lot_that_holds_something_outlives_its_order() -> None:
    kept = [
        at(make.requested("kept", size=2 * ONE, notional=ONE), 0),
        make.filled("kept", "k", size=2 * ONE, notional=ONE),
        make.confirmed("kept", "k"),
    ]
    account = fold(ACCOUNT, [*OPENING, *kept, *lives(range(2 * COUNT))])
    # The first sale took the oldest shares; what it left is as old as the second order.
    [lot] = [lot for lot in account.lots.values() if not lot.closed]
    assert lot.lot_id not in account.orders or lot.size_micros == 2 * ONE
    assert account.positions[TOKEN].cost_micros == ONE
    assert list(faults(account)) == []


def test_a_clock_that_was_days_ahead_for_a_moment_makes_nobody_forget_what_is_under_way() -> None:
    others = [make.refused(f"r{number}", STEP_MS) for number in range(998)]
    ahead = AccountFellBehind(account=ACCOUNT, reason="", fell_behind_at_ms=2 * KEPT_MS)
    account = fold(ACCOUNT, [*OPENING, *others, *life(0), ahead, make.refused("r")])

    assert account.forgotten_before_ms > STEP_MS
    assert account.decided(OrderId("o0"))


def test_refusals_are_forgotten_too() -> None:
    refused = [make.refused(f"r{number}", (number + 1) * STEP_MS) for number in range(COUNT)]
    account = fold(ACCOUNT, [*OPENING, *refused])
    assert len(account.refused_ids) <= 1_000 + KEPT_MS // STEP_MS


def test_two_folds_forget_the_same_at_the_same_event() -> None:
    events: list[OrderEvent] = [*OPENING, *lives(range(1_200))]
    one = fold(ACCOUNT, events)
    other = fold(ACCOUNT, events[:1_500])
    for event in events[1_500:]:
        other = evolve(other, event)
    assert one == other


def test_a_late_word_about_a_forgotten_order_is_an_anomaly_and_moves_nothing() -> None:
    account = played()
    late = OrderCancelled(order_id=OrderId("o0"), reason="late", cancelled_at_ms=account.clock_ms)
    after = evolve(account, late)
    assert (after.anomalies, after.free_micros) == (1, account.free_micros)
