"""Limits as the operator says them, and what he is told of what he said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core import limit_options
from polycopy.cli.core.limit_options import Unit
from polycopy.schemas.limits import AccountLimits


@given(st.integers(min_value=0, max_value=1_000_000))
def test_a_percentage_is_read_as_it_is_shown(ppm: int) -> None:
    before = AccountLimits(drawdown_ppm_max=ppm)
    shown = limit_options.view(before, 0).rows[6][1]
    said = {"drawdown_ppm_max": shown.removesuffix(" %")}
    assert limit_options.changed(AccountLimits(), said) == before


def test_what_is_not_said_stays_as_it_is() -> None:
    before = AccountLimits(order_ppm_max=1, price_gap_micros_max=7)
    after = limit_options.changed(
        before, {"orders_per_minute_max": "9", "price_gap_micros_max": "0.2"}
    )
    assert after == AccountLimits(
        order_ppm_max=1, orders_per_minute_max=9, price_gap_micros_max=200_000
    )
    assert limit_options.changed(before, {}) == before


def test_every_fault_of_the_limits_is_told_at_once() -> None:
    with pytest.raises(limit_options.LimitFault) as fault:
        limit_options.changed(
            AccountLimits(),
            {
                "order_ppm_max": "-1",
                "market_exposure_ppm_max": "1.00001",
                "leader_exposure_ppm_max": "100.01",
                "daily_budget_ppm_max": "10001",
                "total_exposure_ppm_max": "much",
                "daily_loss_ppm_max": "1_0",
                "drawdown_ppm_max": "٣",
                "orders_per_minute_max": "9" * 5_000,
                "price_gap_micros_max": "1.1",
            },
        )
    assert list(fault.value.args) == [
        "--order-percent: must be a number from 0 to 100 percent, as 5 or 0.5",
        "--market-percent: has more than four decimals",
        "--leader-percent: must be from 0 to 100 percent",
        "--total-percent: must be a number from 0 to 100 percent, as 5 or 0.5",
        "--daily-budget-percent: must be from 0 to 10000 percent",
        "--daily-loss-percent: must be a number from 0 to 100 percent, as 5 or 0.5",
        "--drawdown-percent: must be a number from 0 to 100 percent, as 5 or 0.5",
        "--orders-per-minute: must be a whole number from 0 to 1000",
        "--price-gap: must be from 0 to 1 pUSD",
    ]


@pytest.mark.parametrize(
    "text", ["1_0", "٣", "+5", "1e1", " 5", "5 ", "", ".", "nan", "9" * 5_000, "0." + "0" * 5_000]
)
def test_a_limit_is_plain_digits_with_a_dot(text: str) -> None:
    for one in limit_options.OPTIONS:
        with pytest.raises(limit_options.LimitFault) as fault:
            limit_options.changed(AccountLimits(), {one.field: text})
        [line] = fault.value.args
        assert line.startswith(f"{one.option}: must be a ")


def test_only_the_budget_of_a_day_may_be_more_than_all_that_was_paid_in() -> None:
    """The same money is spent, comes back, and is spent again."""
    after = limit_options.changed(AccountLimits(), {"daily_budget_ppm_max": "250"})
    assert after.daily_budget_ppm_max == 2_500_000
    for one in limit_options.OPTIONS:
        if one.unit is Unit.PERCENT and one.field != "daily_budget_ppm_max":
            with pytest.raises(limit_options.LimitFault, match="from 0 to 100 percent"):
                limit_options.changed(AccountLimits(), {one.field: "100.0001"})


def test_a_limit_of_nothing_is_taken_and_said() -> None:
    assert limit_options.remarks(AccountLimits()) == []
    said = {one.field: "0" for one in limit_options.OPTIONS}
    remarks = limit_options.remarks(limit_options.changed(AccountLimits(), said))
    assert remarks[0] == "one order: 0, so it sends no entry"
    assert remarks[6].startswith("below the highest result: 0, so it sends no entry while ")
    assert len(remarks) == len(limit_options.OPTIONS)


def test_every_limit_has_an_option() -> None:
    assert [one.field for one in limit_options.OPTIONS] == list(AccountLimits.__struct_fields__)
    assert len(limit_options.plain(AccountLimits())) == len(limit_options.OPTIONS)
