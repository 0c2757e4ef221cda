"""Orders as a page. An order has two lines, so that it fits a terminal of 80 columns, and a third
where its figures are long."""

from collections.abc import Sequence

from polycopy.cli.core.page import Column, Fit, Table, Tone
from polycopy.cli.core.rows import DOUBTFUL, LOST, REFUSED, STATES, OrderRow
from polycopy.cli.core.words import (
    cents,
    command,
    counted,
    filled_of,
    handle,
    market,
    money,
)
from polycopy.schemas.moments import moment
from polycopy.schemas.money import Side, decimal_text
from polycopy.trading.order_life import OrderState

FILLED = OrderState.FILLED


SENT = tuple(one for one in STATES if one != REFUSED)
"""The states of what our own checks let out."""


def view(orders: Sequence[OrderRow], *, chosen: bool = False) -> Table:
    """`chosen`: they were asked for by something that others may not have."""
    return Table(
        columns=(
            Column("order", fit=Fit.KEEP),
            Column("at, strategy", fit=Fit.CUT),
            Column("for, limit, market", fit=Fit.CUT),
            Column("state, filled"),
        ),
        rows=tuple(_row(order) for order in orders),
        tones=tuple(tone(order.state) for order in orders),
        empty="no such orders" if chosen else "no orders yet",
    )


def tone(state: str) -> Tone:
    """Of an order in this state."""
    if state == LOST:
        return Tone.BAD
    return Tone.WARN if state in DOUBTFUL else Tone.PLAIN


def doubtful_first(
    doubtful: Sequence[OrderRow], newest: Sequence[OrderRow], limit: int | None
) -> list[OrderRow]:
    """Each once, up to `limit` of them."""
    known = {row.order_id for row in doubtful}
    return [*doubtful, *(row for row in newest if row.order_id not in known)][:limit]


def remarks(shown: Sequence[OrderRow], limit: int | None) -> list[str]:
    """What is not shown, and what may be too much."""
    told = [f"the first {limit}; --all shows every one"] if len(shown) == limit else []
    refused = sum(row.state == REFUSED for row in shown)
    if 2 * refused > len(shown) and refused < len(shown):
        told.append(f"{refused} of these were refused: --hide-refused leaves them out")
    return told


def last_line(doubtful: Sequence[OrderRow], stack: str = "") -> str:
    """How many are lost, and what to do; empty where none is."""
    lost = sum(row.state == LOST for row in doubtful)
    if not lost:
        return ""
    then = command("order reconcile ID", stack)
    return f"{counted(lost, 'order')} LOST: {then} asks every source about one"


def _row(order: OrderRow) -> tuple[str, ...]:
    return (
        handle(order.order_id),
        f"{moment(order.requested_at_ms)[:19]}\n{order.strategy_id}",
        f"{_what(order)}\n{market(order.outcome, order.title, order.token_id)}",
        f"{order.state.upper() if order.state in DOUBTFUL else order.state}\n{_filled(order)}",
    )


def _what(order: OrderRow) -> str:
    if order.state == REFUSED:
        return f"{order.side}: {order.reason}"
    if order.side == Side.BUY:
        return f"BUY {cents(order.notional_micros)} at ≤ {money(order.limit_price_micros)}"
    size = decimal_text(order.size_micros)
    return f"SELL {size} at ≥ {money(order.limit_price_micros)}"


def _filled(order: OrderRow) -> str:
    if order.state != FILLED and order.filled_size_micros:
        if order.by_notional:
            return filled_of(order.filled_notional_micros, order.notional_micros, pusd=True)
        return filled_of(order.filled_size_micros, order.size_micros, pusd=False)
    if order.filled_size_micros:
        # An average has all six digits; the venue's finest grid has four.
        average = round(order.average_price_micros, -2)
        return f"{decimal_text(order.filled_size_micros)} at {money(average)}"
    # Of a refused order it stands in its place; of a lost one it is the state once more.
    return "" if order.state in {REFUSED, order.reason} else order.reason
