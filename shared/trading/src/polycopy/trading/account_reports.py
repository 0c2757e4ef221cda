"""What the venue reports becomes events, each fact once: a report that is not news gives [].

Reports come in any order, any number of times, with any of them missing.
"""

import msgspec

from polycopy.schemas.ids import OrderId, TransactionHash, VenueOrderId, VenueTradeId
from polycopy.schemas.markets import MarketResolved
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRecovered,
    OrderUncertain,
    PositionSettled,
)
from polycopy.schemas.terms import FillRole
from polycopy.trading import lots
from polycopy.trading.account_events import StatusEvent
from polycopy.trading.account_state import Account
from polycopy.trading.order_life import TRANSITIONS, UNRESOLVED
from polycopy.trading.order_state import DUST_MICROS, UNSEEN, Order, contradiction


class SeenFill(msgspec.Struct, frozen=True, kw_only=True):
    """One match of one of our orders, as a source told it. Token and side are the order's own."""

    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    role: FillRole
    source: str
    matched_at_ms: int
    transaction_hash: TransactionHash = TransactionHash("")


def record_outcome(
    account: Account, outcome: OrderPlaced | OrderFailed | OrderUncertain
) -> list[OrderEvent]:
    """What became of a request: [outcome], or [] where as much or more is known already.

    A contradiction (failed, though filled) is said once, and counts as an anomaly.
    """
    order = account.orders.get(outcome.order_id)
    if isinstance(outcome, OrderUncertain) and order and order.state not in UNRESOLVED:
        return []  # Somebody was faster than the answer that we did not get.
    return [outcome] if order and _is_news(order, outcome) else []


def record_cancel(
    account: Account, order_id: OrderId, reason: str, at_ms: int, *, operator: str = ""
) -> list[OrderEvent]:
    """[OrderCancelled] where the order is not terminal yet."""
    cancelled = OrderCancelled(
        order_id=order_id, reason=reason, cancelled_at_ms=at_ms, operator=operator
    )
    order = account.orders.get(order_id)
    return [cancelled] if order and _is_news(order, cancelled) else []


def record_expiry(account: Account, order_id: OrderId, at_ms: int) -> list[OrderEvent]:
    """[OrderExpired] where the order is not terminal yet."""
    expired = OrderExpired(order_id=order_id, expired_at_ms=at_ms)
    order = account.orders.get(order_id)
    return [expired] if order and _is_news(order, expired) else []


def record_lost(account: Account, lost: OrderLost) -> list[OrderEvent]:
    """[lost] where the order is neither ended nor lost yet."""
    order = account.orders.get(lost.order_id)
    return [lost] if order and _is_news(order, lost) else []


def record_recovery(
    account: Account, order_id: OrderId, *, source: str, status: str, at_ms: int
) -> list[OrderEvent]:
    """[OrderRecovered] where the order is lost: somebody has seen it."""
    order = account.orders.get(order_id)
    recovered = OrderRecovered(
        order_id=order_id, source=source, status=status, recovered_at_ms=at_ms
    )
    return [recovered] if order and _is_news(order, recovered) else []


def record_fill(account: Account, seen: SeenFill) -> list[OrderEvent]:
    """[OrderPartiallyFilled] or, where nothing is left but dust, [OrderFilled].

    [] for a fill that is known (key: trade id and order id), for an order that is not ours, and for
    a match of nothing.
    """
    order = account.order_by_venue_id(seen.venue_order_id)
    if order is None or seen.size_micros <= 0:
        return []
    if order.fills.get((seen.venue_trade_id, seen.venue_order_id), UNSEEN).seen:
        return []
    matched = seen.notional_micros if order.by_notional else seen.size_micros
    completes = order.unmatched_micros - matched <= DUST_MICROS
    kind = OrderFilled if completes else OrderPartiallyFilled
    return [
        kind(
            order_id=order.order_id,
            venue_trade_id=seen.venue_trade_id,
            venue_order_id=seen.venue_order_id,
            token_id=order.token_id,
            side=order.side,
            size_micros=seen.size_micros,
            price_micros=seen.price_micros,
            notional_micros=seen.notional_micros,
            fee_micros=seen.fee_micros,
            role=seen.role,
            source=seen.source,
            matched_at_ms=seen.matched_at_ms,
            transaction_hash=seen.transaction_hash,
        )
    ]


def confirm_fill(
    account: Account,
    venue_trade_id: VenueTradeId,
    venue_order_id: VenueOrderId,
    transaction_hash: TransactionHash,
    at_ms: int,
) -> list[OrderEvent]:
    """[FillConfirmed], also before the fill itself is known; [] the second time."""
    order = account.order_by_venue_id(venue_order_id)
    if order is None or order.fills.get((venue_trade_id, venue_order_id), UNSEEN).confirmed:
        return []
    return [
        FillConfirmed(
            order_id=order.order_id,
            venue_trade_id=venue_trade_id,
            venue_order_id=venue_order_id,
            transaction_hash=transaction_hash,
            confirmed_at_ms=at_ms,
        )
    ]


def revert_fill(
    account: Account,
    venue_trade_id: VenueTradeId,
    venue_order_id: VenueOrderId,
    reason: str,
    at_ms: int,
) -> list[OrderEvent]:
    """[FillReverted], also before the fill itself is known; [] the second time."""
    order = account.order_by_venue_id(venue_order_id)
    if order is None or order.fills.get((venue_trade_id, venue_order_id), UNSEEN).reverted:
        return []
    return [
        FillReverted(
            order_id=order.order_id,
            venue_trade_id=venue_trade_id,
            venue_order_id=venue_order_id,
            reason=reason,
            reverted_at_ms=at_ms,
        )
    ]


def settle(account: Account, resolved: MarketResolved, at_ms: int) -> list[OrderEvent]:
    """One PositionSettled for each token of the market that the account holds."""
    held = [(account.positions.get(payout.token_id), payout) for payout in resolved.payouts]
    return [
        PositionSettled(
            account=account.account,
            condition_id=resolved.condition_id,
            token_id=position.token_id,
            size_micros=position.size_micros,
            payout_micros=lots.payout_micros(position, payout),
            settled_at_ms=at_ms,
        )
        for position, payout in held
        if position is not None and position.size_micros
    ]


def _is_news(order: Order, event: StatusEvent) -> bool:
    after = TRANSITIONS.get((order.state, type(event)))
    if after is None:
        return contradiction(order.state, type(event)) not in order.anomalies
    # A fill can be faster than the answer to our POST: that is kept all the same, as evidence.
    unheard = isinstance(event, OrderPlaced) and not order.answered
    return after is not order.state or unheard
