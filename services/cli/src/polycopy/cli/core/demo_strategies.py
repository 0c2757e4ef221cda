"""The two strategies of the demo: one with real orders at the paper venue, one forward test."""

from polycopy.schemas.control import (
    AccountLimitsSet,
    FixedSizing,
    ProportionalSizing,
    Strategy,
    VenueName,
)
from polycopy.schemas.ids import AccountId, StrategyId
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import MICROS

_FIVE_PERCENT_PPM = 50_000
_HOUR_MS = 3_600_000

PAPER_ACCOUNT = "main"
"""The account with orders at the paper venue, in the demo and under `polycopy up`."""

LIVE = Strategy(
    strategy_id=StrategyId("live-5pct"),
    account=AccountId(PAPER_ACCOUNT),
    venue=VenueName.POLYMARKET,
    sizing=ProportionalSizing(ratio_ppm=_FIVE_PERCENT_PPM),
    capital_micros=1_000 * MICROS,
    trade_age_ms_max=_HOUR_MS,
)
FORWARD = Strategy(
    strategy_id=StrategyId("forward-5usd"),
    account=AccountId("forward-5usd"),
    venue=VenueName.PAPER,
    sizing=FixedSizing(notional_micros=5 * MICROS),
    capital_micros=1_000 * MICROS,
    trade_age_ms_max=_HOUR_MS,
)
STRATEGIES = (LIVE, FORWARD)
"""They take trades up to an hour old: what is copied must not hang on the machine's speed."""

_WHOLE_PPM = 1_000_000
LIMITS = tuple(
    AccountLimitsSet(
        account=strategy.account,
        limits=AccountLimits(
            orders_per_minute_max=1_000_000,
            daily_budget_ppm_max=1_000 * _WHOLE_PPM,
            daily_loss_ppm_max=_WHOLE_PPM,
            drawdown_ppm_max=_WHOLE_PPM,
        ),
        operator="demo",
    )
    for strategy in STRATEGIES
)
"""An evening is pressed into half a minute: what counts time would hang on the machine's speed."""
