"""Orders as a page. A row has two lines, so that it fits a terminal of 80 columns."""

from collections.abc import Sequence

from polycopy.cli.core.page import Column, Fit, Table, Tone
from polycopy.cli.core.rows import DOUBTFUL, LOST, REFUSED, OrderRow
from polycopy.cli.core.words import cents, counted, handle, moment, money, plain, short
from polycopy.schemas.money import Side, decimal_text


def view(orders: Sequence[OrderRow]) -> Table:
    return Table(
        columns=(
            Column("order", fit=Fit.KEEP),
            Column("at, strategy", fit=Fit.KEEP),
            Column("for, limit, market", fit=Fit.CUT),
            Column("state, filled", fit=Fit.KEEP),
        ),
        rows=tuple(_row(order) for order in orders),
        tones=tuple(tone(order.state) for order in orders),
        empty="no orders yet",
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


def last_line(doubtful: Sequence[OrderRow]) -> str:
    """How many are lost, and what to do; empty where none is."""
    lost = sum(row.state == LOST for row in doubtful)
    if not lost:
        return ""
    return f"{counted(lost, 'order')} LOST: polycopy order reconcile ID asks every source about one"


def _row(order: OrderRow) -> tuple[str, ...]:
    named = [part for part in (order.outcome, order.title) if part]
    market = plain(" · ".join(named)) or f"token {short(order.token_id)}"
    return (
        handle(order.order_id),
        f"{moment(order.requested_at_ms)[:19]}\n{order.strategy_id}",
        f"{_what(order)}\n{market}",
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
    if order.filled_size_micros:
        size = decimal_text(order.filled_size_micros)
        return f"{size} at {money(order.average_price_micros)}"
    # Of a refused order it stands in its place; of a lost one it is the state once more.
    return "" if order.state in {REFUSED, order.reason} else order.reason
