"""What the operator asked about single orders, and the answers: each wish is answered once, and the
answer in the log is what tells that it was.
"""

from collections.abc import Sequence

from polycopy.polymarket.reports import OrderStatus, order_status
from polycopy.schemas.control import OrderJudged, OrderReconcileAsked
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import OrderEvent, OrderExamined
from polycopy.schemas.terms import Finding, Verdict
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.rules import OPEN_ORDERS, ORDER
from polycopy.trading.account_reports import record_cancel

Wish = OrderReconcileAsked | OrderJudged
JUDGED_OVER = "judged over"
_OVER = {OrderStatus.MATCHED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.INVALID}


def is_open(ledger: Ledger, wish: Wish, event_id: EventId) -> bool:
    """Whether the wish is about an order that the account knows, and not answered yet."""
    account = ledger.account
    ours = wish.account == account.account and wish.order_id in account.orders
    return ours and event_id not in ledger.examined


def answer(
    ledger: Ledger, wish: Wish, event_id: EventId, findings: Sequence[Finding], at_ms: int
) -> list[OrderEvent]:
    """The end of an order that is judged over and that no source still has; and in any case what
    every source said. The answer comes last: whoever crashes before it does all of this again."""
    if not is_open(ledger, wish, event_id):
        return []
    said: list[OrderEvent] = []
    if isinstance(wish, OrderJudged) and not _has_it(findings):
        said += record_cancel(
            ledger.account, wish.order_id, JUDGED_OVER, at_ms, operator=wish.operator
        )
    examined = OrderExamined(
        order_id=wish.order_id, findings=tuple(findings), cause=event_id, examined_at_ms=at_ms
    )
    return [*said, examined]


def _has_it(findings: Sequence[Finding]) -> bool:
    """Whether the order may still fill at the venue, whatever the operator thinks. The detail of
    `order` is the venue's word for its state."""
    return any(
        one.verdict is Verdict.PRESENT
        and (
            one.source == OPEN_ORDERS
            or (one.source == ORDER and order_status(one.detail) not in _OVER)
        )
        for one in findings
    )
