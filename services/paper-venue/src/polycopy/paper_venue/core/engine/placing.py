"""Deciding on an order: the venue's answer and the facts that follow. Nothing changes here."""

from typing import Protocol

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine.accounts import CASH
from polycopy.paper_venue.core.engine.book import STRANGER, Book
from polycopy.paper_venue.core.engine.clearing import withdraw
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    OrderAccepted,
    OrderBooked,
    OrderClosed,
    OrderDelayed,
    OrderKilled,
    TradeMatched,
)
from polycopy.paper_venue.core.engine.market import Market, own_price
from polycopy.paper_venue.core.engine.matching import Taking, notional, takings
from polycopy.paper_venue.core.engine.orders import Asked, OrderStatus, Terms, terms
from polycopy.paper_venue.core.engine.trading import trade
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.polymarket.order_hash import POLY_1271
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.fees import taker_fee_micros


class Twist(msgspec.Struct, frozen=True, kw_only=True):
    """What a fault makes of one order. `delay_ms`: longer than the market's own taker delay.
    `fraction_ppm`: a FAK or FOK is answered as killed, and so much of it was filled."""

    delay_ms: int = 0
    unmatched: bool = False
    fraction_ppm: int | None = None
    duplicated: bool = False


STRAIGHT = Twist()
_PPM = 1_000_000


def straight(wanted: Terms, *, marketable: bool) -> Twist:
    """Nothing goes wrong."""
    del wanted, marketable
    return STRAIGHT


class Twisting(Protocol):
    """What goes wrong with an order that has passed every check. Asked once for each."""

    def __call__(self, wanted: Terms, *, marketable: bool) -> Twist: ...


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an order. `refusal` is set where the venue says no; facts may follow even so
    (a killed FOK is known afterwards). `unmatched`: it went to the book though it was
    marketable."""

    facts: tuple[AnyFact, ...] = ()
    refusal: Refusal | None = None
    unmatched: bool = False

    @property
    def trades(self) -> tuple[TradeMatched, ...]:
        return tuple(fact for fact in self.facts if isinstance(fact, TradeMatched))

    @property
    def delayed(self) -> bool:
        return any(isinstance(fact, OrderDelayed) for fact in self.facts)

    @property
    def taken_in(self) -> bool:
        """Whether the venue has the order from now on, whatever it answers."""
        return any(isinstance(fact, OrderAccepted | OrderDelayed) for fact in self.facts)


class _Met(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may be placed, and whom it meets."""

    book: Book
    wanted: Terms
    taken: list[Taking]
    complete: bool
    number: int
    at_us: int


