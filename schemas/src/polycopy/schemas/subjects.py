"""Subjects of the log. Built here and nowhere else.

`orders.*` and `control.*` are appended with the expected last sequence of their aggregate's one
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
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
    TargetAdded,
    TargetRemoved,
    TradingStateSet,
)
from polycopy.schemas.feeds import FeedConnected, FeedLost
from polycopy.schemas.ids import AccountId
from polycopy.schemas.markets import MarketResolved
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.trades import TradeObserved

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
ALL_STRATEGIES = "control.strategy.>"
ALL_TRADES = "trades.>"
ALL_TRADING_STATES = ("control.trading.every.*", "control.account.*.state-set")
ALL_LIMITS = "control.account.*.limits-set"
ALL_ORDER_WISHES = "control.order.>"
"""What the operator wants done about single orders."""
ALL_SIGNALS = "signals.>"
ALL_MARKETS = "markets.>"
ALL_ORDERS = "orders.>"
ALL_DECIDED_ORDERS = tuple(
    f"orders.*.{catalog.event_token(kind)}" for kind in (OrderRequested, OrderRefused)
)
"""The first event of every order."""
ALL_EPOCHS = f"orders.*.{catalog.event_token(ExecutorEpochStarted)}"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_GUARDED = ("orders", "control")

OwnNamed = (
    LogCreated
    | TargetAdded
    | TargetRemoved
    | StrategyCreated
    | StrategyPaused
    | StrategyResumed
    | TradingStateSet
    | AccountLimitsSet
    | OrderCancelAsked
    | OrderReconcileAsked
    | OrderJudged
    | TradeObserved
    | FeedConnected
    | FeedLost
    | MarketResolved
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
        case TradeObserved():
            parts = f"trades.{token(event.wallet)}"
        case TradeEvaluated():
            parts = f"signals.{token(event.wallet)}"
        case FeedConnected() | FeedLost():
            parts = f"feeds.{token(event.source)}"
        case MarketResolved():
            parts = f"markets.{token(event.condition_id)}"
        case _:
            assert_never(event)
    return f"{parts}.{catalog.event_token(type(event))}"


def order_subject(account: AccountId, event: OrderEvent) -> str:
    """`orders.<account>.<event>`."""
    return f"orders.{token(account)}.{catalog.event_token(type(event))}"


def account_filter(account: AccountId) -> str:
    """All events of an account."""
    return f"orders.{token(account)}.*"


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
