"""How far the pipeline is with a leader's transaction: a fold of the log.

A transaction is settled when all that its rows amount to was evaluated, and every order that was
decided on because of it has ended (filled, cancelled, expired, failed or refused).
"""

from collections.abc import Iterator

import immutables
import msgspec

from polycopy.cli.core.venue import LeaderTransaction
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import (
    OrderId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
    order_id,
    trade_group_key,
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.signals import TradeEvaluated

_ENDS = OrderRefused | OrderFilled | OrderFailed | OrderCancelled | OrderExpired


FillKey = tuple[VenueTradeId, VenueOrderId]


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says so far. `sequence` is how far it was folded."""

    sequence: int = 0
    evaluated: immutables.Map[str, int] = immutables.Map()
    """How much of each leader trade was evaluated, in size micros."""
    decided: immutables.Map[str, tuple[OrderId, ...]] = immutables.Map()
    ended: immutables.Map[OrderId, int] = immutables.Map()
    """Where in the log an order ended."""
    live: immutables.Map[OrderId, int] = immutables.Map()
    """Where the orders were requested that leave this machine."""
    filled: immutables.Map[FillKey, int] = immutables.Map()
    """Where the fills of live orders were seen first."""
    settled: immutables.Map[FillKey, int] = immutables.Map()
    """Where a fill was confirmed or reverted; that may stand before the fill."""
    orders: int = 0
    fills: int = 0


def initial() -> Progress:
    return Progress()


def evolve(state: Progress, recorded: Recorded) -> Progress:
    changes = dict(_changes(state, recorded))
    return msgspec.structs.replace(state, sequence=recorded.sequence, **changes)


def not_evaluated(
    state: Progress, transaction: LeaderTransaction, followed: frozenset[Wallet]
) -> list[str]:
    """The leader trades in a transaction that were not evaluated to their whole size yet."""
    sizes = group_sizes(transaction, followed)
    return [key for key, size in sizes.items() if state.evaluated.get(key, 0) < size]


def not_ended(
    state: Progress, transaction: LeaderTransaction, followed: frozenset[Wallet]
) -> list[OrderId]:
    """The orders that a transaction led to so far and that are still going on."""
    return [
        order
        for key in group_sizes(transaction, followed)
        for order in state.decided.get(key, ())
        if order not in state.ended
    ]


def awaited_fills(state: Progress) -> int:
    """How many fills of live orders are neither confirmed nor reverted."""
    return sum(fill not in state.settled for fill in state.filled)


def group_sizes(transaction: LeaderTransaction, followed: frozenset[Wallet]) -> dict[str, int]:
    """How large each leader trade of the transaction is, by its key."""
    sizes: dict[str, int] = {}
    for row in transaction.rows:
        if row.wallet in followed:
            key = group_key(transaction.transaction_hash, row.wallet, row.token_id, row.side)
            sizes[key] = sizes.get(key, 0) + row.size_micros
    return sizes


def _changes(state: Progress, recorded: Recorded) -> Iterator[tuple[str, object]]:
    event = recorded.event
    match event:
        case TradeEvaluated():
            key = group_key(event.transaction_hash, event.wallet, event.token_id, event.side)
            size = state.evaluated.get(key, 0) + event.size_micros
            yield "evaluated", state.evaluated.set(key, size)
            orders = tuple(
                order_id(signal_id=recorded.envelope.event_id, strategy_id=decision.strategy_id)
                for decision in event.decisions
                if decision.qualified
            )
            yield "decided", state.decided.set(key, state.decided.get(key, ()) + orders)
        case OrderRequested():
            yield "orders", state.orders + 1
            if event.request_body:
                yield "live", state.live.set(event.order_id, recorded.sequence)
        case OrderPartiallyFilled() | OrderFilled():
            yield "fills", state.fills + 1
            if event.order_id in state.live:
                yield "filled", state.filled.set(_fill(event), recorded.sequence)
        case FillConfirmed() | FillReverted():
            yield "settled", state.settled.set(_fill(event), recorded.sequence)
    if isinstance(event, _ENDS):
        yield "ended", state.ended.set(event.order_id, recorded.sequence)


def _fill(event: Fill | FillConfirmed | FillReverted) -> FillKey:
    return (event.venue_trade_id, event.venue_order_id)


def group_key(
    transaction_hash: TransactionHash, wallet: Wallet, token_id: TokenId, side: Side
) -> str:
    return trade_group_key(
        transaction_hash=transaction_hash, wallet=wallet, token_id=token_id, side=side
    )
