"""What the limits of an account do to an order."""

import msgspec
import pytest

from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent, OrderRefused
from polycopy.schemas.terms import FeeCurve, Refusal, RefusalCode
from polycopy.trading.account import fold
from polycopy.trading.account_state import DAY_MS, Account
from polycopy.trading.approval import (
    ApprovedOrder,
    Intent,
    approve,
)
from polycopy.trading.orderbook import Book
from tests.support.trading import (
    ACCOUNT,
    FEE,
    ONE,
    OPENING,
    WIDE,
    book,
    filled,
    intent,
    market,
)
from tests.support.trading import requested as earlier

OPEN = (earlier("open", notional=100 * ONE),)
"""Locks a hundred of the thousand dollars, in the market and for the leader of the intent."""
LOST = (
    earlier("b", size=100 * ONE, notional=50 * ONE),
    filled("b", size=100 * ONE, notional=50 * ONE),
    earlier("s", side=Side.SELL, size=100 * ONE, notional=9 * ONE),
    filled("s", "t2", side=Side.SELL, size=100 * ONE, notional=9 * ONE),
)
"""41 dollars."""
HELD = (earlier("h"), filled("h", "t3"))  # 20 shares
CUTTING = {
    "market_exposure_ppm_max": RefusalCode.MARKET_EXPOSURE,
    "leader_exposure_ppm_max": RefusalCode.LEADER_EXPOSURE,
    "total_exposure_ppm_max": RefusalCode.TOTAL_EXPOSURE,
    "daily_budget_ppm_max": RefusalCode.DAILY_BUDGET,
}
BREAKING = ("daily_loss_ppm_max", "drawdown_ppm_max", "orders_per_minute_max")
cutting = pytest.mark.parametrize("limit", CUTTING)


def after(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *events])


def within(**limits: int) -> AccountLimits:
    return msgspec.structs.replace(WIDE, **limits)


def decided(
    limits: AccountLimits,
    *events: OrderEvent,
    wanted: Intent | None = None,
    the_book: Book | None = None,
    fee: FeeCurve = FEE,
    at_ms: int = 2_000,
) -> ApprovedOrder | OrderRefused:
    there, rules = the_book or book(), market(fee=fee)
    return approve(after(*events), wanted or intent(), there, rules, at_ms, limits=limits)


def approved(answer: ApprovedOrder | OrderRefused) -> ApprovedOrder:
    assert isinstance(answer, ApprovedOrder), answer
    return answer


def refused(answer: ApprovedOrder | OrderRefused) -> tuple[Refusal, ...]:
    assert isinstance(answer, OrderRefused), answer
    return answer.refusals


def test_an_order_may_be_as_large_as_the_limit_and_no_larger() -> None:
    limits = within(order_ppm_max=50_000)
    assert approved(decided(limits)).notional_micros == 50 * ONE
    assert refused(decided(limits, wanted=intent(amount=50_010_000))) == (
        Refusal(code=RefusalCode.ORDER_TOO_LARGE, detail="asked 50.01, limit 50"),
    )


def test_what_is_asked_for_is_judged_and_not_what_the_book_leaves_of_it() -> None:
    thin = book(asks=((510_000, 10 * ONE),))
    [refusal] = refused(decided(within(order_ppm_max=49_000), the_book=thin))
    assert refusal.code is RefusalCode.ORDER_TOO_LARGE


@cutting
def test_an_entry_is_cut_to_the_room_that_a_limit_leaves(limit: str) -> None:
    order = approved(decided(within(**{limit: 110_000}), *OPEN))  # 10 are left.
    assert order.lock_micros <= 10 * ONE < order.lock_micros + 10_500
    assert order.notional_micros == 9_520_000  # and 5 % of it in fees at most
    free = FeeCurve()
    assert approved(decided(within(**{limit: 110_000}), *OPEN, fee=free)).lock_micros == 10 * ONE


@cutting
def test_a_room_that_is_too_small_is_refused_by_its_name(limit: str) -> None:
    for used_up in (101_049, 100_000, 5_000):  # 1.05 pays for the smallest order with its fee.
        [refusal] = refused(decided(within(**{limit: used_up}), *OPEN))
        assert refusal.code is CUTTING[limit]
    assert refusal.detail == "100 of 5"
    assert approved(decided(within(**{limit: 101_050}), *OPEN)).notional_micros == ONE


@cutting
def test_a_strategys_own_minimum_is_not_cut_below(limit: str) -> None:
    wanted = msgspec.structs.replace(intent(), notional_min_micros=20 * ONE)
    [refusal] = refused(decided(within(**{limit: 110_000}), *OPEN, wanted=wanted))
    assert refusal.code is CUTTING[limit]


@cutting
def test_no_limit_on_entries_holds_back_an_exit(limit: str) -> None:
    sale = intent(Side.SELL, amount=20 * ONE, limit=480_000)
    assert approved(decided(within(**{limit: 0}), *HELD, wanted=sale)).size_micros == 20 * ONE


def test_the_smallest_room_cuts_and_of_several_too_small_ones_it_is_the_reason() -> None:
    limits = within(total_exposure_ppm_max=120_000, leader_exposure_ppm_max=110_000)
    assert approved(decided(limits, *OPEN, fee=FeeCurve())).notional_micros == 10 * ONE
    limits = within(total_exposure_ppm_max=100_000, leader_exposure_ppm_max=100_900)
    assert refused(decided(limits, *OPEN)) == (
        Refusal(code=RefusalCode.TOTAL_EXPOSURE, detail="100 of 100"),
        Refusal(code=RefusalCode.LEADER_EXPOSURE, detail="100 of 100.9"),
    )


