"""What an account may risk, and how much of it is used.

Parts per million are of all that was ever paid into the account. Limits bind entries only: an exit
makes every one of these figures smaller.
"""

import msgspec


class AccountLimits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every limit is on. An entry is cut to what the exposures and the budget leave, and refused
    where that is less than the minimum; the other limits refuse it.

    Days are UTC days. Losses count at cost: what was realised, fees included. The drawdown is the
    distance from the highest result so far and does not end at midnight.
    """

    order_ppm_max: int = 100_000
    market_exposure_ppm_max: int = 250_000
    """Both outcomes of a market netted: a pair of them pays a dollar whatever happens."""
    leader_exposure_ppm_max: int = 500_000
    total_exposure_ppm_max: int = 900_000
    daily_budget_ppm_max: int = 2_000_000
    daily_loss_ppm_max: int = 100_000
    drawdown_ppm_max: int = 250_000
    orders_per_minute_max: int = 120
    price_gap_micros_max: int = 150_000
    """How far the book's best price may lie from the leader's price, to either side."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How much of an account's limits is used, before an order. Exposures are what would be lost if
    the worst came, open entries in full."""

    deposited_micros: int = 0
    market_exposure_micros: int = 0
    leader_exposure_micros: int = 0
    total_exposure_micros: int = 0
    spent_today_micros: int = 0
    lost_today_micros: int = 0
    drawdown_micros: int = 0
    orders_last_minute: int = 0
