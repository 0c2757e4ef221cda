"""What the operator decided: `control.<kind>.<id>.<event>`."""

from enum import StrEnum

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, LogId, OrderId, PoolId, StrategyId, Wallet
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import MICROS, Side


class VenueName(StrEnum):
    """Where a strategy's orders go."""

    PAPER = "paper"
    """A forward test: filled by the executor against the real book, no order leaves."""
    POLYMARKET = "polymarket"


class FixedSizing(msgspec.Struct, frozen=True, kw_only=True, tag_field="mode", tag="fixed"):
    """The same notional for every copy."""

    notional_micros: int


class ProportionalSizing(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="mode", tag="proportional"
):
    """A share of the leader's notional, in parts per million (10_000 = 1 %)."""

    ratio_ppm: int


Sizing = FixedSizing | ProportionalSizing


class Strategy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which leader trades are copied, how large, and within which limits.

    Prices lie within 0 and 1_000_000. `targets` empty means every followed wallet. Each limit has a
    default that is on.
    """

    strategy_id: StrategyId
    account: AccountId
    venue: VenueName
    sizing: Sizing
    capital_micros: int
    targets: tuple[Wallet, ...] = ()
    sides: tuple[Side, ...] = (Side.BUY, Side.SELL)
    price_min_micros: int = 50_000
    price_max_micros: int = 950_000
    leader_notional_min_micros: int = 0
    trade_age_ms_max: int = 60_000
    slippage_micros_max: int = 20_000
    """How much worse than the leader's price a copy may be, in price micros."""
    order_notional_min_micros: int = 1 * MICROS
    order_notional_max_micros: int = 100 * MICROS
    """The most that is bought of one leader trade, in however many rows it is heard; of a SELL, the
    most of each order: it closes what is held."""


class LogCreated(Event, frozen=True, kw_only=True):
    """The first event of a log. Its id tells this log from every other."""

    log_id: LogId


class TargetAdded(Event, frozen=True, kw_only=True):
    """A wallet is followed from here on."""

    wallet: Wallet
    label: str = ""


class TargetRemoved(Event, frozen=True, kw_only=True):
    """A wallet is no longer followed."""

    wallet: Wallet


class TargetNamed(Event, frozen=True, kw_only=True):
    """A trader is followed by the name that he has at the venue, in any case: stream-ingest finds
    his wallet, once (`NameResolved`)."""

    name: str
    label: str = ""


class TargetNameRemoved(Event, frozen=True, kw_only=True):
    """A trader who was named is no longer followed."""

    name: str


class PoolPeriod(StrEnum):
    """The venue's words."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"


class PoolOrder(StrEnum):
    """By what a leaderboard is sorted."""

    PNL = "pnl"
    VOLUME = "volume"


class Pool(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The first `size` traders of a leaderboard. `category` in the venue's words; `overall`: all
    of them."""

    pool_id: PoolId
    period: PoolPeriod = PoolPeriod.MONTH
    order: PoolOrder = PoolOrder.PNL
    category: str = "overall"
    size: int = 25


class PoolAdded(Event, frozen=True, kw_only=True):
    """The traders of a leaderboard are followed from here on. Said again: as it says now."""

    pool: Pool


class PoolRemoved(Event, frozen=True, kw_only=True):
    """A leaderboard's traders are no longer followed."""

    pool_id: PoolId


class StrategyCreated(Event, frozen=True, kw_only=True):
    """A strategy runs from here on. The id of this event is the strategy's version."""

    strategy: Strategy


class StrategyPaused(Event, frozen=True, kw_only=True):
    """A strategy takes no new entries."""

    strategy_id: StrategyId


class StrategyResumed(Event, frozen=True, kw_only=True):
    """A paused strategy takes entries again."""

    strategy_id: StrategyId


class TradingState(StrEnum):
    """What may be sent. Cancels may be in every state."""

    ACTIVE = "active"
    REDUCING = "reducing"
    """Exits only."""
    HALTED = "halted"


class TradingStateSet(Event, frozen=True, kw_only=True):
    """The kill switch, of one account or (`account` empty) of all. The stricter of the two holds.

    `cancel_open`: whatever rests at the venue is cancelled, once.
    """

    account: AccountId
    state: TradingState
    operator: str
    reason: str = ""
    cancel_open: bool = False


class AccountLimitsSet(Event, frozen=True, kw_only=True):
    """What an account may risk from here on; until then the defaults hold."""

    account: AccountId
    limits: AccountLimits
    operator: str
    reason: str = ""


class OrderCancelAsked(Event, frozen=True, kw_only=True):
    """The operator wants an order cancelled."""

    order_id: OrderId
    account: AccountId
    operator: str
    reason: str = ""


class OrderReconcileAsked(Event, frozen=True, kw_only=True):
    """The operator wants to know what every source says about an order: OrderExamined answers."""

    order_id: OrderId
    account: AccountId
    operator: str


class OrderJudged(Event, frozen=True, kw_only=True):
    """The operator says that nothing more will fill of an order, whatever the sources cannot tell.
    Refused while one of them still has it; a fill that turns up later counts all the same."""

    order_id: OrderId
    account: AccountId
    operator: str
    note: str = ""


ControlEvent = (
    LogCreated
    | TargetAdded
    | TargetRemoved
    | TargetNamed
    | TargetNameRemoved
    | PoolAdded
    | PoolRemoved
    | StrategyCreated
    | StrategyPaused
    | StrategyResumed
    | TradingStateSet
    | AccountLimitsSet
    | OrderCancelAsked
    | OrderReconcileAsked
    | OrderJudged
)
