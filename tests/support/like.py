"""Venues that are as another one, but for one thing."""

from typing import Any, cast

import msgspec

from polycopy.executor.ports import Venue
from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.orders import OrderRefused
from polycopy.schemas.terms import RefusalCode
from tests.support.executing import Venues


class Like:
    """As another one, but for what a subclass has itself."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def with_money_at(venues: Venues, venue: Any) -> Venues:
    by_name = venues.by_name | {VenueName.POLYMARKET: cast(Venue, venue)}
    return msgspec.structs.replace(venues, by_name=by_name)


def refusals(events: list[Event]) -> list[list[RefusalCode]]:
    refused = [event for event in events if isinstance(event, OrderRefused)]
    return [[refusal.code for refusal in event.refusals] for event in refused]