def place(exchange: Exchange, asked: Asked, at_us: int, twisting: Twisting = straight) -> Placed:
    """Everything that the engine decides about an order whose signature is proven."""
    if asked.order_id in exchange.orders:
        return Placed(refusal=refusals.duplicated(asked.order_id))
    book = exchange.book_of(asked.token_id)
    if book is None or not book.market.ready:
        return Placed(refusal=refusals.MARKET_NOT_READY)
    if not book.market.accepting or book.market.resolved:
        return Placed(refusal=refusals.no_orderbook(asked.token_id))
    wanted = _admitted(exchange, asked) or terms(asked, book.market, at_us // MICROS)
    if isinstance(wanted, Refusal):
        return Placed(refusal=wanted)
    taken, complete = takings(wanted, exchange.offers(book, buys=wanted.buys_primary))
    refusal = _marketable(wanted, taken) or _affordable(exchange, book, wanted, taken)
    if refusal is not None:
        return Placed(refusal=refusal)
    met = _Met(
        book=book,
        wanted=wanted,
        taken=taken,
        complete=complete,
        number=exchange.counter + 1,
        at_us=at_us,
    )
    twist = twisting(wanted, marketable=bool(taken))
    placed = _outcome(exchange, met, twist)
    if twist.duplicated and placed.refusal is None:
        return Placed(facts=placed.facts, refusal=refusals.duplicated(asked.order_id))
    return placed


def _admitted(exchange: Exchange, asked: Asked) -> Refusal | None:
    """Whether the venue deals with this wallet at all."""
    account = exchange.accounts[asked.maker]
    if account.banned:
        return refusals.banned(asked.maker)
    if account.closed_only and asked.side is Side.BUY:
        return refusals.closed_only(asked.maker)
    if asked.signature_type != POLY_1271 and not account.legacy:
        return refusals.DEPOSIT_WALLET_ONLY
    return None


def _marketable(wanted: Terms, taken: list[Taking]) -> Refusal | None:
    if not taken:
        return None
    if wanted.post_only:
        return refusals.CROSSES_BOOK
    if wanted.side is Side.BUY and wanted.notional_micros < MICROS:
        return refusals.below_one_dollar(wanted.notional_micros)
    return None


def _affordable(
    exchange: Exchange, book: Book, wanted: Terms, taken: list[Taking]
) -> Refusal | None:
    """The venue's rule: what open orders can still take is not there for another one. The whole
    order must be paid for, and the fee of what it takes at once: the venue's clients cut their
    orders so that this, and no more, is left."""
    account = exchange.accounts[wanted.maker]
    what = CASH if wanted.side is Side.BUY else wanted.token_id
    need = wanted.size_micros
    if wanted.side is Side.BUY:
        need = max(wanted.notional_micros, _cost(book.market, wanted, taken))
    active = account.set_aside.get(what, 0) - account.reserved.get(wanted.order_id, 0)
    matched = account.unsettled.get(what, 0) + account.stale.get(what, 0)
    held = account.held(what)
    if need > held - active - matched:
        return refusals.not_enough("balance", held, active, matched, need)
    allowance = account.allowance_micros
    if allowance is not None and need > allowance - matched:
        return refusals.not_enough("allowance", allowance, active, matched, need)
    return None


def _cost(market: Market, wanted: Terms, taken: list[Taking]) -> int:
    """What a BUY pays for what it takes, with fees, and sets aside for its rest."""
    cost, left = 0, wanted.size_micros
    for taking in taken:
        price = own_price(wanted.index, taking.price_micros)
        cost += sum(notional(wanted.side, part.size_micros, price) for part in taking.parts)
        cost += taker_fee_micros(taking.size_micros, price, market.fee)
        left -= taking.size_micros
    return cost if wanted.immediate else cost + notional(wanted.side, left, wanted.price_micros)


def _outcome(exchange: Exchange, met: _Met, twist: Twist) -> Placed:
    wanted, at_us = met.wanted, met.at_us
    if wanted.immediate and twist.fraction_ppm is not None:
        return _partly(exchange, met, twist.fraction_ppm)
    delay_ms = max(twist.delay_ms, met.book.market.taker_delay_ms)
    if met.taken and delay_ms:
        return Placed(facts=(_waits(met, delay_ms, unmatched=twist.unmatched),))
    gone: tuple[AnyFact, ...] = ()
    if met.taken and twist.unmatched:
        gone, met = _deserted(exchange, met)
    killed = _too_little(wanted, met.taken, complete=met.complete)
    if killed is not None:
        fact = OrderKilled(terms=wanted, number=met.number, reason=killed.text, at_us=at_us)
        return Placed(facts=(*gone, fact), refusal=killed)
    accepted = OrderAccepted(terms=wanted, number=met.number, at_us=at_us)
    trades = _trades(exchange, met)
    rest = (_closed(wanted, at_us),) if wanted.immediate and not met.complete else ()
    return Placed(facts=(*gone, accepted, *trades, *rest), unmatched=bool(gone) and not trades)


def _waits(met: _Met, delay_ms: int, *, unmatched: bool) -> OrderDelayed:
    wanted = met.wanted
    buys = wanted.side is Side.BUY
    cost = max(wanted.notional_micros, _cost(met.book.market, wanted, met.taken)) if buys else 0
    return OrderDelayed(
        terms=wanted,
        number=met.number,
        hold_micros=cost if buys else wanted.size_micros,
        until_us=met.at_us + delay_ms * 1000,
        at_us=met.at_us,
        unmatched=unmatched,
    )


def _deserted(exchange: Exchange, met: _Met) -> tuple[tuple[AnyFact, ...], _Met]:
    """The strangers whom it would meet are gone; who else rests there is still met."""
    offers = exchange.offers(met.book, buys=met.wanted.buys_primary)
    ours = (offer for offer in offers if offer.order_id != STRANGER)
    taken, complete = takings(met.wanted, ours)
    left = msgspec.structs.replace(met, taken=taken, complete=complete)
    return tuple(withdraw(exchange, met.wanted, met.at_us)), left


def resume(exchange: Exchange, order_id: VenueOrderId, at_us: int) -> list[AnyFact]:
    """The end of a taker delay: what the order meets now, which may be nothing. A GTC or GTD order
    goes to the book then (`unmatched`), a FAK or FOK is killed."""
    order = exchange.orders[order_id]
    wanted = order.terms
    if order.status is not OrderStatus.DELAYED:
        return []
    if wanted.over(at_us):
        status = OrderStatus.CANCELED_EXPIRED_ORDER
        return [OrderClosed(order_id=order_id, status=status, at_us=at_us)]
    book = exchange.books[exchange.conditions[wanted.token_id]]
    taken, complete = takings(wanted, exchange.offers(book, buys=wanted.buys_primary))
    met = _Met(
        book=book,
        wanted=wanted,
        taken=taken,
        complete=complete,
        number=exchange.counter,
        at_us=at_us,
    )
    killed = _too_little(wanted, taken, complete=complete)
    if killed is not None:
        return [_closed(wanted, at_us, killed.text)]
    if _affordable(exchange, book, wanted, taken) is not None:
        status = OrderStatus.CANCELED_NOT_ENOUGH_BALANCE
        return [OrderClosed(order_id=order_id, status=status, at_us=at_us)]
    facts: list[AnyFact] = [*_trades(exchange, met)]
    if wanted.immediate and not complete:
        facts.append(_closed(wanted, at_us))
    elif not complete:
        facts.append(OrderBooked(order_id=order_id, at_us=at_us))
    return facts


def _too_little(wanted: Terms, taken: list[Taking], *, complete: bool) -> Refusal | None:
    if wanted.order_type is OrderType.FOK and not complete:
        return refusals.FOK_KILLED
    if wanted.order_type is OrderType.FAK and not taken:
        return refusals.FAK_KILLED
    return None


def _partly(exchange: Exchange, met: _Met, fraction_ppm: int) -> Placed:
    """A fault: the order is answered as killed though a part of it was filled."""
    wanted, at_us = met.wanted, met.at_us
    part = msgspec.structs.replace(
        wanted,
        size_micros=max(wanted.size_micros * fraction_ppm // _PPM, 1),
        budget_micros=wanted.budget_micros * fraction_ppm // _PPM,
    )
    taken, _ = takings(part, exchange.offers(met.book, buys=wanted.buys_primary))
    refusal = refusals.FOK_KILLED if wanted.order_type is OrderType.FOK else refusals.FAK_KILLED
    accepted = OrderAccepted(terms=wanted, number=met.number, at_us=at_us)
    trades = _trades(exchange, msgspec.structs.replace(met, taken=taken))
    return Placed(facts=(accepted, *trades, _closed(wanted, at_us)), refusal=refusal)


def _trades(exchange: Exchange, met: _Met) -> tuple[TradeMatched, ...]:
    return tuple(
        trade(exchange, met.book, met.wanted, taking, number, met.number + 1, met.at_us)
        for number, taking in enumerate(met.taken, start=met.number + 1)
    )


def _closed(wanted: Terms, at_us: int, reason: str = "") -> OrderClosed:
    return OrderClosed(
        order_id=wanted.order_id, status=OrderStatus.CANCELED, at_us=at_us, reason=reason
    )
