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
    """`values`: column → value, without the key's columns and `sequence`.

    `new_only`: for a row that is not there yet; one that is stays as it is.
    """

    table: str
    key: tuple[str, ...]
    values: dict[str, Value]
    sequence: int
    new_only: bool = False


def merge(changes: Iterable[Change]) -> list[Change]:
    """One change for each row, in the order of the rows' first changes. A later value wins.

    A row that begins with a change for new rows only has a second one: the rest, which holds
    whether the row was there or not, and is to be applied after the first.
    """
    rows: dict[tuple[str, tuple[str, ...], bool], Change] = {}
    for change in changes:
        row = (change.table, change.key, False)
        before = rows.get(row)
        if change.new_only:
            if before is None:
                rows.setdefault((change.table, change.key, True), change)
        elif before is None:
            rows[row] = change
        else:
            rows[row] = msgspec.structs.replace(change, values=before.values | change.values)
    return list(rows.values())
