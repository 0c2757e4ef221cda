"""Who is told what about a fact, after it has been folded in."""

from collections.abc import Callable
from itertools import chain

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    OrderAccepted,
    OrderBooked,
    OrderClosed,
    OrderDelayed,
    OrderKilled,
    TradeAdvanced,
    TradeMatched,
)
from polycopy.paper_venue.core.protocol import wire
from polycopy.schemas.ids import ConditionId, VenueOrderId, VenueTradeId
from polycopy.schemas.terms import OrderType

Notice = tuple[str, ConditionId, wire.Body]
"""Whose user channel (API key), which market, and the message."""
Listens = Callable[[str], bool]
"""Whether anybody listens to the user channel of an API key."""


def everybody(_owner: str) -> bool:
    return True


def notices(exchange: Exchange, fact: AnyFact, listens: Listens = everybody) -> list[Notice]:
    """The user channel's messages in the order in which the venue sends them. None is made for
    those who do not listen: it would cost more than the matching."""
    match fact:
        case OrderAccepted() | OrderDelayed():
            return _order(exchange, listens, fact.terms.order_id, "PLACEMENT", fact.at_us)
        case OrderBooked():
            # The delay is over; as far as nothing matched, the venue's word for that.
            nothing = not exchange.orders[fact.order_id].filled_size_micros
            said = "UNMATCHED" if nothing else ""
            return _order(exchange, listens, fact.order_id, "UPDATE", fact.at_us, said)
        case OrderKilled():
            # The venue tells of a killed FOK; of a killed FAK no message has been recorded.
            told = fact.terms.order_type is OrderType.FOK
            order_id = fact.terms.order_id
            return _order(exchange, listens, order_id, "CANCELLATION", fact.at_us) if told else []
        case OrderClosed():
            return _order(exchange, listens, fact.order_id, "CANCELLATION", fact.at_us)
        case TradeMatched():
            legs = [leg for leg in (fact.taker, *fact.makers) if not leg.stranger]
            orders = dict.fromkeys(leg.order_id for leg in legs)
            updates = (_order(exchange, listens, order, "UPDATE", fact.at_us) for order in orders)
            return [*_trade(exchange, listens, fact.trade_id), *chain.from_iterable(updates)]
        case TradeAdvanced():
            return _trade(exchange, listens, fact.trade_id)
        case _:
            return []


def _order(
    exchange: Exchange,
    listens: Listens,
    order_id: VenueOrderId,
    kind: str,
    at_us: int,
    status: str = "",
) -> list[Notice]:
    held = exchange.orders[order_id]
    if not listens(held.terms.owner):
        return []
    condition = exchange.conditions[held.terms.token_id]
    market = exchange.books[condition].market
    body = wire.order_message(held, market, kind, at_us)
    return [(held.terms.owner, condition, {**body, "status": status} if status else body)]


def _trade(exchange: Exchange, listens: Listens, trade_id: VenueTradeId) -> list[Notice]:
    held = exchange.trades[trade_id]
    condition = held.matched.condition_id
    market = exchange.books[condition].market
    legs = (held.matched.taker, *held.matched.makers)
    owners = dict.fromkeys(leg.owner for leg in legs if not leg.stranger)
    return [
        (owner, condition, wire.trade_message(held, market, owner))
        for owner in owners
        if listens(owner)
    ]
