"""Subjects of the log. Built here and nowhere else.

`orders.*`, `control.*` and `trades.*` are appended with the expected last sequence of their aggregate's one
filter. A second spelling of that filter would lose the protection on a cluster, so there is one
function for it.
"""

import re
from typing import assert_never

from polycopy.schemas import catalog
from polycopy.schemas.control import (
    AccountLimitsSet,
    LogCreated,
    OrderCancelAsked,
    OrderJudged,
    OrderReconcileAsked,
    PoolAdded,
    PoolRemoved,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
    TargetAdded,
    TargetNamed,
    TargetNameRemoved,
    TargetRemoved,
    TradingStateSet,
)
from polycopy.schemas.feeds import (
    FeedConnected,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
    FeedMissed,
)
from polycopy.schemas.ids import AccountId, Wallet, name_key
from polycopy.schemas.markets import MarketDescribed, MarketResolved
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.traders import NameResolved, PoolRefreshed, TraderMeasured
from polycopy.schemas.trades import (
    ActivityObserved,
    TradeCorrected,
    TradeObserved,
    TradeRehashed,
)

EVENT_STREAM = "EVENTS"
EVENT_SUBJECTS = (
    "control.>",
    "trades.>",
    "markets.>",
    "traders.>",
    "feeds.>",
    "signals.>",
    "orders.>",
)
CAPTURE_STREAM = "CAPTURE"
PARKED_STREAM = "PARKED"

ALL_CONTROL = "control.>"
ALL_TARGETS = "control.target.>"
"""Whom to follow: wallets, names and pools."""
ALL_STRATEGIES = "control.strategy.>"
ALL_TRADES = "trades.>"
ALL_TRADING_STATES = ("control.trading.every.*", "control.account.*.state-set")
ALL_LIMITS = "control.account.*.limits-set"
ALL_ORDER_WISHES = "control.order.>"
"""What the operator wants done about single orders."""
ALL_SIGNALS = "signals.>"
ALL_MARKETS = "markets.>"
ALL_TRADERS = "traders.>"
ALL_FEEDS = "feeds.>"
ALL_ORDERS = "orders.>"
ALL_DECIDED_ORDERS = tuple(
    f"orders.*.{catalog.event_token(kind)}" for kind in (OrderRequested, OrderRefused)
)
"""The first event of every order."""
ALL_EPOCHS = f"orders.*.{catalog.event_token(ExecutorEpochStarted)}"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_GUARDED = ("orders", "control", "trades")

OwnNamed = (
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
    | TradeObserved
    | TradeRehashed
    | TradeCorrected
    | ActivityObserved
    | FeedConnected
    | FeedLost
    | FeedGapOpened
    | FeedGapClosed
    | FeedMissed
    | MarketDescribed
    | MarketResolved
    | TraderMeasured
    | PoolRefreshed
    | NameResolved
    | TradeEvaluated
)


def token(text: str) -> str:
    """`text`, if it can be a token of a subject; otherwise ValueError."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"not a subject token: {text!r}")
    return text


def subject_of(event: OwnNamed) -> str:
    """The subject of an event that names its own aggregate (order events: `order_subject`)."""
    match event:
        case LogCreated():
            parts = "control.log.events"
        case TargetAdded() | TargetRemoved():
            parts = f"control.target.{token(event.wallet)}"
        case TargetNamed() | TargetNameRemoved():
            parts = f"control.target.name-{name_key(event.name)}"
        case PoolAdded():
            parts = f"control.target.pool-{token(event.pool.pool_id)}"
        case PoolRemoved():
            parts = f"control.target.pool-{token(event.pool_id)}"
        case StrategyCreated():
            parts = f"control.strategy.{token(event.strategy.strategy_id)}"
        case StrategyPaused() | StrategyResumed():
            parts = f"control.strategy.{token(event.strategy_id)}"
        case TradingStateSet() if not event.account:
            parts = "control.trading.every"
        case TradingStateSet() | AccountLimitsSet():
            parts = f"control.account.{token(event.account)}"
        case OrderCancelAsked() | OrderReconcileAsked() | OrderJudged():
            parts = f"control.order.{token(event.order_id)}"
        case TradeObserved() | TradeRehashed() | TradeCorrected() | ActivityObserved():
            parts = f"trades.{token(event.wallet)}"
        case TradeEvaluated():
            parts = f"signals.{token(event.wallet)}"
        case FeedConnected() | FeedLost() | FeedGapOpened() | FeedGapClosed() | FeedMissed():
            parts = f"feeds.{token(event.source)}"
        case MarketDescribed() | MarketResolved():
            parts = f"markets.{token(event.condition_id)}"
        case TraderMeasured():
            parts = f"traders.{token(event.wallet)}"
        case PoolRefreshed():
            parts = f"traders.pool-{token(event.pool_id)}"
        case NameResolved():
            parts = f"traders.name-{name_key(event.name)}"
        case _:
            assert_never(event)
    return f"{parts}.{catalog.event_token(type(event))}"


def order_subject(account: AccountId, event: OrderEvent) -> str:
    """`orders.<account>.<event>`."""
    return f"orders.{token(account)}.{catalog.event_token(type(event))}"


def account_filter(account: AccountId) -> str:
    """All events of an account."""
    return f"orders.{token(account)}.*"


def trades_filter(wallet: Wallet) -> str:
    """All events of a leader."""
    return f"trades.{token(wallet)}.*"


def filled_filter(account: AccountId) -> str:
    """The account's orders that were filled to the end."""
    return f"orders.{token(account)}.{catalog.event_token(OrderFilled)}"


def guard_of(subject: str) -> str | None:
    """The filter whose last sequence an append to `subject` must expect; None where none is needed.

    `orders.main.placed` → `orders.main.*`; `control.target.0xab.added` → `control.target.0xab.*`.
    """
    if subject.split(".", 1)[0] not in _GUARDED:
        return None
    return f"{subject.rsplit('.', 1)[0]}.*"


def aggregate_of(subject: str) -> str:
    """What the event is about: the subject without its last token."""
    return subject.rsplit(".", 1)[0]
