"""What every strategy makes of a leader trade. Pure.

The checks run in one order and every failed one is named; the first is the reason:

    paused → age → stale → doubt → target → side → price → leader's notional → already copied → size

Pause, price band and leader's minimum are limits on getting in: they hold for a BUY. A SELL closes
what we hold, and a filter that keeps us out of a position must never keep us in one.

A leader trade grows while it is heard: one transaction comes in several rows. What a strategy
copies is the growth since it last copied this trade, so parts that are too small alone add up and
none counts twice. A fixed amount is copied once a trade. (Architecture, section 6.)

However a trade is cut into rows, the BUYs of one strategy add up to no more than its share of the
whole, nor than `order_notional_max`. Each SELL is limited by itself: a limit keeps nobody in.

The outcome is a function of the log and of `at_ms`, which the event keeps: a strategy counts for a
trade only if it was created before it in the log.
"""

import functools
from collections.abc import Iterable

import immutables
import msgspec

from polycopy.runtime.log import Recorded
from polycopy.schemas.control import (
    FixedSizing,
    Strategy,
    StrategyCreated,
    StrategyPaused,
    StrategyResumed,
)
from polycopy.schemas.ids import EventId, StrategyId, trade_group_key
from polycopy.schemas.money import MICROS, Side, notional_down
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from polycopy.schemas.trades import TradeDoubt, TradeObserved
from polycopy.trading.sizing import copy_notional

PRICE_LOWEST_MICROS = 100
"""The finest tick of the venue: a limit below it is no price."""
_PRUNE_AT_LEAST = 1_000


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy as it stands, and where in the log it was created."""

    strategy: Strategy
    version: EventId
    sequence: int
    paused: bool = False


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy copied of a leader trade: how large the trade was then, and the sum of its
    BUYs."""

    size_micros: int = 0
    notional_micros: int = 0


_NOTHING = Copied()


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """One leader trade as far as it was evaluated; `copied` for every strategy that copied it."""

    traded_at_ms: int
    trade_ids: frozenset[EventId] = frozenset()
    size_micros: int = 0
    copied: immutables.Map[StrategyId, Copied] = immutables.Map()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Strategies by the sequence of their creation, and the leader trades that may still grow.

    A trade older than every strategy accepts is forgotten: whatever comes of it is too old.
    """

    strategies: tuple[Running, ...] = ()
    groups: immutables.Map[str, Group] = immutables.Map()
    prune_at: int = _PRUNE_AT_LEAST

    @property
    def trade_age_ms_max(self) -> int:
        """The oldest leader trade that any strategy would copy."""
        return max((running.strategy.trade_age_ms_max for running in self.strategies), default=0)


class Evaluate(msgspec.Struct, frozen=True, kw_only=True):
    """Evaluate a leader trade, which stands in the log at `sequence`, now."""

    trade_id: EventId
    sequence: int
    trade: TradeObserved
    at_ms: int


def initial() -> State:
    return State()


def decide(state: State, command: Evaluate) -> list[TradeEvaluated]:
    """One event with every strategy's decision; nothing for a trade event already evaluated."""
    trade = command.trade
    group = state.groups.get(_key(trade)) or Group(traded_at_ms=trade.traded_at_ms)
    if command.trade_id in group.trade_ids:
        return []  # A redelivered trade is not news.
    return [
        TradeEvaluated(
            trade_id=command.trade_id,
            wallet=trade.wallet,
            transaction_hash=trade.transaction_hash,
            token_id=trade.token_id,
            condition_id=trade.condition_id,
            side=trade.side,
            size_micros=trade.increase_micros,
            price_micros=trade.price_micros,
            notional_micros=_notional(trade, trade.increase_micros),
            decisions=tuple(
                _decision(running, group, command)
                for running in state.strategies
                if running.sequence < command.sequence
            ),
            evaluated_at_ms=command.at_ms,
            traded_at_ms=trade.traded_at_ms,
            sent_at_ms=trade.sent_at_ms,
            outcome=trade.outcome,
            title=trade.title,
            trade_size_micros=trade.size_micros,
        )
    ]


def evolve(state: State, recorded: Recorded) -> State:
    """Fold strategies and what was decided; every other event leaves the state as it is."""
    match recorded.event:
        case StrategyCreated(strategy=strategy):
            running = Running(
                strategy=strategy,
                version=recorded.envelope.event_id,
                sequence=recorded.sequence,
            )
            others = (r for r in state.strategies if _id(r) != strategy.strategy_id)
            return msgspec.structs.replace(state, strategies=(*others, running))
        case StrategyPaused(strategy_id=strategy_id):
            return _with_pause(state, strategy_id, paused=True)
        case StrategyResumed(strategy_id=strategy_id):
            return _with_pause(state, strategy_id, paused=False)
        case TradeEvaluated() as evaluated:
            return _remembering(state, evaluated)
        case _:
            return state


def fold(history: Iterable[Recorded], state: State | None = None) -> State:
    """The state after these, in the order of the log."""
    return functools.reduce(evolve, history, state or initial())


def _decision(running: Running, group: Group, command: Evaluate) -> Decision:
    strategy, trade = running.strategy, command.trade
    copied = group.copied.get(strategy.strategy_id, _NOTHING)
    reasons = _failed_checks(running, command)
    notional, size, capped_by = 0, 0, ""
    if _is_used_up(strategy, trade, copied):
        reasons.append(ReasonCode.ALREADY_COPIED)
    else:
        notional, capped_by = _due(strategy, trade, copied)
        if trade.side is Side.SELL:
            size = notional * MICROS // trade.price_micros if trade.price_micros > 0 else 0
        amount = size if trade.side is Side.SELL else notional
        if amount <= 0 or notional < strategy.order_notional_min_micros:
            reasons.append(ReasonCode.SIZE_BELOW_MINIMUM)
    if reasons:
        notional, size, capped_by = 0, 0, ""
    return Decision(
        strategy_id=strategy.strategy_id,
        strategy_version=running.version,
        account=strategy.account,
        venue=strategy.venue,
        reasons=tuple(reasons),
        notional_micros=notional if trade.side is Side.BUY else 0,
        size_micros=size,
        limit_price_micros=0 if reasons else _limit_price(strategy, trade),
        capped_by=capped_by,
    )


