"""What became of markets: `markets.<condition>.<event>`."""

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """What one share of a token pays, in price micros (1_000_000, 0, or a part where void)."""

    token_id: TokenId
    price_micros: int


class MarketResolved(Event, frozen=True, kw_only=True):
    """A market ended and each of its tokens pays a fixed amount."""

    condition_id: ConditionId
    payouts: tuple[Payout, ...]
    resolved_at_ms: int


MarketEvent = MarketResolved
