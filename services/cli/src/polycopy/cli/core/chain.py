"""`polycopy why`: everything that hangs together with a leader trade, a signal or an order.

The events of a chain carry the leader trade as their correlation id; an order's events, and what
the operator wanted of it, are also known by its id, whatever they carry.
"""

from collections.abc import Sequence

from polycopy.cli.core import life
from polycopy.cli.core.naming import completed
from polycopy.cli.core.page import Branch
from polycopy.cli.core.words import money, shares, short
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import OrderId
from polycopy.schemas.moments import moment
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.signals import Decision, TradeEvaluated
from polycopy.schemas.terms import Evidence
from polycopy.schemas.trades import TradeCorrected, TradeObserved, TradeRehashed

_LEVELS_SHOWN = 5


def find(events: Sequence[Recorded], wanted: str) -> list[Recorded]:
    """The whole chain of an id, in the order of the log; empty where nothing has that id.

    `wanted` is a transaction hash, an event id (of the trade or the signal), an order id of ours
    or the venue's, or the beginning of one. One transaction can hold several chains. Raises
    No for a beginning that several ids have.
    """
    name = completed((name for one in events for name in _names(one)), wanted.lower())
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
        if isinstance(recorded.event, TradeObserved)
        else _set_right(recorded, recorded.event)
        for recorded in chain
        if isinstance(recorded.event, TradeObserved | TradeCorrected | TradeRehashed)
    )
    if len(branches) == 1:
        return branches[0]
    return Branch(label=f"{len(branches)} leader trades", branches=branches)


def _names(recorded: Recorded) -> list[str]:
    event = recorded.event
    names = [recorded.envelope.event_id, _order_id(recorded) or ""]
    if isinstance(event, TradeObserved | TradeCorrected | TradeRehashed):
        names.append(event.transaction_hash.lower())
    if isinstance(event, TradeRehashed):
        names.append(event.rehashed_as.lower())
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


def _set_right(recorded: Recorded, event: TradeCorrected | TradeRehashed) -> Branch:
    what = f"leader {short(event.wallet)} {event.side} in transaction {event.transaction_hash}"
    match event:
        case TradeCorrected():
            said, left = shares(event.said_micros), shares(event.size_micros)
            what += f": {event.source} has {left} of the {said} that were told"
        case TradeRehashed():
            how = (
                "is on the chain" if event.proven else "was sent again, as far as anybody can tell,"
            )
            what += f" {how} as {event.rehashed_as}"
    return Branch(label=f"{what} · log {recorded.sequence}")


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
            details = tuple(Branch(label=detail) for detail in life.details(event))
            branches.append(Branch(label=f"order {event.order_id} refused", branches=details))
        else:
            later = [r for r in chain if _order_id(r) == event.order_id and r != recorded]
            lines = tuple(_happened(one) for one in later)
            head = f"order {event.order_id} requested · log {recorded.sequence}"
            branches.append(Branch(label=head, branches=(*_request(event), *lines)))
    return tuple(branches)


def _request(event: OrderRequested) -> tuple[Branch, ...]:
    return (
        Branch(label=life.request(event)),
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


def _happened(recorded: Recorded) -> Branch:
    """One thing that happened to an order."""
    words = life.line(recorded.event, recorded.envelope.event_type)
    details = tuple(Branch(label=detail) for detail in life.details(recorded.event))
    return Branch(label=f"{words} · log {recorded.sequence}", branches=details)
