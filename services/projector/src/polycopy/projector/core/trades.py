"""Rows that follow from one event alone: what was decided by hand, seen, and evaluated.

Only our CLI checks a strategy before it is said. Its name, and its account's, may be too long for a
key, and is cut then: the log has it whole, and so has `definition`.
"""

from typing import assert_never

import msgspec

from polycopy.readmodel.changes import Change, Value
from polycopy.runtime.log import Recorded
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
from polycopy.schemas.ids import AccountId, StrategyId, Wallet
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.trades import TradeObserved

_JSON = msgspec.json.Encoder(order="deterministic")
_NAME_MAX = 128
"""Characters of a strategy's or an account's name: as many as a subject's token has, and few enough
for a key."""


def decided(recorded: Recorded, event: ControlEvent) -> list[Change]:
    at_ms = recorded.envelope.time_ms
    match event:
        case LogCreated():
            return []
        case TargetAdded():
            added: dict[str, Value] = {
                "label": event.label,
                "followed": True,
                "added_at_ms": at_ms,
                "removed_at_ms": 0,
            }
            return [_target(recorded, event.wallet, added)]
        case TargetRemoved():
            removed: dict[str, Value] = {"followed": False, "removed_at_ms": at_ms}
            return [_target(recorded, event.wallet, removed)]
        case StrategyCreated():
            return [_created(recorded, event)]
        case StrategyPaused() | StrategyResumed():
            paused = isinstance(event, StrategyPaused)
            values: dict[str, Value] = {"paused": paused, "changed_at_ms": at_ms}
            return [_strategy(recorded, event.strategy_id, values)]
        case TradingStateSet():
            return [_trading_state(recorded, event)]
        case AccountLimitsSet():
            return [_limits(recorded, event)]
        case OrderCancelAsked() | OrderReconcileAsked() | OrderJudged():
            return []  # Shown by what became of the order.
        case TargetNamed() | TargetNameRemoved() | PoolAdded() | PoolRemoved():
            return []  # No table shows them yet.
        case _:
            assert_never(event)


def observed(recorded: Recorded, event: TradeObserved) -> Change:
    return Change(
        table="leader_trades",
        key=(event.transaction_hash, event.wallet, event.token_id, event.side.value),
        values={
            "trade_id": recorded.envelope.event_id,
            "condition_id": event.condition_id,
            "size_micros": event.size_micros,
            "notional_micros": event.notional_micros,
            "price_micros": event.price_micros,
            "source": event.source,
            "rows": event.rows,
            "outcome": event.outcome,
            "slug": event.slug,
            "title": event.title,
            "traded_at_ms": event.traded_at_ms,
            "sent_at_ms": event.sent_at_ms,
            "received_at_ms": event.received_at_ms,
        },
        sequence=recorded.sequence,
    )


def evaluated(recorded: Recorded, event: TradeEvaluated) -> list[Change]:
    signal = Change(
        table="signals",
        key=(recorded.envelope.event_id,),
        values={
            "trade_id": event.trade_id,
            "wallet": event.wallet,
            "transaction_hash": event.transaction_hash,
            "token_id": event.token_id,
            "condition_id": event.condition_id,
            "side": event.side.value,
            "size_micros": event.size_micros,
            "price_micros": event.price_micros,
            "notional_micros": event.notional_micros,
            "strategies": len(event.decisions),
            "qualified": sum(decision.qualified for decision in event.decisions),
            "traded_at_ms": event.traded_at_ms,
            "sent_at_ms": event.sent_at_ms,
            "evaluated_at_ms": event.evaluated_at_ms,
        },
        sequence=recorded.sequence,
    )
    return [signal, *(_decision(recorded, event, decision) for decision in event.decisions)]


def _decision(recorded: Recorded, event: TradeEvaluated, decision: Decision) -> Change:
    return Change(
        table="decisions",
        key=(recorded.envelope.event_id, decision.strategy_id[:_NAME_MAX]),
        values={
            "trade_id": event.trade_id,
            "strategy_version": decision.strategy_version,
            "account": decision.account,
            "venue": decision.venue.value,
            "qualified": decision.qualified,
            "reasons": ",".join(reason.value for reason in decision.reasons),
            "notional_micros": decision.notional_micros,
            "size_micros": decision.size_micros,
            "limit_price_micros": decision.limit_price_micros,
            "capped_by": decision.capped_by,
        },
        sequence=recorded.sequence,
    )


def _created(recorded: Recorded, event: StrategyCreated) -> Change:
    strategy = event.strategy
    return _strategy(
        recorded,
        strategy.strategy_id,
        {
            "version": recorded.envelope.event_id,
            "account": strategy.account,
            "venue": strategy.venue.value,
            "capital_micros": strategy.capital_micros,
            "paused": False,
            "definition": _JSON.encode(strategy).decode(),
            "created_at_ms": recorded.envelope.time_ms,
            "changed_at_ms": recorded.envelope.time_ms,
        },
    )


def _trading_state(recorded: Recorded, event: TradingStateSet) -> Change:
    values: dict[str, Value] = {
        "state": event.state.value,
        "operator": event.operator,
        "reason": event.reason,
        "since_ms": recorded.envelope.time_ms,
    }
    return _of_account(recorded, "trading_states", event.account, values)


def _limits(recorded: Recorded, event: AccountLimitsSet) -> Change:
    """One column for each limit, of the same name."""
    limits = msgspec.structs.asdict(event.limits)
    values: dict[str, Value] = dict(limits)
    values |= {"operator": event.operator, "since_ms": recorded.envelope.time_ms}
    return _of_account(recorded, "account_limits", event.account, values)


def _of_account(
    recorded: Recorded, table: str, account: AccountId, values: dict[str, Value]
) -> Change:
    key = (account[:_NAME_MAX],)
    return Change(table=table, key=key, values=values, sequence=recorded.sequence)


def _target(recorded: Recorded, wallet: Wallet, values: dict[str, Value]) -> Change:
    return Change(table="targets", key=(wallet,), values=values, sequence=recorded.sequence)


def _strategy(recorded: Recorded, strategy_id: StrategyId, values: dict[str, Value]) -> Change:
    key = (strategy_id[:_NAME_MAX],)
    return Change(table="strategies", key=key, values=values, sequence=recorded.sequence)
