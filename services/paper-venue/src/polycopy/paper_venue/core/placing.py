"""Deciding on an order: the venue's answer and the facts that follow. Nothing changes here."""

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.book import Book
from polycopy.paper_venue.core.exchange import Exchange
from polycopy.paper_venue.core.facts import (
    AnyFact,
    OrderAccepted,
    OrderClosed,
    OrderKilled,
    TradeMatched,
)
from polycopy.paper_venue.core.matching import Taking, takings
from polycopy.paper_venue.core.orders import Asked, OrderStatus, Terms, terms
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.trading import trade
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.fees import highest_fee_micros


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an order. `refusal` is set where the venue says no; facts may follow even so
    (a killed FOK is known afterwards)."""

    facts: tuple[AnyFact, ...] = ()
    refusal: Refusal | None = None

    @property
    def trades(self) -> tuple[TradeMatched, ...]:
        return tuple(fact for fact in self.facts if isinstance(fact, TradeMatched))


def place(exchange: Exchange, asked: Asked, at_us: int) -> Placed:
    """Everything that the engine decides about an order whose signature is proven."""
    if asked.order_id in exchange.orders:
        return Placed(refusal=refusals.duplicated(asked.order_id))
    book = exchange.book_of(asked.token_id)
    if book is None:
        return Placed(refusal=refusals.MARKET_NOT_READY)
    wanted = terms(asked, book.market, at_us // MICROS)
    if isinstance(wanted, Refusal):
        return Placed(refusal=wanted)
    taken, complete = takings(wanted, exchange.offers(book, buys=wanted.buys_primary))
    refusal = _marketable(wanted, taken) or _affordable(exchange, book, wanted)
    if refusal is not None:
        return Placed(refusal=refusal)
    return _outcome(exchange, book, wanted, taken, complete=complete, at_us=at_us)


def _marketable(wanted: Terms, taken: list[Taking]) -> Refusal | None:
    if not taken:
        return None
    if wanted.post_only:
        return refusals.CROSSES_BOOK
    if wanted.side is Side.BUY and wanted.notional_micros < MICROS:
        return refusals.below_one_dollar(wanted.notional_micros)
    return None


def _affordable(exchange: Exchange, book: Book, wanted: Terms) -> Refusal | None:
    account = exchange.accounts[wanted.maker]
    if wanted.side is Side.SELL:
        free, need = account.free_shares(wanted.token_id), wanted.size_micros
    else:
        fee = highest_fee_micros(wanted.notional_micros, wanted.price_micros, book.market.fee)
        free, need = account.free_cash_micros, wanted.notional_micros + fee
    return refusals.not_enough(free, need) if free < need else None


def _outcome(
    exchange: Exchange,
    book: Book,
    wanted: Terms,
    taken: list[Taking],
    *,
    complete: bool,
    at_us: int,
) -> Placed:
    number = exchange.counter + 1
    if wanted.order_type is OrderType.FOK and not complete:
        return _killed(wanted, number, refusals.FOK_KILLED, at_us)
    if wanted.order_type is OrderType.FAK and not taken:
        return _killed(wanted, number, refusals.FAK_KILLED, at_us)
    accepted = OrderAccepted(terms=wanted, number=number, at_us=at_us)
    trades = tuple(
        trade(exchange, book, wanted, taking, number + place, at_us)
        for place, taking in enumerate(taken, start=1)
    )
    rest = (_closed(wanted, at_us),) if wanted.immediate and not complete else ()
    return Placed(facts=(accepted, *trades, *rest))


def _killed(wanted: Terms, number: int, refusal: Refusal, at_us: int) -> Placed:
    killed = OrderKilled(terms=wanted, number=number, reason=refusal.text, at_us=at_us)
    return Placed(facts=(killed,), refusal=refusal)


def _closed(wanted: Terms, at_us: int) -> OrderClosed:
    return OrderClosed(order_id=wanted.order_id, status=OrderStatus.CANCELED, at_us=at_us)
