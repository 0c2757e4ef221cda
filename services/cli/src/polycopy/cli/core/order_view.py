"""Orders as a page."""

from collections.abc import Sequence

from polycopy.cli.core.page import Column, Table
from polycopy.cli.core.rows import OrderRow
from polycopy.cli.core.words import cents, moment, short
from polycopy.schemas.money import decimal_text


def view(orders: Sequence[OrderRow]) -> Table:
    return Table(
        columns=(
            Column("order"),
            Column("at"),
            Column("strategy"),
            Column("market"),
            Column("side"),
            Column("for", right=True),
            Column("limit", right=True),
            Column("filled", right=True),
            Column("average", right=True),
            Column("state"),
        ),
        rows=tuple(
            (
                order.order_id,
                moment(order.requested_at_ms) if order.requested_at_ms else "–",
                order.strategy_id,
                f"{order.title} {order.outcome}".strip() or short(order.token_id),
                order.side,
                cents(order.notional_micros),
                decimal_text(order.limit_price_micros),
                decimal_text(order.filled_size_micros),
                decimal_text(order.average_price_micros),
                f"{order.state}: {order.reason}" if order.reason else order.state,
            )
            for order in orders
        ),
        empty="no orders yet",
    )
