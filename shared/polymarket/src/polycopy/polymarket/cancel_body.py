"""The request that cancels orders: `DELETE /order` for one, `DELETE /orders` for more."""

from collections.abc import Sequence

import msgspec

from polycopy.schemas.ids import VenueOrderId

CANCELS_MAX = 1_000
"""Orders in one request; the venue refuses a longer list whole."""


def build_cancel(orders: Sequence[VenueOrderId]) -> tuple[str, bytes]:
    """The path and the body. Not for more than CANCELS_MAX."""
    if len(orders) == 1:
        return "/order", msgspec.json.encode({"orderID": orders[0]})
    return "/orders", msgspec.json.encode(list(orders))
