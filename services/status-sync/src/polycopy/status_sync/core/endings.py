"""What has ended though the venue never said so: it took the order, holds it no more, and told all
of its trades.

Three kinds of order cannot be in the book then: one that never rests, one that the venue says it
cancelled, and one whose time is over. A late fill counts all the same.
"""

from collections.abc import Iterable

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.account_reports import record_cancel, record_expiry
from polycopy.trading.account_state import Account
from polycopy.trading.order_life import UNLOCKED, UNRESOLVED
from polycopy.trading.order_state import Order

GRACE_MS = 60_000
"""A match may be delayed by seconds, and by a restart of the engine by minutes of 425."""
_HELD_NO_MORE = "the venue holds it no more"
_CANCELLED = "the venue cancelled it and holds it no more"


def denied(
    account: Account, order_ids: Iterable[OrderId], *, at_ms: int, grace_ms: int = GRACE_MS
) -> list[OrderEvent]:
    """The ends of those among these orders that the venue denies.

    Only of an open order that the venue had (of any other `lost` decides), and only a while after
    its bytes last left or the venue last had it, for a match may be delayed.
    """
    said: list[OrderEvent] = []
    for order_id in order_ids:
        order = account.orders[order_id]
        if order.state not in UNRESOLVED | UNLOCKED:
            said += _end(account, order, at_ms, grace_ms)
    return said


def is_cancelled(order: Order) -> bool:
    """Whether the venue answered that it cancelled it."""
    return order.cancel_verdict is CancelVerdict.CANCELLED


def _end(account: Account, order: Order, at_ms: int, grace_ms: int) -> list[OrderEvent]:
    quiet_ms = at_ms - max(order.requested_at_ms, order.heard_at_ms)
    if not order.rests:
        if quiet_ms < grace_ms:
            return []
        return record_cancel(account, order.order_id, _HELD_NO_MORE, at_ms)
    if is_cancelled(order):
        # It was in the book until that answer, which is the last that the log has of it.
        if min(quiet_ms, at_ms - order.touched_at_ms) < grace_ms:
            return []
        return record_cancel(account, order.order_id, _CANCELLED, at_ms)
    if order.expires_at_ms and min(quiet_ms, at_ms - order.expires_at_ms) >= grace_ms:
        return record_expiry(account, order.order_id, at_ms)
    return []
