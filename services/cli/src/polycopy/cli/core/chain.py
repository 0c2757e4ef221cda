"""`polycopy why`: everything that hangs together with a leader trade, a signal or an order.

The events of a chain carry the leader trade as their correlation id; an order's events are also
known by its id, whatever they carry.
"""

from collections.abc import Sequence

from polycopy.cli.core.page import Branch
from polycopy.cli.core.words import moment, money, shares, short
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import OrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
)
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.terms import Evidence
from polycopy.schemas.trades import TradeObserved

_LEVELS_SHOWN = 5
_BEGINNING_MIN = 4
"""Characters that an id must at least be named by."""


class Ambiguous(Exception):  # noqa: N818 - the word says it
    """Several ids are or may be meant. The text says in one line what to do."""


def find(events: Sequence[Recorded], wanted: str) -> list[Recorded]:
    """The whole chain of an id, in the order of the log; empty where nothing has that id.

    `wanted` is a transaction hash, an event id (of the trade or the signal), an order id of ours
    or the venue's, or the beginning of one. One transaction can hold several chains. Raises
    Ambiguous for a beginning that several ids have.
    """
    name = _completed(events, wanted.lower())
    seeds = [recorded for recorded in events if name in _names(recorded)]
    chains = {recorded.envelope.correlation_id for recorded in seeds}
    orders = {_order_id(recorded) for recorded in seeds} - {None}
    by_chain = [r for r in events if r.envelope.correlation_id in chains]
    orders |= {_order_id(recorded) for recorded in by_chain} - {None}
    return [
        recorded
        for recorded in events
        if recorded.envelope.correlation_id in chains or _order_id(recorded) in orders
    ]


def tree(chain: Sequence[Recorded]) -> Branch:
    """The chain as it followed: trade → decisions → order → what became of it."""
    branches = tuple(
        _trade(recorded, recorded.event, chain)
        for recorded in chain
        if isinstance(recorded.event, TradeObserved)
    )
    if len(branches) == 1:
        return branches[0]
    return Branch(label=f"{len(branches)} leader trades", branches=branches)


def _completed(events: Sequence[Recorded], wanted: str) -> str:
    """The id that begins so; `wanted` itself where it is an id or nothing has it."""
    if len(wanted.removeprefix("0x")) < _BEGINNING_MIN:
        raise Ambiguous(
            f"{wanted!r} is too short: give {_BEGINNING_MIN} characters of an id at least"
        )
    starts = (wanted, f"0x{wanted}")
    found = {name for one in events for name in _names(one) if name.startswith(starts)}
    if wanted in found or not found:
        return wanted
    if len(found) > 1:
        raise Ambiguous(f"{len(found)} ids begin with {wanted}: give more of it")
    return found.pop()


def _names(recorded: Recorded) -> list[str]:
    event = recorded.event
    names = [recorded.envelope.event_id, _order_id(recorded) or ""]
    if isinstance(event, TradeObserved):
        names.append(event.transaction_hash.lower())
    if isinstance(event, OrderRequested):
        names.append(event.venue_order_id)
    return names


def _order_id(recorded: Recorded) -> OrderId | None:
    return getattr(recorded.event, "order_id", None)


def _trade(recorded: Recorded, trade: TradeObserved, chain: Sequence[Recorded]) -> Branch:
    market = (
        " ".join(filter(None, (trade.title, trade.outcome))) or f"token {short(trade.token_id)}"
    )
    grown = "" if trade.increase_micros == trade.size_micros else " (the trade grew)"
    label = (
        f"leader {short(trade.wallet)} {trade.side} {shares(trade.increase_micros)} at "
        f"{money(trade.price_micros)} · {market} · {moment(trade.traded_at_ms)}{grown}"
    )
    evidence = Branch(
        label=f"transaction {trade.transaction_hash} · heard from {trade.source} after "
        f"{trade.received_at_ms - trade.traded_at_ms} ms · log {recorded.sequence}"
    )
    evaluated = tuple(
        _evaluated(other, other.event, chain)
        for other in chain
        if isinstance(other.event, TradeEvaluated)
        and other.event.trade_id == recorded.envelope.event_id
    )
    return Branch(label=label, branches=(evidence, *evaluated))


def _evaluated(recorded: Recorded, event: TradeEvaluated, chain: Sequence[Recorded]) -> Branch:
    label = (
        f"evaluated {event.evaluated_at_ms - event.traded_at_ms} ms after the trade · "
        f"signal {recorded.envelope.event_id} · log {recorded.sequence}"
    )
    decisions = tuple(
        Branch(
            label=_decision(decision, event.side),
            branches=_orders(recorded, decision, chain),
        )
        for decision in event.decisions
    )
    return Branch(label=label, branches=decisions or (Branch(label="no strategy was there"),))


