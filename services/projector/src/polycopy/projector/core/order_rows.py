"""The rows themselves: which columns an event sets, and to what."""

from collections.abc import Iterable

import msgspec

from polycopy.readmodel.changes import Change, Value
from polycopy.schemas.ids import AccountId, TokenId
from polycopy.schemas.orders import (
    Fill,
    FillConfirmed,
    FillReverted,
    OrderCancelled,
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
    PositionSettled,
)
from polycopy.schemas.terms import Finding
from polycopy.trading.account_events import StatusEvent
from polycopy.trading.account_state import Account
from polycopy.trading.lots import Position
from polycopy.trading.order_life import TERMINAL
from polycopy.trading.order_state import FillRecord, Order

Match = Fill | FillConfirmed | FillReverted
Told = StatusEvent | Match

REFUSED = "refused"
"""The state of an order that was never requested."""
_JSON = msgspec.json.Encoder(order="deterministic")


def account(sequence: int, fold: Account) -> Change:
    return Change(
        table="accounts",
        key=(fold.account,),
        values={
            "deposited_micros": fold.deposited_micros,
            "free_micros": fold.free_micros,
            "locked_micros": fold.locked_micros,
            "fees_micros": fold.fees_micros,
            "realised_micros": fold.realised_micros,
            "open_orders": len(fold.open_ids),
            "anomalies": fold.anomalies,
            "epoch": fold.epoch,
            "instance": fold.instance,
            "version": fold.version,
        },
        sequence=sequence,
    )


def position(
    sequence: int, account_id: AccountId, token_id: TokenId, held: Position | None, profit: int
) -> Change:
    """`held` None: nothing any more."""
    return Change(
        table="positions",
        key=(account_id, token_id),
        values={
            "size_micros": held.size_micros if held else 0,
            "cost_micros": held.cost_micros if held else 0,
            "locked_size_micros": held.locked_size_micros if held else 0,
            "realised_micros": profit,
        },
        sequence=sequence,
    )


def settled(sequence: int, account_id: AccountId, event: PositionSettled) -> Change:
    return Change(
        table="positions",
        key=(account_id, event.token_id),
        values={
            "condition_id": event.condition_id,
            "payout_micros": event.payout_micros,
            "settled_at_ms": event.settled_at_ms,
        },
        sequence=sequence,
    )


def refused(sequence: int, account_id: AccountId, event: OrderRefused) -> Change:
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
        # Of a refusal, should one have come before.
        "reason": "",
        "detail": "",
        "closed_at_ms": 0,
    }
    return [
        Change(
            table="orders",
            key=(event.order_id,),
            values=asked | market | _standing(order, 0),
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
        values |= {"reason": reason, "detail": detail}
        if order.state in TERMINAL:
            values["closed_at_ms"] = at_ms
    return Change(table="orders", key=(order.order_id,), values=values, sequence=sequence)


def match(
    sequence: int, account_id: AccountId, event: Match, order: Order, record: FillRecord
) -> Change:
    """One match as it stands; its confirmation may come before the match itself."""
    values: dict[str, Value] = {
        "order_id": order.order_id,
        "account": account_id,
        "strategy_id": order.strategy_id,
        "token_id": order.token_id,
        "side": order.side.value,
        "status": record.status.value,
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
    key = (event.venue_trade_id, event.venue_order_id)
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
            by = f"judged by {event.operator}" if event.operator else ""
            return event.reason, by, event.cancelled_at_ms
        case OrderExpired():
            return "expired", "", event.expired_at_ms
        case OrderLost():
            return "lost", _words(event.findings), event.lost_at_ms
        case OrderRecovered():
            return "recovered", f"{event.source}: {event.status}", event.recovered_at_ms
        case OrderPlaced():
            return "", "", event.placed_at_ms
        case OrderPartiallyFilled() | OrderFilled():
            return "", "", event.matched_at_ms
        case _:
            return "", "", 0


def _words(findings: Iterable[Finding]) -> str:
    return ", ".join(f"{one.source}: {one.verdict.value}" for one in findings)
