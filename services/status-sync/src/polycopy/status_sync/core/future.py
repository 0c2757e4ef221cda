"""Times of the log that lie in our future: whoever wrote them had a clock that was ahead, or ours
is behind. Nobody waits until they come.

Each counts as the moment at which this process first found it there. That is later than what it
tells of, so whatever waits for a while after it waits longer, and never shorter. What is heard
anew, and a step of our own clock, make it a new find.
"""

from collections.abc import Hashable, Iterator

import msgspec
from immutables import Map

from polycopy.schemas.ids import OrderId
from polycopy.status_sync.core.ledger import SETTLED, Ledger
from polycopy.trading.account_state import open_orders
from polycopy.trading.order_state import Order

AHEAD_MS = 60_000
"""Nearer times are taken as they are: clocks differ, and once an order's time is here by the clock
of an executor, that one may send it."""
_STEP_MS = 1_000
_replace = msgspec.structs.replace


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """When something was found: by the wall clock, and by one that never steps."""

    at_ms: int
    steady_ms: int


Finds = Map[Hashable, Found]
"""By what was found: a time, of what, and what had been heard of it by then."""


def find(finds: Finds, ledger: Ledger, now: Found) -> Finds:
    """The times that lie in our future now. O(open orders + tokens)."""
    return Map(
        {
            key: known if (known := finds.get(key)) and _is_of(known, now) else now
            for key, time_ms in _times(ledger)
            if time_ms != SETTLED and time_ms - now.at_ms > AHEAD_MS
        }
    )


def dated(ledger: Ledger, finds: Finds) -> Ledger:
    """The ledger with the times at which they were found instead."""
    if not finds:
        return ledger

    def at_ms(key: Hashable, time_ms: int) -> int:
        found = finds.get(key)
        return found.at_ms if found else time_ms

    orders = ledger.account.orders
    for order in open_orders(ledger.account):
        changed = {name: at_ms(key, time_ms) for name, key, time_ms in _of(order)}
        orders = orders.set(order.order_id, _replace(order, **changed))
    touched = {token: at_ms((token, time_ms), time_ms) for token, time_ms in ledger.touched.items()}
    return _replace(
        ledger,
        account=_replace(ledger.account, orders=orders),
        touched=Map(touched),
        touched_at_ms=at_ms(ledger.touched_at_ms, ledger.touched_at_ms),
    )


def _times(ledger: Ledger) -> Iterator[tuple[Hashable, int]]:
    yield ledger.touched_at_ms, ledger.touched_at_ms
    for token, time_ms in ledger.touched.items():
        yield (token, time_ms), time_ms
    for order in open_orders(ledger.account):
        for _, key, time_ms in _of(order):
            yield key, time_ms


def _of(order: Order) -> Iterator[tuple[str, Hashable, int]]:
    """Each time of the order with its name. A later word of the order may leave the time of an
    earlier one as it is, where that lies in the future."""
    heard: tuple[OrderId, Hashable] = order.order_id, (order.state, order.matched_size_micros)
    asked_ms, answer = order.cancel_requested_at_ms, order.cancel_verdict
    for name, key, time_ms in (
        ("requested_at_ms", heard, order.requested_at_ms),
        ("heard_at_ms", heard, order.heard_at_ms),
        ("cancel_requested_at_ms", order.order_id, asked_ms),
        ("touched_at_ms", (heard, asked_ms, answer), order.touched_at_ms),
    ):
        yield name, (name, key, time_ms), time_ms


def _is_of(known: Found, now: Found) -> bool:
    """Whether the clock that it was found by has not stepped since."""
    passed_ms, steady_ms = now.at_ms - known.at_ms, now.steady_ms - known.steady_ms
    return abs(passed_ms - steady_ms) <= _STEP_MS
