"""Orders as a page. A row has two lines, so that it fits a terminal of 80 columns."""

from collections.abc import Sequence

from polycopy.cli.core.page import Column, Table
from polycopy.cli.core.rows import REFUSED, OrderRow
from polycopy.cli.core.words import cents, handle, moment, money, shares, short
from polycopy.schemas.money import Side


def view(orders: Sequence[OrderRow]) -> Table:
    return Table(
        columns=(Column("order"), Column("at, strategy"), Column("what"), Column("state, filled")),
        rows=tuple(_row(order) for order in orders),
        empty="no orders yet",
    )


def _row(order: OrderRow) -> tuple[str, ...]:
    market = f"{order.title} {order.outcome}".strip() or f"token {short(order.token_id)}"
    return (
        handle(order.order_id),
        f"{moment(order.requested_at_ms)[:19]}\n{order.strategy_id}",
        f"{_what(order)}\n{market}",
        f"{order.state}\n{_became(order)}",
    )


def _what(order: OrderRow) -> str:
    if order.state == REFUSED:
        return order.side
    size = cents(order.notional_micros) if order.side == Side.BUY else shares(order.size_micros)
    return f"{order.side} {size}, limit {money(order.limit_price_micros)}"


def _became(order: OrderRow) -> str:
    if not order.filled_size_micros:
        return order.reason
    filled = f"{shares(order.filled_size_micros)} at {money(order.average_price_micros)}"
    return f"{filled}, {order.reason}" if order.reason else filled