def _decision(decision: Decision, side: Side) -> str:
    name = f"strategy {decision.strategy_id}"
    if not decision.qualified:
        return f"{name}: no · {', '.join(decision.reasons)}"
    what = (
        f"buy for {money(decision.notional_micros)}"
        if side is Side.BUY
        else f"sell {shares(decision.size_micros)}"
    )
    capped = f" · capped by {decision.capped_by}" if decision.capped_by else ""
    limit = money(decision.limit_price_micros)
    return f"{name}: yes · {what}, no worse than {limit}{capped}"


def _orders(signal: Recorded, decision: Decision, chain: Sequence[Recorded]) -> tuple[Branch, ...]:
    """What the executor made of a decision, and all that followed, under the order it is about."""
    branches: list[Branch] = []
    for recorded in chain:
        event = recorded.event
        if not isinstance(event, OrderRequested | OrderRefused):
            continue
        ours = event.signal_id == signal.envelope.event_id
        if not ours or event.strategy_id != decision.strategy_id:
            continue
        if isinstance(event, OrderRefused):
            details = tuple(
                Branch(label=f"{refusal.code}{': ' if refusal.detail else ''}{refusal.detail}")
                for refusal in event.refusals
            )
            branches.append(Branch(label=f"order {event.order_id} refused", branches=details))
        else:
            later = [r for r in chain if _order_id(r) == event.order_id and r != recorded]
            lines = tuple(Branch(label=_line(r)) for r in later)
            head = f"order {event.order_id} requested · log {recorded.sequence}"
            branches.append(Branch(label=head, branches=(*_request(event), *lines)))
    return tuple(branches)


def _request(event: OrderRequested) -> tuple[Branch, ...]:
    order = (
        f"{event.order_type} {event.side} {shares(event.size_micros)} for "
        f"{money(event.notional_micros)}, limit {money(event.limit_price_micros)}, "
        f"locked {money(event.lock_micros)} of {event.account}"
    )
    return (
        Branch(label=order),
        Branch(label=f"at the venue: {event.venue_order_id} ({event.venue})"),
        _evidence(event.evidence),
    )


def _evidence(evidence: Evidence) -> Branch:
    levels = [
        f"{shares(level.size_micros)} at {money(level.price_micros)}"
        for level in evidence.levels[:_LEVELS_SHOWN]
    ]
    more = len(evidence.levels) - len(levels)
    label = (
        f"book of {moment(evidence.book_at_ms)}: average {money(evidence.vwap_micros)}, worst "
        f"{money(evidence.worst_price_micros)}, to be had {shares(evidence.fillable_size_micros)}"
    )
    lines = [f"levels used: {', '.join(levels)}{f' and {more} more' if more else ''}"]
    lines.append(f"tick {money(evidence.tick_size_micros)}, free {money(evidence.free_micros)}")
    if evidence.checks:
        lines.append(f"checks passed: {', '.join(evidence.checks)}")
    return Branch(label=label, branches=tuple(Branch(label=line) for line in lines))


def _line(recorded: Recorded) -> str:
    """One thing that happened to an order."""
    event = recorded.event
    match event:
        case OrderPlaced():
            how = f", found by {event.adopted}" if event.adopted else ""
            text = f"placed: {event.status}{how} · {moment(event.placed_at_ms)}"
        case OrderFailed():
            text = f"rejected by the venue: {event.code} (HTTP {event.http_status}) {event.answer}"
        case OrderUncertain():
            text = f"outcome unknown: {event.code} {event.detail}".rstrip()
        case OrderFilled() | OrderPartiallyFilled():
            part = "the rest" if isinstance(event, OrderFilled) else "a part"
            text = (
                f"filled {part}: {shares(event.size_micros)} at {money(event.price_micros)}, fee "
                f"{money(event.fee_micros)} · trade {event.venue_trade_id} ({event.source})"
            )
        case FillConfirmed():
            where = (
                f"on chain in {event.transaction_hash}" if event.transaction_hash else "on paper"
            )
            text = f"settled {where}: trade {event.venue_trade_id}"
        case FillReverted():
            text = f"fill reverted: trade {event.venue_trade_id}, {event.reason}"
        case OrderCancelled():
            text = f"cancelled: {event.reason}"
        case OrderExpired():
            text = f"expired · {moment(event.expired_at_ms)}"
        case _:
            text = recorded.envelope.event_type
    return f"{text} · log {recorded.sequence}"
