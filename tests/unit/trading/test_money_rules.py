"""Fees, ticks and sizes of copies."""

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.control import FixedSizing, ProportionalSizing, Sizing
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import FeeCurve
from polycopy.trading.fees import (
    affordable_notional_micros,
    highest_fee_micros,
    taker_fee_micros,
)
from polycopy.trading.sizing import CAPPED_BY_MAXIMUM, copy_notional
from polycopy.trading.ticks import (
    AMOUNT_UNITS,
    FINEST_TICK_MICROS,
    buy_amounts,
    round_price,
    sell_amounts,
)
from tests.support.trading import ONE

ticks = st.sampled_from(sorted(AMOUNT_UNITS))
curves = st.builds(
    FeeCurve, rate_ppm=st.integers(0, 200_000), exponent=st.integers(min_value=0, max_value=4)
)
notionals = st.integers(0, 10**12)
grid_prices = st.integers(1, 9_999).map(lambda tick: tick * FINEST_TICK_MICROS)
sides = st.sampled_from(Side)


@pytest.mark.parametrize(
    ("rate_ppm", "fee"),
    [(70_000, 1_750_000), (50_000, 1_250_000), (40_000, 1_000_000), (0, 0)],
)
def test_the_fee_of_a_hundred_shares_at_one_half(rate_ppm: int, fee: int) -> None:
    """The venue's own examples: crypto, sports, politics, geopolitics."""
    assert taker_fee_micros(100 * ONE, 500_000, FeeCurve(rate_ppm=rate_ppm)) == fee


def test_a_fee_is_cut_to_five_decimals_and_less_is_nothing() -> None:
    curve = FeeCurve(rate_ppm=50_000)
    assert taker_fee_micros(ONE, 333_000, curve) == 11_100  # 0.01110555 exactly
    assert taker_fee_micros(799, 500_000, curve) == 0


def test_the_exponent_sharpens_the_curve() -> None:
    assert taker_fee_micros(100 * ONE, 500_000, FeeCurve(rate_ppm=250_000, exponent=2)) == 1_562_500
    assert taker_fee_micros(100 * ONE, 500_000, FeeCurve(rate_ppm=10_000, exponent=0)) == ONE


