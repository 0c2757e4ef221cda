"""One event in, changes of rows out.

Rows of targets, strategies, trades and decisions follow from the event alone. Orders, fills,
positions and accounts are views of the account's fold after the event, so that money is computed in
one place only.
"""

from collections.abc import Iterable

import msgspec

from polycopy.projector.core import orders, trades
from polycopy.projector.core.orders import State
from polycopy.readmodel.changes import Change
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import ControlEvent
from polycopy.schemas.feeds import FeedEvent
from polycopy.schemas.markets import MarketEvent
from polycopy.schemas.money import LIMIT
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.signals import SignalEvent
from polycopy.schemas.traders import TraderEvent
from polycopy.schemas.trades import TradeEvent, TradeObserved


class Poison(Exception):  # noqa: N818 - the word says it
    """An event that this build cannot project, and must not skip: a later build would not."""


def initial() -> State:
    return State()


def project(state: State, recorded: Recorded) -> tuple[State, list[Change]]:
    """The state after the event, and what it changes in the tables. Raises Poison."""
    after, changes = _project(state, recorded)
    return after, [_bounded(change) for change in changes]


def _bounded(change: Change) -> Change:
    """What no column can hold is cut to what one can: the log has it whole."""
    beyond = {
        name: max(-LIMIT, min(value, LIMIT))
        for name, value in change.values.items()
        if type(value) is int and not -LIMIT <= value <= LIMIT
    }
    return msgspec.structs.replace(change, values=change.values | beyond) if beyond else change


def _project(state: State, recorded: Recorded) -> tuple[State, list[Change]]:
    event = recorded.event
    if isinstance(event, OrderEvent):
        return orders.project(state, recorded, event)
    if isinstance(event, TradeObserved):
        return state, [trades.observed(recorded, event)]
    if isinstance(event, SignalEvent):
        return state, trades.evaluated(recorded, event)
    if isinstance(event, ControlEvent):
        return state, trades.decided(recorded, event)
    if isinstance(event, TradeEvent | FeedEvent | MarketEvent | TraderEvent):
        return state, []  # No table shows them yet; positions are settled by an event of their own.
    raise Poison(
        f"event {recorded.sequence} is of type {recorded.envelope.event_type}, which this build "
        "does not know; start a newer build"
    )


def fold(state: State, history: Iterable[Recorded]) -> State:
    """The state after events that were projected before."""
    for recorded in history:
        state, _ = project(state, recorded)
    return state