def test_a_loss_of_the_day_ends_entries_until_midnight() -> None:
    enough, too_much = within(daily_loss_ppm_max=41_000), within(daily_loss_ppm_max=40_999)
    approved(decided(enough, *LOST))
    assert refused(decided(too_much, *LOST)) == (
        Refusal(code=RefusalCode.DAILY_LOSS, detail="41 of 40.999"),
    )
    approved(decided(too_much, *LOST, at_ms=DAY_MS))


def test_a_drawdown_ends_entries_and_midnight_does_not_bring_them_back() -> None:
    enough, too_much = within(drawdown_ppm_max=41_000), within(drawdown_ppm_max=40_999)
    approved(decided(enough, *LOST))
    for at_ms in (2_000, DAY_MS, 30 * DAY_MS):
        assert refused(decided(too_much, *LOST, at_ms=at_ms)) == (
            Refusal(code=RefusalCode.DRAWDOWN, detail="41 of 40.999"),
        )


def test_entries_come_no_faster_than_the_limit() -> None:
    approved(decided(within(orders_per_minute_max=2), *OPEN))
    limits = within(orders_per_minute_max=1)
    assert refused(decided(limits, *OPEN)) == (
        Refusal(code=RefusalCode.ORDER_RATE, detail="1 of 1"),
    )
    approved(decided(limits, *OPEN, at_ms=61_000))


@pytest.mark.parametrize("limit", BREAKING)
def test_no_breaker_holds_back_an_exit(limit: str) -> None:
    sale = intent(Side.SELL, amount=20 * ONE, limit=480_000)
    approved(decided(within(**{limit: 0}), *LOST, *HELD, wanted=sale))


@pytest.mark.parametrize(
    ("side", "leader", "sane"),
    [
        (Side.BUY, 410_000, True),  # Best ask 0.51, best bid 0.49.
        (Side.BUY, 409_999, False),
        (Side.BUY, 610_000, True),
        (Side.BUY, 610_001, False),
        (Side.BUY, 0, True),  # Nobody's price is known.
        (Side.SELL, 590_000, True),
        (Side.SELL, 590_001, False),
        (Side.SELL, 100_000, True),  # The better for us.
        (Side.SELL, 0, True),
    ],
)
def test_a_book_that_is_nowhere_near_the_leaders_price_is_not_traded(
    side: Side, leader: int, *, sane: bool
) -> None:
    wanted = intent(side, amount=20 * ONE, limit=520_000 if side is Side.BUY else 480_000)
    wanted = msgspec.structs.replace(wanted, leader_price_micros=leader)
    answer = decided(within(price_gap_micros_max=100_000), *HELD, wanted=wanted)
    if sane:
        approved(answer)
    else:
        [refusal] = refused(answer)
        assert refusal.code is RefusalCode.PRICE_SANITY
        assert refusal.detail.startswith("best 0.")


def test_where_there_is_no_price_its_sanity_is_no_question() -> None:
    nobody = book(asks=())
    [refusal] = refused(decided(within(price_gap_micros_max=0), the_book=nobody))
    assert refusal.code is RefusalCode.BOOK_EMPTY


def test_a_refusal_names_every_limit_that_is_reached() -> None:
    limits = AccountLimits(
        order_ppm_max=1,
        market_exposure_ppm_max=1,
        leader_exposure_ppm_max=2,
        total_exposure_ppm_max=3,
        daily_budget_ppm_max=4,
        daily_loss_ppm_max=1,
        drawdown_ppm_max=1,
        orders_per_minute_max=0,
        price_gap_micros_max=9_999,
    )
    answer = approve(after(*LOST), intent(limit=500_000), book(), None, 2_000, limits=limits)
    codes = [refusal.code for refusal in refused(answer)]
    assert codes == [
        RefusalCode.MARKET_NOT_TRADABLE,
        RefusalCode.PRICE_OFF_MARKET,
        RefusalCode.PRICE_SANITY,
        RefusalCode.ORDER_TOO_LARGE,
        RefusalCode.DAILY_BUDGET,  # Spent beyond it; the others have a hair left.
        RefusalCode.MARKET_EXPOSURE,
        RefusalCode.LEADER_EXPOSURE,
        RefusalCode.TOTAL_EXPOSURE,
        RefusalCode.DAILY_LOSS,
        RefusalCode.DRAWDOWN,
        RefusalCode.ORDER_RATE,
    ]


def test_of_an_account_that_got_nothing_every_part_is_nothing() -> None:
    nothing = approve(fold(ACCOUNT, []), intent(), book(), market(), 2_000)
    codes = [refusal.code for refusal in refused(nothing)]
    assert codes == [
        RefusalCode.INSUFFICIENT_CASH,
        RefusalCode.ORDER_TOO_LARGE,
        *CUTTING.values(),
    ]


def test_the_defaults_allow_a_tenth_of_the_deposits_and_a_quarter_in_one_market() -> None:
    deep, defaults = book(asks=((510_000, 1_000 * ONE),)), AccountLimits()
    order = approved(decided(defaults, wanted=intent(amount=100 * ONE), the_book=deep))
    assert order.notional_micros == 100 * ONE
    market_full = earlier("open", notional=250 * ONE)
    assert refused(decided(defaults, market_full, the_book=deep)) == (
        Refusal(code=RefusalCode.MARKET_EXPOSURE, detail="250 of 250"),
    )
    assert decided(defaults, *OPEN) == approve(after(*OPEN), intent(), book(), market(), 2_000)
