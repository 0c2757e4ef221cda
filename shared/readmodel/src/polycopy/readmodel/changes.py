"""What a projection says: the values that a row now has, as data. Pure.

A change names some columns of one row; the row is made where it is missing, and its other columns
stay as they are. So two changes of a row add up to one, and whatever the size of the batch, the row
ends the same.
"""

from collections.abc import Iterable, Mapping

import msgspec

Value = str | int | bool

KEYS: Mapping[str, tuple[str, ...]] = {
    "targets": ("wallet",),
    "strategies": ("strategy_id",),
    "leader_trades": ("transaction_hash", "wallet", "token_id", "side"),
    "signals": ("signal_id",),
    "decisions": ("signal_id", "strategy_id"),
    "orders": ("order_id",),
    "fills": ("venue_trade_id", "venue_order_id"),
    "positions": ("account", "token_id"),
    "lots": ("account", "lot_id"),
    "accounts": ("account",),
    "trading_states": ("account",),
    "account_limits": ("account",),
    "external_orders": ("account", "venue_order_id"),
    "balance_disputes": ("account", "token_id"),
}
"""The columns of each table's key, in the order of `Change.key`."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`values`: column → value, without the key's columns and `sequence`."""

    table: str
    key: tuple[str, ...]
    values: dict[str, Value]
    sequence: int


def merge(changes: Iterable[Change]) -> list[Change]:
    """One change for each row, in the order of the rows' first changes. A later value wins."""
    rows: dict[tuple[str, tuple[str, ...]], Change] = {}
    for change in changes:
        row = (change.table, change.key)
        before = rows.get(row)
        rows[row] = (
            change
            if before is None
            else Change(
                table=change.table,
                key=change.key,
                values=before.values | change.values,
                sequence=change.sequence,
            )
        )
    return list(rows.values())
