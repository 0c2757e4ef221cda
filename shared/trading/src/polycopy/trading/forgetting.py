"""What an account may forget: orders that are long over. Memory then follows what is going on, and
not how long the account has existed. A function of the account alone, so every fold forgets the
same at the same event."""

import msgspec
from immutables import Map

from polycopy.schemas.ids import OrderId, VenueOrderId
from polycopy.trading.account_state import KEPT_MS, Account
from polycopy.trading.lots import Lot
from polycopy.trading.order_state import Order

_HELD_MIN = 1_000
_RECENT_EVENTS = 1_000
"""An order of so few events ago is kept whatever the clocks say. One that was days ahead for a
moment would have us forget what is under way, take its signal for news, its fills for nobody's."""


def forget(account: Account) -> Account:
    """The account without the orders that were over for KEPT_MS. Looks each time that twice as much
    is held as was left the last time, so that it costs O(1) an event."""
    if _held(account) < account.forget_at:
        return account
    before_ms = account.clock_ms - KEPT_MS
    recent = account.version - min(_RECENT_EVENTS, account.forget_at)
    orders = {
        order_id: order
        for order_id, order in account.orders.items()
        if _is_kept(order, before_ms) or order.number > recent
    }
    refused = {
        order_id: at_ms for order_id, at_ms in account.refused_ids.items() if at_ms >= before_ms
    }
    venue_ids = {order.venue_order_id: order.order_id for order in orders.values()}
    external: dict[VenueOrderId, int] = {
        order_id: at_ms for order_id, at_ms in account.external_ids.items() if at_ms >= before_ms
    }
    left = msgspec.structs.replace(
        account,
        orders=Map(orders),
        refused_ids=Map(refused),
        venue_ids=Map(venue_ids),
        external_ids=Map(external),
        lots=Map(_lots(account, orders)),
        forgotten_before_ms=max(account.forgotten_before_ms, before_ms),
    )
    return msgspec.structs.replace(left, forget_at=max(_HELD_MIN, 2 * _held(left)))


def _held(account: Account) -> int:
    return len(account.orders) + len(account.refused_ids) + len(account.external_ids)


def _is_kept(order: Order, before_ms: int) -> bool:
    return order.touched_at_ms >= before_ms or not order.is_over


def _lots(account: Account, orders: dict[OrderId, Order]) -> dict[OrderId, Lot]:
    """Those that hold something, and those that a remembered order may yet change."""
    needed = {
        allotment.lot_id for order in orders.values() for allotment in order.allotments
    } | orders.keys()
    return {
        lot_id: lot for lot_id, lot in account.lots.items() if lot_id in needed or not lot.closed
    }
