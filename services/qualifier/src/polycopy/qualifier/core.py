"""What every strategy makes of a leader trade.

The checks run in one order and every failed one is named; the first is the reason:

    paused → age → target → side → price → leader's notional → already copied → size

Pause, price band and leader's minimum are limits on getting in: they hold for a BUY. A SELL closes
what we hold, and a filter that keeps us out of a position must never keep us in one.

A leader trade grows while it is heard: one transaction comes in several rows. What a strategy
copies is the growth since it last copied this trade, so parts too small by themselves add up, and
no part counts twice. A fixed amount is copied once a trade. Source of both rules: architecture,
section 6.

The outcome is a function of the log and of `at_ms`, which the event keeps: a strategy counts for a
trade only if it was created before it in the log.
"""

import immutables
import msgspec

from polycopy.qualifier.core.amount import Amount, amount_of, limit_price
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import (
    FixedSizing,
    Strategy,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
)
from polycopy.schemas.ids import EventId, StrategyId, trade_group_key
from polycopy.schemas.money import MICROS, Side, notional_down
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from polycopy.schemas.trades import TradeObserved
