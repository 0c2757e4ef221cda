"""A market's rules, as far as an order depends on them."""

import msgspec

from polycopy.schemas.ids import ConditionId
from polycopy.schemas.terms import FeeCurve


class MarketRules(msgspec.Struct, frozen=True, kw_only=True):
    """`/clob-markets/{condition}` in our words.

    `minimum_size_micros` are shares and hold for resting orders. `version` is the exchange that the
    market settles through: "v1" (standard and neg-risk exchange, CLOB V2) or "v2" (exchange V3).
    `taker_delay` : a marketable order is held for a moment and answered with `delayed`.
    """

    condition_id: ConditionId
    tick_size_micros: int
    minimum_size_micros: int
    neg_risk: bool = False
    fee: FeeCurve = FeeCurve()
    accepting_orders: bool = True
    version: str = "v1"
    taker_delay: bool = False
