"""Rows of orders and of their matches: which columns an event sets, and to what.

An account forgets, and the log may then say again what was said before. So a request, and the first
word about a match, set every column: whatever the row held is of a life that is over.
"""

from collections.abc import Iterable

import msgspec

from polycopy.readmodel.changes import Change, Value
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import (
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRecovered,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.terms import Finding
from polycopy.trading.account_events import StatusEvent
from polycopy.trading.order_life import TERMINAL, OrderState
from polycopy.trading.order_state import Order

Match = Fill | FillConfirmed | FillReverted
Told = StatusEvent | Match

REFUSED = "refused"
"""The state of an order that was never requested."""
RECOVERED = "recovered"
_NOTHING_TOLD: dict[str, Value] = {
    "reason": "",
    "detail": "",
    "answer": "",
    "adopted": "",
    "operator": "",
    "examined": "",
    "sent_at_ms": 0,
    "placed_at_ms": 0,
    "filled_at_ms": 0,
    "lost_at_ms": 0,
    "examined_at_ms": 0,
    "closed_at_ms": 0,
}
_NOTHING_MATCHED: dict[str, Value] = {
    "size_micros": 0,
    "price_micros": 0,
    "notional_micros": 0,
    "fee_micros": 0,
    "role": "",
    "source": "",
    "reason": "",
    "transaction_hash": "",
    "matched_at_ms": 0,
    "confirmed_at_ms": 0,
    "reverted_at_ms": 0,
}
_JSON = msgspec.json.Encoder(order="deterministic")


def refused(sequence: int, account_id: AccountId, event: OrderRefused) -> Change:
    """Only where the order is new: of one that was requested, whenever that was, a refusal says
    nothing, and a second refusal is of a signal that was forgotten."""
    return Change(
        table="orders",
        key=(event.order_id,),
        values={
            "account": account_id,
            "strategy_id": event.strategy_id,
            "signal_id": event.signal_id,
            "trade_id": event.trade_id,
            "token_id": event.token_id,
            "side": event.side.value,
            "state": REFUSED,
            "reason": ",".join(refusal.code.value for refusal in event.refusals),
            "detail": "; ".join(refusal.detail for refusal in event.refusals if refusal.detail),
            "requested_at_ms": event.refused_at_ms,
            "closed_at_ms": event.refused_at_ms,
        },
        sequence=sequence,
        new_only=True,
    )


def requested(
    sequence: int, account_id: AccountId, event: OrderRequested, order: Order
) -> list[Change]:
    """The order, and the names of what it may come to hold."""
    market: dict[str, Value] = {
        "condition_id": event.condition_id,
        "outcome": event.outcome,
        "title": event.title,
    }
    asked: dict[str, Value] = {
        "account": account_id,
        "strategy_id": event.strategy_id,
        "signal_id": event.signal_id,
        "trade_id": event.trade_id,
        "leader": event.leader,
        "venue": event.venue.value,
        "venue_order_id": event.venue_order_id,
        "token_id": event.token_id,
        "side": event.side.value,
        "order_type": event.order_type.value,
        "size_micros": event.size_micros,
        "notional_micros": event.notional_micros,
        "limit_price_micros": event.limit_price_micros,
        "lock_micros": event.lock_micros,
        "evidence": _JSON.encode(event.evidence).decode(),
        "epoch": order.epoch,
        "attempt": event.attempt,
        "requested_at_ms": event.requested_at_ms,
        "expires_at_ms": event.expires_at_ms,
    }
    return [
        Change(
            table="orders",
            key=(event.order_id,),
            values=asked | market | _NOTHING_TOLD | _standing(order, 0),
            sequence=sequence,
        ),
        Change(
            table="positions", key=(account_id, event.token_id), values=market, sequence=sequence
        ),
    ]


def told(sequence: int, event: Told, before: Order, order: Order, profit: int) -> Change:
    """What is now known of an order. Whatever changes its state also says why."""
    values = _standing(order, profit) | _own(event)
    if order.state is not before.state:
        reason, detail, at_ms = _why(event)
        if before.state is OrderState.LOST:
            reason = reason or RECOVERED
        operator = event.operator if isinstance(event, OrderCancelled) else ""
        values |= {"reason": reason, "detail": detail, "operator": operator}
        if order.state in TERMINAL:
            values["closed_at_ms"] = at_ms
        elif order.state is OrderState.LOST:
            values["lost_at_ms"] = at_ms
    return Change(table="orders", key=(order.order_id,), values=values, sequence=sequence)


def match(
    sequence: int, account_id: AccountId, event: Match, before: Order, order: Order
) -> Change | None:
    """One match as it stands, of which the confirmation may come first; None: told before.

    The account knows it by the order's own id at the venue, whatever id the event has.
    """
    key = (event.venue_trade_id, order.venue_order_id)
    known = before.fills.get(key)
    if isinstance(event, Fill) and known is not None and known.seen:
        return None
    values: dict[str, Value] = {} if known is not None else dict(_NOTHING_MATCHED)
    values |= {
        "order_id": order.order_id,
        "account": account_id,
        "strategy_id": order.strategy_id,
        "token_id": order.token_id,
        "side": order.side.value,
        "status": order.fills[key].status.value,
    }
    match event:
        case FillConfirmed():
            values["confirmed_at_ms"] = event.confirmed_at_ms
        case FillReverted():
            values |= {"reverted_at_ms": event.reverted_at_ms, "reason": event.reason}
        case _:
            values |= {
                "size_micros": event.size_micros,
                "price_micros": event.price_micros,
                "notional_micros": event.notional_micros,
                "fee_micros": event.fee_micros,
                "role": event.role.value,
                "source": event.source,
                "matched_at_ms": event.matched_at_ms,
            }
    # A source without the hash does not take it away again.
    if not isinstance(event, FillReverted) and event.transaction_hash:
        values["transaction_hash"] = event.transaction_hash
    return Change(table="fills", key=key, values=values, sequence=sequence)


def _standing(order: Order, profit: int) -> dict[str, Value]:
    return {
        "state": order.state.value,
        "locked_micros": order.locked_micros,
        "locked_size_micros": order.locked_size_micros,
        "filled_size_micros": order.filled_size_micros,
        "filled_notional_micros": order.filled_notional_micros,
        "fees_micros": order.fees_micros,
        "realised_micros": profit,
        "cancel_requested_at_ms": order.cancel_requested_at_ms,
        "cancel_verdict": order.cancel_verdict.value if order.cancel_verdict else "",
        "anomalies": "; ".join(order.anomalies),
    }


def _own(event: Told) -> dict[str, Value]:
    """Columns that only this event sets."""
    match event:
        case OrderPlaced():
            return {
                "placed_at_ms": event.placed_at_ms,
                "sent_at_ms": event.sent_at_ms,
                "answer": event.answer,
                "adopted": event.adopted,
            }
        case OrderFailed():
            return {"answer": event.answer}
        case OrderPartiallyFilled() | OrderFilled():
            return {"filled_at_ms": event.matched_at_ms}
        case OrderExamined():
            return {"examined": _words(event.findings), "examined_at_ms": event.examined_at_ms}
        case _:
            return {}


def _why(event: Told) -> tuple[str, str, int]:
    """Reason, detail and time of a change of state; nothing for what changes none."""
    match event:
        case OrderFailed():
            return event.code.value, event.answer, event.failed_at_ms
        case OrderUncertain():
            return event.code.value, event.detail, event.uncertain_at_ms
        case OrderCancelled():
            return event.reason, "", event.cancelled_at_ms
        case OrderExpired():
            return "expired", "", event.expired_at_ms
        case OrderLost():
            return "lost", _words(event.findings), event.lost_at_ms
        case OrderRecovered():
            return RECOVERED, f"{event.source}: {event.status}", event.recovered_at_ms
        case OrderPlaced():
            return "", "", event.placed_at_ms
        case OrderPartiallyFilled() | OrderFilled():
            return "", "", event.matched_at_ms
        case _:
            return "", "", 0


def _words(findings: Iterable[Finding]) -> str:
    return ", ".join(
        f"{one.source}: {one.verdict.value}" + (f" ({one.detail})" if one.detail else "")
        for one in findings
    )
