"""What the limits count: days, results, entries."""

import msgspec

from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderEvent, OrderRequested
from polycopy.trading import tally
from polycopy.trading.account import fold
from polycopy.trading.account_state import DAY_MS, Account
from tests.support import trading as make
from tests.support.trading import ACCOUNT, ONE, OPENING

DAY = DAY_MS
NOON = 20_000 * DAY + DAY // 2


def at(event: OrderRequested, at_ms: int) -> OrderRequested:
    return msgspec.structs.replace(event, requested_at_ms=at_ms)


def buy(name: str, at_ms: int) -> OrderRequested:
    """Ten dollars."""
    return at(make.requested(name), at_ms)


def sell(name: str, at_ms: int) -> OrderRequested:
    return at(make.requested(name, side=Side.SELL, size=20 * ONE, notional=ONE), at_ms)


def cancelled(name: str, at_ms: int) -> OrderCancelled:
    return OrderCancelled(order_id=make.requested(name).order_id, reason="", cancelled_at_ms=at_ms)


def account(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *events])


def test_the_day_s_budget_counts_what_is_locked_and_what_was_spent() -> None:
    assert account(buy("a", NOON)).tally.spent_today_micros == 10 * ONE
    half = make.filled("a", "t", size=10 * ONE, notional=4 * ONE, fee=10_000, partially=True)
    known = account(buy("a", NOON), half)
    assert known.tally.spent_today_micros == 10 * ONE
    known = account(buy("a", NOON), half, cancelled("a", NOON + 1))
    assert known.tally.spent_today_micros == 4 * ONE + 10_000


def test_a_new_day_has_a_new_budget_and_yesterday_s_fills_do_not_count() -> None:
    known = account(buy("a", NOON), buy("b", NOON + DAY))
    assert known.tally.spent_today_micros == 10 * ONE
    known = account(buy("a", NOON), buy("b", NOON + DAY), make.filled("a", "t"))
    assert known.tally.spent_today_micros == 10 * ONE


def test_a_day_begins_with_the_result_of_the_days_before() -> None:
    loss = [
        buy("a", NOON),
        make.filled("a", "t"),
        sell("s", NOON),
        make.filled("s", "u", side=Side.SELL, size=20 * ONE, notional=7 * ONE),
    ]
    known = account(*loss)
    assert known.result_micros - known.tally.result_at_midnight_micros == -3 * ONE
    known = account(*loss, buy("b", NOON + DAY))
    assert known.result_micros - known.tally.result_at_midnight_micros == 0


def test_the_highest_result_is_kept_over_midnight() -> None:
    gain = [
        buy("a", NOON),
        make.filled("a", "t"),
        sell("s", NOON),
        make.filled("s", "u", side=Side.SELL, size=20 * ONE, notional=14 * ONE),
    ]
    known = account(*gain, buy("b", NOON + 5 * DAY))
    assert known.tally.highest_result_micros == 4 * ONE


def test_entries_of_the_last_minute_are_counted_and_exits_are_not() -> None:
    known = account(buy("a", NOON), buy("b", NOON + 59_999), sell("s", NOON + 59_999))
    assert tally.entries_last_minute(known.tally, NOON + 59_999) == 2
    assert tally.entries_last_minute(known.tally, NOON + 60_000) == 1


def test_the_clock_never_goes_back_and_the_venue_s_does_not_move_it() -> None:
    known = account(buy("a", NOON), buy("b", NOON - DAY))
    assert known.clock_ms == NOON
    ahead = msgspec.structs.replace(make.filled("a", "t"), matched_at_ms=NOON + 100 * DAY)
    assert account(buy("a", NOON), ahead).clock_ms == NOON


def test_another_clock_that_was_ahead_keeps_no_entry_in_the_last_minute() -> None:
    ahead = AccountFellBehind(account=ACCOUNT, reason="", fell_behind_at_ms=NOON + DAY)
    known = account(ahead, buy("a", NOON), buy("b", NOON + 30_000), buy("c", NOON + 90_000))
    assert tally.entries_last_minute(known.tally, NOON + 100_000) == 1
