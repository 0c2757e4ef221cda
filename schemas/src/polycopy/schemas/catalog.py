"""Every event type by its name. The name carries the version and is the CloudEvents `ce-type`."""

from types import MappingProxyType

from polycopy.schemas import accounts, control, feeds, markets, orders, signals, traders, trades
from polycopy.schemas.event import Event, UnknownEvent, decode

EVENT_TYPES: MappingProxyType[str, type[Event]] = MappingProxyType(
    {
        "polycopy.log.created.v1": control.LogCreated,
        "polycopy.target.added.v1": control.TargetAdded,
        "polycopy.target.removed.v1": control.TargetRemoved,
        "polycopy.target.named.v1": control.TargetNamed,
        "polycopy.target.name-removed.v1": control.TargetNameRemoved,
        "polycopy.pool.added.v1": control.PoolAdded,
        "polycopy.pool.removed.v1": control.PoolRemoved,
        "polycopy.strategy.created.v1": control.StrategyCreated,
        "polycopy.strategy.paused.v1": control.StrategyPaused,
        "polycopy.strategy.resumed.v1": control.StrategyResumed,
        "polycopy.trading.state-set.v1": control.TradingStateSet,
        "polycopy.account.limits-set.v1": control.AccountLimitsSet,
        "polycopy.order.cancel-asked.v1": control.OrderCancelAsked,
        "polycopy.order.reconcile-asked.v1": control.OrderReconcileAsked,
        "polycopy.order.judged.v1": control.OrderJudged,
        "polycopy.trade.observed.v1": trades.TradeObserved,
        "polycopy.trade.rehashed.v1": trades.TradeRehashed,
        "polycopy.trade.corrected.v1": trades.TradeCorrected,
        "polycopy.leader.activity-observed.v1": trades.ActivityObserved,
        "polycopy.feed.gap-opened.v1": feeds.FeedGapOpened,
        "polycopy.feed.gap-closed.v1": feeds.FeedGapClosed,
        "polycopy.feed.missed.v1": feeds.FeedMissed,
        "polycopy.feed.connected.v1": feeds.FeedConnected,
        "polycopy.feed.lost.v1": feeds.FeedLost,
        "polycopy.market.described.v1": markets.MarketDescribed,
        "polycopy.trader.measured.v1": traders.TraderMeasured,
        "polycopy.pool.refreshed.v1": traders.PoolRefreshed,
        "polycopy.name.resolved.v1": traders.NameResolved,
        "polycopy.market.resolved.v1": markets.MarketResolved,
        "polycopy.trade.evaluated.v1": signals.TradeEvaluated,
        "polycopy.capital.deposited.v1": orders.CapitalDeposited,
        "polycopy.executor.epoch-started.v1": orders.ExecutorEpochStarted,
        "polycopy.order.requested.v1": orders.OrderRequested,
        "polycopy.order.refused.v1": orders.OrderRefused,
        "polycopy.order.placed.v1": orders.OrderPlaced,
        "polycopy.order.failed.v1": orders.OrderFailed,
        "polycopy.order.uncertain.v1": orders.OrderUncertain,
        "polycopy.order.partially-filled.v1": orders.OrderPartiallyFilled,
        "polycopy.order.filled.v1": orders.OrderFilled,
        "polycopy.order.fill-confirmed.v1": orders.FillConfirmed,
        "polycopy.order.fill-reverted.v1": orders.FillReverted,
        "polycopy.order.cancelled.v1": orders.OrderCancelled,
        "polycopy.order.expired.v1": orders.OrderExpired,
        "polycopy.order.lost.v1": orders.OrderLost,
        "polycopy.order.recovered.v1": orders.OrderRecovered,
        "polycopy.order.examined.v1": orders.OrderExamined,
        "polycopy.order.cancel-requested.v1": orders.OrderCancelRequested,
        "polycopy.order.cancel-answered.v1": orders.OrderCancelAnswered,
        "polycopy.position.settled.v1": orders.PositionSettled,
        "polycopy.account.fell-behind.v1": accounts.AccountFellBehind,
        "polycopy.account.caught-up.v1": accounts.AccountCaughtUp,
        "polycopy.order.external-seen.v1": accounts.ExternalOrderSeen,
        "polycopy.balance.disputed.v1": accounts.BalanceDisputed,
        "polycopy.balance.agreed.v1": accounts.BalanceAgreed,
    }
)
_NAMES = {kind: name for name, kind in EVENT_TYPES.items()}


def type_name(kind: type[Event]) -> str:
    """`polycopy.order.filled.v1` for OrderFilled. KeyError for a struct that is no event type."""
    return _NAMES[kind]


def event_token(kind: type[Event]) -> str:
    """The last token of the event's subject: `filled` for OrderFilled."""
    return _NAMES[kind].split(".")[2]


def decode_event(event_type: str, body: bytes) -> Event:
    """The event, or UnknownEvent for a type that this build does not know.

    Raises msgspec.ValidationError for a body that does not fit its type.
    """
    kind = EVENT_TYPES.get(event_type)
    if kind is None:
        return UnknownEvent(event_type=event_type, body=body)
    return decode(kind, body)
