"""Subjects of the log. Built here and nowhere else.

`orders.*`, `control.*` and `trades.*` are appended with the expected last sequence of their
aggregate's one filter. A second spelling of that filter would lose the protection on a cluster, so
there is one function for it.
"""

import re
from typing import assert_never

from polycopy.schemas import catalog
from polycopy.schemas.control import (
    AccountLimitsSet,
    ControlEvent,
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
from polycopy.schemas.feeds import FeedEvent
from polycopy.schemas.ids import AccountId, Wallet, name_key
from polycopy.schemas.markets import MarketEvent
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.signals import SignalEvent, TradeEvaluated
from polycopy.schemas.traders import NameResolved, PoolRefreshed, TraderEvent, TraderMeasured
from polycopy.schemas.trades import TradeEvent

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
ALL_FOLLOWING = (
    ALL_TARGETS,
    *(f"traders.*.{catalog.event_token(kind)}" for kind in (PoolRefreshed, NameResolved)),
)
"""All that tells which wallets are followed."""
ALL_FEEDS = "feeds.>"
ALL_ORDERS = "orders.>"
ALL_DECIDED_ORDERS = tuple(
    f"orders.*.{catalog.event_token(kind)}" for kind in (OrderRequested, OrderRefused)
)
"""The first event of every order."""
ALL_EPOCHS = f"orders.*.{catalog.event_token(ExecutorEpochStarted)}"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,128}")
_GUARDED = ("orders", "control", "trades")

Told = TradeEvent | FeedEvent | MarketEvent | TraderEvent | SignalEvent
OwnNamed = ControlEvent | Told


def token(text: str) -> str:
    """`text`, if it can be a token of a subject; otherwise ValueError."""
    if not _TOKEN.fullmatch(text):
        raise ValueError(f"not a subject token: {text!r}")
    return text


def subject_of(event: OwnNamed) -> str:
    """The subject of an event that names its own aggregate (order events: `order_subject`)."""
    about = _decided(event) if isinstance(event, ControlEvent) else _told(event)
    return f"{about}.{catalog.event_token(type(event))}"


def _decided(event: ControlEvent) -> str:
    match event:
        case LogCreated():
            about = "log.events"
        case TargetAdded() | TargetRemoved():
            about = f"target.{token(event.wallet)}"
        case TargetNamed() | TargetNameRemoved():
            about = f"target.name-{name_key(event.name)}"
        case PoolAdded():
            about = f"target.pool-{token(event.pool.pool_id)}"
        case PoolRemoved():
            about = f"target.pool-{token(event.pool_id)}"
        case StrategyCreated():
            about = f"strategy.{token(event.strategy.strategy_id)}"
        case StrategyPaused() | StrategyResumed():
            about = f"strategy.{token(event.strategy_id)}"
        case TradingStateSet() if not event.account:
            about = "trading.every"
        case TradingStateSet() | AccountLimitsSet():
            about = f"account.{token(event.account)}"
        case OrderCancelAsked() | OrderReconcileAsked() | OrderJudged():
            about = f"order.{token(event.order_id)}"
        case _:
            assert_never(event)
    return f"control.{about}"


def _told(event: Told) -> str:
    if isinstance(event, TradeEvent):
        return f"trades.{token(event.wallet)}"
    if isinstance(event, FeedEvent):
        return f"feeds.{token(event.source)}"
    if isinstance(event, MarketEvent):
        return f"markets.{token(event.condition_id)}"
    match event:
        case TradeEvaluated():
            return f"signals.{token(event.wallet)}"
        case TraderMeasured():
            return f"traders.{token(event.wallet)}"
        case PoolRefreshed():
            return f"traders.pool-{token(event.pool_id)}"
        case NameResolved():
            return f"traders.name-{name_key(event.name)}"
        case _:
            assert_never(event)


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


def wallet_of(subject: str) -> Wallet | None:
    """Whose trades the subject is about."""
    parts = subject.split(".")
    return Wallet(parts[1]) if parts[0] == "trades" and len(parts) > 2 else None  # noqa: PLR2004


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
