"""Whatever numbers an event holds, every column can hold what they become."""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec
import pytest

from polycopy.projector import core
from polycopy.schemas.catalog import EVENT_TYPES
from polycopy.schemas.event import Event, decode, encode
from polycopy.schemas.ids import OrderId, VenueOrderId, VenueTradeId
from polycopy.schemas.money import LIMIT, Side
from polycopy.schemas.orders import OrderFilled
from tests.support.event_makers import make
from tests.unit.projector.test_core import told
from tests.unit.projector.test_life_of_an_order import DEPOSITED, REQUESTED, filled

HUGE = 10**30
BUYS, SELLS = 12, 3
SomeEvent = TypeVar("SomeEvent", bound=Event)


def with_numbers(event: SomeEvent, number: int) -> SomeEvent:
    """The event with that number wherever it has one, as it comes back from the log."""

    def changed(value: Any) -> Any:
        match value:
            case dict():
                return {name: changed(inner) for name, inner in value.items()}
            case list() | tuple():
                return [changed(inner) for inner in value]
            case int() if not isinstance(value, bool):
                return number
            case _:
                return value

    kind = type(event)
    return decode(kind, encode(msgspec.convert(changed(msgspec.to_builtins(event)), type=kind)))


def wild_orders(number: int) -> Iterator[Event]:
    """Orders of which each event alone, or only their sum, is more than a column can hold."""
    yield DEPOSITED
    for place in range(BUYS + SELLS):
        order_id = OrderId(f"{place:032x}")
        order = msgspec.structs.replace(
            REQUESTED,
            order_id=order_id,
            venue_order_id=VenueOrderId(f"0x{place}"),
            side=Side.BUY if place < BUYS else Side.SELL,
        )
        match = filled(OrderFilled, size_micros=1)
        yield with_numbers(order, number)
        yield msgspec.structs.replace(
            with_numbers(match, number),
            order_id=order_id,
            venue_order_id=order.venue_order_id,
            venue_trade_id=VenueTradeId(f"t{place}"),
            side=order.side,
        )


def fits(events: Iterator[Event]) -> bool:
    state, values = core.initial(), list[object]()
    for event in events:
        state, changes = core.project(state, told(event, "x"))
        values += [value for change in changes for value in change.values.values()]
    return all(-LIMIT <= value <= LIMIT for value in values if isinstance(value, int))


@pytest.mark.parametrize("number", [HUGE, -HUGE])
@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_no_event_says_a_number_that_no_column_holds(event_type: str, number: int) -> None:
    event = make(EVENT_TYPES[event_type], full=True)

    assert fits(iter([with_numbers(event, number)]))


@pytest.mark.parametrize("number", [HUGE, -HUGE, LIMIT, -LIMIT])
def test_no_sum_of_an_account_is_a_number_that_no_column_holds(number: int) -> None:
    assert fits(wild_orders(number))
