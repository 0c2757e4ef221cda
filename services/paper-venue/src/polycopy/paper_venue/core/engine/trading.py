"""Trades from takings: who gave, who got, for how much, at what fee."""

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.book import STRANGER, Book, Offer
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import Leg, TradeMatched
from polycopy.paper_venue.core.engine.market import Market, own_price
from polycopy.paper_venue.core.engine.matching import Taking, notional
from polycopy.paper_venue.core.engine.orders import Terms
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.money import MICROS, Side
from polycopy.trading.fees import taker_fee_micros


def trade(
    exchange: Exchange,
    book: Book,
    terms: Terms,
    taking: Taking,
    number: int,
    first: int,
    at_us: int,
) -> TradeMatched:
    """The trade of a taker at one price with everybody there. `first`: the number of the first
    trade of its batch."""
    price = own_price(terms.index, taking.price_micros)
    paid = [notional(terms.side, part.size_micros, price) for part in taking.parts]
    taker = Leg(
        order_id=terms.order_id,
        owner=terms.owner,
        address=terms.maker,
        token_id=terms.token_id,
        index=terms.index,
        outcome=book.market.tokens[terms.index].outcome,
        side=terms.side,
        price_micros=price,
        size_micros=taking.size_micros,
        notional_micros=sum(paid),
        fee_micros=taker_fee_micros(taking.size_micros, price, book.market.fee),
    )
    makers = tuple(
        _maker(exchange, book, terms, part, part_paid, place)
        for place, (part, part_paid) in enumerate(zip(taking.parts, paid, strict=True))
    )
    trade_id = identity.trade_id(exchange.seed, number)
    return TradeMatched(
        trade_id=trade_id,
        batch=trade_id if number == first else identity.trade_id(exchange.seed, first),
        number=number,
        condition_id=book.market.condition_id,
        taker=taker,
        makers=makers,
        at_us=at_us,
    )


def swept(
    exchange: Exchange,
    book: Book,
    order_id: VenueOrderId,
    size_micros: int,
    number: int,
    at_us: int,
) -> TradeMatched:
    """The trade of one of our resting orders with a stranger whose new order crosses it."""
    terms = exchange.orders[order_id].terms
    # Rounded down on both sides: several such parts never cost more than the order reserved.
    amount = size_micros * terms.price_micros // MICROS
    maker = _own_leg(book.market, terms, size_micros, amount)
    stranger_id, owner, address = identity.stranger(exchange.seed, "taker", number)
    side = Side.SELL if terms.side is Side.BUY else Side.BUY
    taker = Leg(
        order_id=stranger_id,
        owner=owner,
        address=address,
        token_id=terms.token_id,
        index=terms.index,
        outcome=maker.outcome,
        side=side,
        price_micros=terms.price_micros,
        size_micros=size_micros,
        notional_micros=maker.notional_micros,
        stranger=True,
    )
    trade_id = identity.trade_id(exchange.seed, number)
    return TradeMatched(
        trade_id=trade_id,
        batch=trade_id,
        number=number,
        condition_id=book.market.condition_id,
        taker=taker,
        makers=(maker,),
        at_us=at_us,
    )


def _maker(exchange: Exchange, book: Book, taker: Terms, part: Offer, paid: int, place: int) -> Leg:
    if part.order_id != STRANGER:
        terms = exchange.orders[part.order_id].terms
        return _own_leg(book.market, terms, part.size_micros, _other(taker, terms, part, paid))
    moment = (exchange.seed, book.market.condition_id, book.generation)
    where = (part.price_micros, taker.side, *((place,) if place else ()))
    order_id, owner, address = identity.stranger(*moment, *where)
    return Leg(
        order_id=order_id,
        owner=owner,
        address=address,
        token_id=taker.token_id,
        index=taker.index,
        outcome=book.market.tokens[taker.index].outcome,
        side=Side.SELL if taker.side is Side.BUY else Side.BUY,
        price_micros=own_price(taker.index, part.price_micros),
        size_micros=part.size_micros,
        notional_micros=paid,
        stranger=True,
    )


def _other(taker: Terms, maker: Terms, part: Offer, paid: int) -> int:
    """The maker's money beside the taker's, so that nothing appears or vanishes.

    One token: what one pays the other gets. Two tokens, both bought (a mint) or both sold (a
    merge): together they are worth one dollar a share.
    """
    return paid if maker.token_id == taker.token_id else part.size_micros - paid


def _own_leg(market: Market, terms: Terms, size: int, notional_micros: int) -> Leg:
    return Leg(
        order_id=terms.order_id,
        owner=terms.owner,
        address=terms.maker,
        token_id=terms.token_id,
        index=terms.index,
        outcome=market.tokens[terms.index].outcome,
        side=terms.side,
        price_micros=terms.price_micros,
        size_micros=size,
        notional_micros=notional_micros,
    )