@forall(notionals, grid_prices, st.lists(grid_prices, min_size=1, max_size=5), curves)
def test_no_way_of_spending_costs_more_than_the_highest_fee(
    notional: int, limit: int, prices: list[int], curve: FeeCurve
) -> None:
    part = notional // len(prices)
    paid = sum(
        taker_fee_micros(part * MICROS // min(price, limit), min(price, limit), curve)
        for price in prices
    )
    assert 0 <= paid <= highest_fee_micros(notional, limit, curve)


def test_the_highest_fee_is_set_aside_and_little_more() -> None:
    flat = FeeCurve(rate_ppm=50_000)
    assert highest_fee_micros(100 * ONE, 500_000, flat) == 5 * ONE  # at a price near 0
    sharp = FeeCurve(rate_ppm=50_000, exponent=2)
    assert highest_fee_micros(100 * ONE, 900_000, sharp) == 1_250_000  # a quarter of it
    assert highest_fee_micros(100 * ONE, 200_000, sharp) == 800_000
    assert highest_fee_micros(1, 500_000, flat) == 1
    assert affordable_notional_micros(105 * ONE, 500_000, flat) == 100 * ONE


@forall(st.integers(-ONE, 10**12), grid_prices, curves)
def test_what_is_affordable_is_paid_for_and_nothing_more_is(
    free: int, limit: int, curve: FeeCurve
) -> None:
    notional = affordable_notional_micros(free, limit, curve)
    assert notional + highest_fee_micros(notional, limit, curve) <= max(0, free)
    more = notional + 1
    assert more + highest_fee_micros(more, limit, curve) > free


@forall(st.integers(-ONE, 2 * ONE), ticks, sides)
def test_a_price_on_the_grid_never_breaks_its_limit(price: int, tick: int, side: Side) -> None:
    rounded = round_price(price, tick, side)
    assert rounded % tick == 0
    assert round_price(rounded, tick, side) == rounded
    if side is Side.BUY:
        assert 0 <= rounded <= max(price, 0)
        assert rounded <= MICROS - tick
        assert rounded > price - tick or rounded == MICROS - tick
    else:
        assert min(price, MICROS) <= rounded <= MICROS
        assert rounded >= tick
        assert rounded < price + tick or rounded in (tick, MICROS)


def test_a_limit_beyond_the_grid_is_no_price() -> None:
    assert round_price(9_999, 10_000, Side.BUY) == 0
    assert round_price(990_001, 10_000, Side.SELL) == MICROS


@forall(notionals, grid_prices, ticks)
def test_the_amounts_of_a_buy_imply_its_limit_and_reach_no_further(
    notional: int, price: int, tick: int
) -> None:
    limit = round_price(price, tick, Side.BUY)
    amounts = buy_amounts(notional, limit, tick) if limit else None
    if amounts is not None:
        maker, taker = amounts
        assert maker <= notional
        assert taker * limit <= maker * MICROS < taker * (limit + FINEST_TICK_MICROS)


@forall(st.integers(MICROS, 10**12), grid_prices, st.sampled_from(sorted(AMOUNT_UNITS)[:-1]))
def test_a_dollar_is_always_enough_to_express_a_limit_on_the_finer_grids(
    notional: int, price: int, tick: int
) -> None:
    limit = round_price(price, tick, Side.BUY)
    assert not limit or buy_amounts(notional, limit, tick) is not None


def test_too_few_dollars_cannot_express_a_limit_on_the_coarsest_grid() -> None:
    assert buy_amounts(ONE, 700_000, 100_000) is None
    assert buy_amounts(10 * ONE, 700_000, 100_000) == (10 * ONE, 14_285_000)
    assert buy_amounts(9_999, 700_000, 100_000) is None


@forall(notionals, grid_prices, ticks)
def test_the_amounts_of_a_sell_imply_exactly_its_limit(size: int, price: int, tick: int) -> None:
    limit = round_price(price, tick, Side.SELL)
    amounts = sell_amounts(size, limit)
    if amounts is None:
        assert size < 10_000
    else:
        maker, taker = amounts
        assert size - 10_000 < maker <= size
        assert taker * MICROS == maker * limit
        assert limit == MICROS or taker % AMOUNT_UNITS[tick] == 0


@pytest.mark.parametrize(
    ("sizing", "leader", "expected"),
    [
        (FixedSizing(notional_micros=5 * ONE), 900 * ONE, (5 * ONE, "")),
        (FixedSizing(notional_micros=500_000), 900 * ONE, (0, "")),
        (FixedSizing(notional_micros=500 * ONE), 1, (100 * ONE, CAPPED_BY_MAXIMUM)),
        (ProportionalSizing(ratio_ppm=10_000), 900 * ONE, (9 * ONE, "")),
        (ProportionalSizing(ratio_ppm=10_000), 99_999_999, (0, "")),
        (ProportionalSizing(ratio_ppm=10_000), 100 * ONE, (ONE, "")),
        (ProportionalSizing(ratio_ppm=10_000), 10_000 * ONE + 100, (100 * ONE, CAPPED_BY_MAXIMUM)),
    ],
)
def test_a_copy_is_sized_and_capped_and_never_rounded_up(
    sizing: Sizing, leader: int, expected: tuple[int, str]
) -> None:
    assert copy_notional(sizing, leader, ONE, 100 * ONE) == expected


def test_a_sizing_of_another_kind_is_our_own_bug() -> None:
    with pytest.raises(AssertionError):
        copy_notional("all of it", ONE, ONE, ONE)  # type: ignore[arg-type]
