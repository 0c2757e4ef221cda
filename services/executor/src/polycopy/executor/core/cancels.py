"""Cancels: who wants one, and which the venue has not answered.

A cancel is wanted by the operator, for one order or with the kill switch for all, and by
status-sync before it gives an order up. Whoever it is, it stands in the account as
OrderCancelRequested before anything leaves, and a cancel can be sent any number of times.
"""

from polycopy.schemas.control import OrderCancelAsked, TradingStateSet
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderCancelAnswered, OrderCancelRequested, OrderEvent
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.order_life import TERMINAL
from polycopy.trading.order_state import Order

_ANSWER_MAX = 500
_AGAIN = frozenset({CancelVerdict.UNKNOWN, CancelVerdict.PENDING})
"""The venue has not decided: it is asked again."""


def ask(account: Account, wish: OrderCancelAsked, asked_at_ms: int, at_ms: int) -> list[OrderEvent]:
    """[OrderCancelRequested] for an order that is not over, once for each wish."""
    order = account.orders.get(wish.order_id)
    if order is None or order.state in TERMINAL or order.cancel_requested_at_ms >= asked_at_ms:
        return []
    return [_requested(order.order_id, wish.reason or "asked for", wish.operator, at_ms)]


def ask_for_all(
    account: Account, switch: TradingStateSet, set_at_ms: int, at_ms: int
) -> list[OrderEvent]:
    """One for each order that may rest at the venue, once for each turn of the switch."""
    if not switch.cancel_open or switch.account not in {"", account.account}:
        return []
    reason = switch.reason or f"trading is {switch.state}"
    return [
        _requested(order.order_id, reason, switch.operator, at_ms)
        for order in open_orders(account)
        if order.rests
        and order.requested_at_ms <= set_at_ms
        and order.cancel_requested_at_ms < set_at_ms
    ]


def owed(account: Account) -> list[Order]:
    """The orders whose cancel was requested and has no final answer."""
    known = [account.orders[order_id] for order_id in (*account.open_ids, *account.lost_ids)]
    return sorted(
        (
            order
            for order in known
            if order.cancel_requested_at_ms
            and (order.cancel_verdict is None or order.cancel_verdict in _AGAIN)
        ),
        key=lambda order: (order.cancel_requested_at_ms, order.order_id),
    )


def answered(
    account: Account, order_id: OrderId, verdict: CancelVerdict, answer: str, at_ms: int
) -> list[OrderEvent]:
    """[OrderCancelAnswered]; [] where the same is known since the cancel was requested."""
    order = account.orders.get(order_id)
    if order is None or not order.cancel_requested_at_ms or order.cancel_verdict is verdict:
        return []
    return [
        OrderCancelAnswered(
            order_id=order_id,
            verdict=verdict,
            answer=answer[:_ANSWER_MAX],
            cancel_answered_at_ms=at_ms,
        )
    ]


def _requested(order_id: OrderId, reason: str, operator: str, at_ms: int) -> OrderCancelRequested:
    return OrderCancelRequested(
        order_id=order_id, reason=reason, operator=operator, cancel_requested_at_ms=at_ms
    )
