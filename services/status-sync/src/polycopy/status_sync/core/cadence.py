"""How soon the venue is asked again, by how fresh what it tells by itself is."""

from polycopy.status_sync.core import ledger as ledgers
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.rules import Rules
from polycopy.trading.account_state import open_orders, unresolved

_HURRIED_MS = 600_000
"""What did not move for so long is not worth a hurry any more."""


def every_ms(
    ledger: Ledger, hearing: Hearing, rules: Rules, *, blind: bool, doubted: bool, at_ms: int
) -> int:
    """How long after the last round of questions the next one begins. `blind`: something may have
    been missed; `doubted`: the venue denies one of our orders."""
    hurried = blind or doubted or not hearing.connected_at_ms or unresolved(ledger.account)
    if hurried or _is_silent(ledger, hearing, rules, at_ms):
        return rules.poll_ms
    if ledgers.waits(ledger):
        return rules.poll_fresh_ms
    return min(rules.sweep_ms, rules.lost_watch_ms) if ledger.account.lost_ids else rules.sweep_ms


def _is_silent(ledger: Ledger, hearing: Hearing, rules: Rules, at_ms: int) -> bool:
    """Of an order that never rests, or a fill that is to settle. Of what rests, silence is
    normal."""
    moving = [
        (order.venue_order_id, max(order.requested_at_ms, order.heard_at_ms))
        for order in open_orders(ledger.account)
        if not order.rests
    ]
    moving += [(order_id, matched_ms) for (_, order_id), matched_ms in ledger.unsettled.items()]
    return any(
        rules.silent_ms < at_ms - max(since_ms, hearing.told.get(order_id, 0))
        and at_ms - since_ms <= _HURRIED_MS
        for order_id, since_ms in moving
    )
