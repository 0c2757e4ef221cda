"""What is known of markets: `markets.<condition>.<event>`."""

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.terms import FeeCurve


class Payout(msgspec.Struct, frozen=True, kw_only=True):
    """What one share of a token pays, in price micros (1_000_000, 0, or a part where void)."""

    token_id: TokenId
    price_micros: int


class MarketResolved(Event, frozen=True, kw_only=True):
    """A market ended and each of its tokens pays a fixed amount."""

    condition_id: ConditionId
    payouts: tuple[Payout, ...]
    resolved_at_ms: int
    source: str = ""
    read_at_ms: int = 0


class MarketOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a market. `token_id` is the position id where the market's version is v2."""

    token_id: TokenId
    outcome: str


class MarketDescribed(Event, frozen=True, kw_only=True):
    """A market as a source described it; said again when anything of it changed.

    Sizes, prices and ticks in micros; times in milliseconds since the epoch, 0 where the source
    names none. `ends_at_ms` is a plan: a market trades after it and stops before it;
    `accepting_orders` and `closed` say what is. `taker_delay_ms`: how long an order that takes
    waits, 0 where it does not or where only that it waits is known (`taker_delayed`).
    """

    condition_id: ConditionId
    outcomes: tuple[MarketOutcome, ...]
    tick_size_micros: int
    minimum_size_micros: int
    fee: FeeCurve
    source: str
    read_at_ms: int
    version: str = ""
    slug: str = ""
    title: str = ""
    event_slug: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    starts_at_ms: int = 0
    game_starts_at_ms: int = 0
    ends_at_ms: int = 0
    neg_risk: bool = False
    taker_delayed: bool = False
    taker_delay_ms: int = 0
    accepting_orders: bool = False
    closed: bool = False


MarketEvent = MarketDescribed | MarketResolved
