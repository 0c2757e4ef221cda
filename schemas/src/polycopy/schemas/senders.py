"""Which service may say which events, by the name that it puts into `ce-source`.

The one place: `asyncapi.yaml` is made from it, and whatever lets a service write to the log is to
ask it too. An event type in no row is one that no service says yet.
"""

from types import MappingProxyType

from polycopy.schemas import accounts, control, feeds, markets, orders, signals, traders, trades
from polycopy.schemas.event import Event

_MATCHED = (orders.OrderPartiallyFilled, orders.OrderFilled, orders.FillConfirmed)

SENDERS: MappingProxyType[str, tuple[type[Event], ...]] = MappingProxyType(
    {
        "cli": (
            control.LogCreated,
            control.TargetAdded,
            control.TargetRemoved,
            control.TargetNamed,
            control.TargetNameRemoved,
            control.PoolAdded,
            control.PoolRemoved,
            control.StrategyCreated,
            control.StrategyPaused,
            control.StrategyResumed,
            control.TradingStateSet,
            control.AccountLimitsSet,
            control.OrderCancelAsked,
            control.OrderReconcileAsked,
            control.OrderJudged,
        ),
        "stream-ingest": (
            trades.TradeObserved,
            trades.TradeRehashed,
            trades.TradeCorrected,
            trades.ActivityObserved,
            feeds.FeedConnected,
            feeds.FeedLost,
            feeds.FeedGapOpened,
            feeds.FeedGapClosed,
            feeds.FeedMissed,
            markets.MarketDescribed,
            markets.MarketResolved,
            traders.TraderMeasured,
            traders.PoolRefreshed,
            traders.NameResolved,
        ),
        "qualifier": (signals.TradeEvaluated,),
        # Fills too: a paper venue answers an order with all that became of it.
        "executor": (
            orders.CapitalDeposited,
            orders.ExecutorEpochStarted,
            orders.OrderRequested,
            orders.OrderRefused,
            orders.OrderPlaced,
            orders.OrderFailed,
            orders.OrderUncertain,
            *_MATCHED,
            orders.OrderCancelled,
            orders.OrderCancelRequested,
            orders.OrderCancelAnswered,
        ),
        "status-sync": (
            *_MATCHED,
            orders.FillReverted,
            orders.OrderCancelled,
            orders.OrderExpired,
            orders.OrderCancelRequested,
            orders.OrderLost,
            orders.OrderRecovered,
            orders.OrderExamined,
            accounts.AccountFellBehind,
            accounts.AccountCaughtUp,
            accounts.ExternalOrderSeen,
            accounts.BalanceDisputed,
            accounts.BalanceAgreed,
        ),
    }
)
