"""The whole life of one order, from the log alone."""

from collections.abc import Sequence

import msgspec

from polycopy.cli.core import examination, life
from polycopy.cli.core.page import Column, Fit, Page, Table
from polycopy.cli.core.words import cents, shares
from polycopy.runtime.log import Recorded
from polycopy.schemas.ids import AccountId
from polycopy.schemas.moments import moment
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent, OrderRefused, OrderRequested
from polycopy.trading import account as accounts
from polycopy.trading.order_life import TERMINAL
from polycopy.trading.order_state import Order


def order_of(events: Sequence[Recorded]) -> Order | None:
    """The order as its own events tell it; None for one that our own checks refused. What a SELL
    takes from its lots is not told by these."""
    own = [one.event for one in events if isinstance(one.event, OrderEvent)]
    told = accounts.fold(AccountId(""), own).orders
    return next(iter(told.values()), None)


def pages(events: Sequence[Recorded]) -> list[Page]:
    """What it is and how it stands, and below that each event."""
    first = next(
        one.event for one in events if isinstance(one.event, OrderRequested | OrderRefused)
    )
    order = order_of(events)
    head = [f"order {first.order_id} of {first.strategy_id}, account {first.account}"]
    if isinstance(first, OrderRequested):
        head.append(f"at the venue: {first.venue_order_id} ({first.venue})")
        if first.title:
            head.append(f"{first.title} · {first.outcome}" if first.outcome else first.title)
    head.append(_stands(order) if order else "refused by our own checks: nothing was sent")
    return [*head, _events(events)]


def _stands(order: Order) -> str:
    told = examination.stands(order)
    parts = [told.replace("lost", "LOST", 1)]
    if order.filled_size_micros:
        parts.append(
            f"{shares(order.filled_size_micros)} for {cents(order.filled_notional_micros)}"
            f" and {cents(order.fees_micros)} fees"
        )
    pusd, size = order.needs
    if pusd or size:
        locked = cents(pusd) if order.side is Side.BUY else shares(size)
        parts.append(f"{locked} locked")
    if order.anomalies:
        parts.append(f"anomalies: {', '.join(order.anomalies)}")
    return " · ".join(parts)


def ended(order: Order) -> bool:
    """Whether nothing is left to cancel or to settle."""
    return order.state in TERMINAL


def _events(events: Sequence[Recorded]) -> Table:
    return Table(
        columns=(
            Column("log", right=True),
            Column("at, said by", fit=Fit.KEEP),
            Column("what"),
        ),
        rows=tuple(
            (
                str(one.sequence),
                f"{moment(one.envelope.time_ms)}\n{one.envelope.source}",
                "\n".join(
                    (
                        life.line(one.event, one.envelope.event_type),
                        *(f"  {detail}" for detail in life.details(one.event)),
                    )
                ),
            )
            for one in events
        ),
    )


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One event of an order, for programs."""

    sequence: int
    time_ms: int
    said_by: str
    type: str
    event: object


def plain(events: Sequence[Recorded]) -> list[Life]:
    return [
        Life(
            sequence=one.sequence,
            time_ms=one.envelope.time_ms,
            said_by=one.envelope.source,
            type=one.envelope.event_type,
            event=one.event,
        )
        for one in events
    ]
