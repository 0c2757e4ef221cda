"""How far back trades are read: to the newest match that a whole reading brought, less an overlap,
and to the request of every order about which there is a doubt. Never to "now": what the venue lists
late would be lost.
"""

from collections.abc import Iterable

from polycopy.schemas.ids import OrderId
from polycopy.status_sync.core import ledger as ledgers
from polycopy.status_sync.core.endings import is_cancelled
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.account_state import KEPT_MS, lost_orders, open_orders
from polycopy.trading.order_life import UNRESOLVED
from polycopy.trading.order_state import Order


def first_ms(ledger: Ledger, at_ms: int) -> int:
    """The mark of a process that has read nothing yet: the newest match in the log, or the oldest
    thing owed. Where an order is lost: when that was, for all had been read by then."""
    lost = (order.touched_at_ms for order in lost_orders(ledger.account))
    newest_ms = ledger.matched_at_ms or at_ms
    return min((at_ms, newest_ms, ledgers.waits_since_ms(ledger, at_ms), *lost))


def from_ms(
    ledger: Ledger,
    mark_ms: int,
    rules: Rules,
    *,
    doubted: Iterable[OrderId],
    lost: Iterable[Order] = (),
    blind: bool,
    at_ms: int,
) -> int:
    """Since when trades are read in this round. `lost`: those that are looked for in it; a trade of
    theirs may be listed long after they were given up, and is looked for until it would be two days
    late."""
    named = set(doubted)
    since = (max(order.requested_at_ms, at_ms - KEPT_MS) for order in lost)
    requested = (
        order.requested_at_ms
        for order in open_orders(ledger.account)
        if order.order_id in named
        or not order.rests
        or order.state in UNRESOLVED
        or is_cancelled(order)
    )
    oldest_ms = min((at_ms, mark_ms, ledgers.unsettled_since_ms(ledger, at_ms), *requested, *since))
    return max(0, oldest_ms - (rules.blind_overlap_ms if blind else rules.overlap_ms))


def marked_ms(mark_ms: int, newest_ms: int, at_ms: int) -> int:
    """The mark after a whole reading whose newest match was at `newest_ms` (0: there was none).

    A match in the future would hide all that comes before it.
    """
    return max(mark_ms, min(newest_ms, at_ms))
