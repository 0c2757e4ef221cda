"""What the strategies made of a leader trade: `signals.<wallet>.<event>`."""

from enum import StrEnum

import msgspec

from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    StrategyId,
    TokenId,
    TransactionHash,
    Wallet,
)
from polycopy.schemas.money import Side


class ReasonCode(StrEnum):
    """Why a trade was not copied. Stable: stored, shown and counted by these words."""

    STRATEGY_PAUSED = "strategy_paused"
    """The strategy takes no new entries."""
    TRADE_TOO_OLD = "trade_too_old"
    """The leader traded longer ago than the strategy's `trade_age_ms_max`."""
    TRADE_STALE = "trade_stale"
    """It was heard so late that no strategy may copy it: from a feed that lags, or after a gap."""
    TRADE_DOUBTFUL = "trade_doubtful"
    """It may be an earlier trade, sent again in another transaction, and no source could tell."""
    NOT_TARGET_TRADER = "not_target_trader"
    """The strategy has `targets`, and the leader is not among them."""
    SIDE_NOT_COPIED = "side_not_copied"
    """The side is not among the strategy's `sides`."""
    PRICE_OUT_OF_RANGE = "price_out_of_range"
    """The leader's price is not within the strategy's `price_min` and `price_max`."""
    TRADE_TOO_SMALL = "trade_too_small"
    """The leader spent less than the strategy's `leader_notional_min`."""
    ALREADY_COPIED = "already_copied"
    """Before this trade grew, all that may be copied of it was: a fixed amount or, of a BUY, the
    strategy's `order_notional_max`."""
    SIZE_BELOW_MINIMUM = "size_below_minimum"
    """The copy would be smaller than the strategy's `order_notional_min`."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One strategy's answer to one leader trade.

    Qualified: no reasons, and the intent: `notional_micros` to spend for a BUY, `size_micros` to
    sell for a SELL, nowhere worse than `limit_price_micros`. `capped_by` names the limit that made
    the size smaller than the sizing rule asked. Otherwise `reasons` holds every failed check in the
    order of the checks; the first is the reason.
    """

    strategy_id: StrategyId
    strategy_version: EventId
    account: AccountId
    venue: VenueName
    reasons: tuple[ReasonCode, ...] = ()
    notional_micros: int = 0
    size_micros: int = 0
    limit_price_micros: int = 0
    capped_by: str = ""

    @property
    def qualified(self) -> bool:
        return not self.reasons


class TradeEvaluated(Event, frozen=True, kw_only=True):
    """Every strategy's decision about one TradeObserved; sizes are the observed increase."""

    trade_id: EventId
    wallet: Wallet
    transaction_hash: TransactionHash
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    price_micros: int
    notional_micros: int
    decisions: tuple[Decision, ...]
    evaluated_at_ms: int
    traded_at_ms: int
    sent_at_ms: int = 0
    outcome: str = ""
    title: str = ""
    trade_size_micros: int = 0
    """How large the whole trade was then."""


SignalEvent = TradeEvaluated