def _is_used_up(strategy: Strategy, trade: TradeObserved, copied: Copied) -> bool:
    """Whether there is no more of it to copy, however large the trade still grows."""
    if copied == _NOTHING:
        return False
    full = copied.notional_micros >= strategy.order_notional_max_micros
    return isinstance(strategy.sizing, FixedSizing) or (trade.side is Side.BUY and full)


def _due(strategy: Strategy, trade: TradeObserved, copied: Copied) -> tuple[int, str]:
    """pUSD micros that are still to be copied, and the limit that made it fewer.

    Of a BUY what is missing to the share of the whole: rows at other prices move the average, so
    the growth at the average price could add up to more than that.
    """
    least, most = strategy.order_notional_min_micros, strategy.order_notional_max_micros
    if trade.side is Side.BUY:
        wanted, capped_by = copy_notional(strategy.sizing, trade.notional_micros, 0, most)
        return wanted - copied.notional_micros, capped_by
    growth = _notional(trade, trade.size_micros - copied.size_micros)
    return copy_notional(strategy.sizing, growth, least, most)


def _failed_checks(running: Running, command: Evaluate) -> list[ReasonCode]:
    strategy, trade = running.strategy, command.trade
    entry = trade.side is Side.BUY
    in_band = strategy.price_min_micros <= trade.price_micros <= strategy.price_max_micros
    failed = {
        ReasonCode.STRATEGY_PAUSED: entry and running.paused,
        ReasonCode.TRADE_TOO_OLD: command.at_ms - trade.traded_at_ms > strategy.trade_age_ms_max,
        ReasonCode.TRADE_STALE: trade.stale,
        ReasonCode.TRADE_DOUBTFUL: entry and trade.doubt is not TradeDoubt.NONE,
        ReasonCode.NOT_TARGET_TRADER: bool(strategy.targets)
        and trade.wallet not in strategy.targets,
        ReasonCode.SIDE_NOT_COPIED: trade.side not in strategy.sides,
        ReasonCode.PRICE_OUT_OF_RANGE: entry and not in_band,
        ReasonCode.TRADE_TOO_SMALL: entry
        and trade.notional_micros < strategy.leader_notional_min_micros,
    }
    return [reason for reason, is_failed in failed.items() if is_failed]


def _limit_price(strategy: Strategy, trade: TradeObserved) -> int:
    """The worst price of a copy; the executor rounds it to the market's tick, never outwards."""
    if trade.side is Side.BUY:
        return min(trade.price_micros + strategy.slippage_micros_max, strategy.price_max_micros)
    return max(trade.price_micros - strategy.slippage_micros_max, PRICE_LOWEST_MICROS)


def _notional(trade: TradeObserved, size_micros: int) -> int:
    """What a part of the trade cost, at the trade's average price; exact for the whole."""
    if size_micros == trade.size_micros:
        return trade.notional_micros
    return notional_down(size_micros, trade.price_micros)


def _with_pause(state: State, strategy_id: StrategyId, *, paused: bool) -> State:
    strategies = tuple(
        msgspec.structs.replace(running, paused=paused) if _id(running) == strategy_id else running
        for running in state.strategies
    )
    return msgspec.structs.replace(state, strategies=strategies)


def _remembering(state: State, evaluated: TradeEvaluated) -> State:
    key = _key(evaluated)
    group = state.groups.get(key) or Group(traded_at_ms=evaluated.traded_at_ms)
    if evaluated.trade_id in group.trade_ids:
        return state
    # The sum of the increases is the size, where none was forgotten; the event knows it itself.
    size = max(group.size_micros + evaluated.size_micros, evaluated.trade_size_micros)
    copied = group.copied.mutate()
    for decision in evaluated.decisions:
        if decision.qualified:
            before = copied.get(decision.strategy_id, _NOTHING).notional_micros
            total = Copied(size_micros=size, notional_micros=before + decision.notional_micros)
            copied[decision.strategy_id] = total
    group = Group(
        traded_at_ms=group.traded_at_ms,
        trade_ids=group.trade_ids | {evaluated.trade_id},
        size_micros=size,
        copied=copied.finish(),
    )
    state = msgspec.structs.replace(state, groups=state.groups.set(key, group))
    return _pruned(state, evaluated.evaluated_at_ms) if _is_full(state) else state


def _is_full(state: State) -> bool:
    return len(state.groups) >= state.prune_at


def _pruned(state: State, now_ms: int) -> State:
    """Forget what is too old. The next time is at twice what stayed: constant cost a trade."""
    oldest_ms = now_ms - state.trade_age_ms_max
    groups = immutables.Map(
        {key: group for key, group in state.groups.items() if group.traded_at_ms >= oldest_ms}
    )
    prune_at = max(_PRUNE_AT_LEAST, 2 * len(groups))
    return msgspec.structs.replace(state, groups=groups, prune_at=prune_at)


def _key(of: TradeObserved | TradeEvaluated) -> str:
    return trade_group_key(
        transaction_hash=of.transaction_hash, wallet=of.wallet, token_id=of.token_id, side=of.side
    )


def _id(running: Running) -> StrategyId:
    return running.strategy.strategy_id
