"""What happened to an order, in words: a line for each event, and what belongs below it."""

from collections.abc import Iterable

from polycopy.cli.core.words import money, shares
from polycopy.schemas.control import OrderCancelAsked, OrderJudged, OrderReconcileAsked
from polycopy.schemas.event import Event
from polycopy.schemas.moments import moment
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
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
from polycopy.schemas.terms import CancelVerdict, Finding

CANCEL_WORDS = {
    CancelVerdict.CANCELLED: "the venue cancelled it",
    CancelVerdict.MATCHED: "too late: the venue matched it, a fill came or is coming",
    CancelVerdict.NOT_FOUND: "the venue does not know it",
    CancelVerdict.PENDING: "the venue still delays it, and cancels nothing in that time",
    CancelVerdict.UNKNOWN: "the venue gave no answer that says what became of it",
}


def line(event: Event, event_type: str) -> str:
    """One thing that happened to an order, or that the operator wanted of it; the type's name for
    an event that this build does not know."""
    match event:
        case OrderRequested():
            return f"requested: {request(event)}"
        case OrderRefused():
            return "refused by our own checks"
        case OrderPlaced():
            how = f", found by {event.adopted}" if event.adopted else ""
            return f"placed: {event.status}{how} · {moment(event.placed_at_ms)}"
        case OrderFailed():
            why = f"{event.code} (HTTP {event.http_status}) {event.answer}"
            return f"failed, rejected by the venue: {why}"
        case OrderUncertain():
            return f"uncertain, outcome unknown: {event.code} {event.detail}".rstrip()
        case OrderFilled() | OrderPartiallyFilled() | FillConfirmed() | FillReverted():
            return _match(event)
        case OrderCancelled() if event.operator:
            return f"cancelled by {event.operator}: {event.reason}"
        case OrderCancelled():
            return f"cancelled: {event.reason}"
        case OrderExpired():
            return f"expired · {moment(event.expired_at_ms)}"
        case _:
            return _doubt(event) or _wish(event) or event_type


def details(event: Event) -> tuple[str, ...]:
    """What belongs below the line: every refusal, every source's word."""
    match event:
        case OrderRefused():
            return tuple(
                f"{refusal.code}{': ' if refusal.detail else ''}{refusal.detail}"
                for refusal in event.refusals
            )
        case OrderLost() | OrderExamined():
            return findings(event.findings)
        case _:
            return ()


def request(event: OrderRequested) -> str:
    """What was ordered."""
    return (
        f"{event.order_type} {event.side} {shares(event.size_micros)} for "
        f"{money(event.notional_micros)}, limit {money(event.limit_price_micros)}, "
        f"locked {money(event.lock_micros)} of {event.account}"
    )


def _match(event: OrderFilled | OrderPartiallyFilled | FillConfirmed | FillReverted) -> str:
    match event:
        case FillConfirmed():
            where = (
                f"on chain in {event.transaction_hash}" if event.transaction_hash else "on paper"
            )
            return f"settled {where}: trade {event.venue_trade_id}"
        case FillReverted():
            return f"fill reverted: trade {event.venue_trade_id}, {event.reason}"
        case _:
            part = "the rest" if isinstance(event, OrderFilled) else "a part"
            return (
                f"filled {part}: {shares(event.size_micros)} at {money(event.price_micros)}, fee "
                f"{money(event.fee_micros)} · trade {event.venue_trade_id} ({event.source})"
            )


def _doubt(event: Event) -> str:
    """What was asked, denied and found about an order that is in doubt."""
    match event:
        case OrderLost():
            return (
                f"LOST: denied {event.denials} times since {moment(event.denied_since_ms)}, what "
                "it had locked is free"
            )
        case OrderRecovered():
            return f"recovered: {event.source} has it, {event.status}"
        case OrderExamined():
            return "examined, and every source said:"
        case OrderCancelRequested():
            by = f" by {event.operator}" if event.operator else ""
            return f"cancel requested{by}: {event.reason}"
        case OrderCancelAnswered():
            answer = f" · {event.answer}" if event.answer else ""
            return f"cancel answered: {CANCEL_WORDS[event.verdict]}{answer}"
        case _:
            return ""


def _wish(event: Event) -> str:
    match event:
        case OrderCancelAsked():
            return _told(f"{event.operator} wants it cancelled", event.reason)
        case OrderReconcileAsked():
            return f"{event.operator} asks what every source says"
        case OrderJudged():
            return _told(f"{event.operator} judges that it is over", event.note)
        case _:
            return ""


def _told(words: str, reason: str) -> str:
    return f"{words}: {reason}" if reason else words


def findings(told: Iterable[Finding]) -> tuple[str, ...]:
    """What each source said."""
    return tuple(
        f"{one.source}: {one.verdict}{', ' if one.detail else ''}{one.detail}" for one in told
    )
