"""Commands about markets and what the venue thinks of wallets, decided: facts for the exchange, or
one line that says why not. A command's own values are right: the reader has looked at them. What
moves on the chain is in `movements`."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from polycopy.paper_venue.core.control.staging import fee_curve
from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    LadderSet,
    MarketChanged,
    OrderClosed,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.ledger import Settled
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.paper_venue.core.scenarios import commands
from polycopy.paper_venue.core.scenarios.units import in_micros
from polycopy.paper_venue.core.sources.script import Transaction
from polycopy.schemas.ids import VenueOrderId, Wallet
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import Level


class Effects(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a command. After the facts `settled` goes to the chain, and `led` the way
    of a leader's transaction."""

    facts: tuple[AnyFact, ...] = ()
    settled: tuple[Settled, ...] = ()
    led: tuple[Transaction, ...] = ()


Outcome = Effects | str


def market_named(exchange: Exchange, name: str) -> Book | str:
    """By condition id or slug."""
    for condition, book in exchange.books.items():
        if name in (condition, book.market.slug):
            return book
    return f"no market has the slug or condition id {name!r}"


def unresolved(exchange: Exchange, name: str) -> Book | str:
    """The same of a market that can still change."""
    book = market_named(exchange, name)
    if isinstance(book, Book) and book.market.resolved:
        return f"{name} is resolved"
    return book


def set_tick(exchange: Exchange, command: commands.SetTick, at_us: int) -> Outcome:
    """Resting orders stay where they are, on the new grid or not."""
    book = unresolved(exchange, command.market)
    if isinstance(book, str):
        return book
    tick = in_micros(command.tick)
    return _changed(msgspec.structs.replace(book.market, tick_size_micros=tick), at_us)


def set_market(exchange: Exchange, command: commands.SetMarket, at_us: int) -> Outcome:
    book = unresolved(exchange, command.market)
    if isinstance(book, str):
        return book
    named: dict[str, object] = {}
    if command.ready is not None:
        named["ready"] = command.ready
    if command.accepting is not None:
        named["accepting"] = command.accepting
    if command.taker_delay_ms is not None:
        named["taker_delay_ms"] = command.taker_delay_ms
    if command.itode is not None:
        named["itode"] = command.itode
    if command.minimum_size is not None:
        named["minimum_size_micros"] = in_micros(command.minimum_size)
    if command.fee_rate is not None or command.fee_exponent is not None:
        named["fee"] = fee_curve(book.market.fee, command.fee_rate, command.fee_exponent)
    return _changed(msgspec.structs.replace(book.market, **named), at_us)


def resolve(exchange: Exchange, command: commands.Resolve, at_us: int) -> Outcome:
    """Every working order is cancelled, the books are empty, and shares can be redeemed."""
    book = market_named(exchange, command.market)
    if isinstance(book, str):
        return book
    if book.market.resolved:
        return f"{command.market} is resolved already"
    first, second = (in_micros(payout) for payout in command.payouts)
    market = book.market
    closed = [
        OrderClosed(order_id=order_id, status=OrderStatus.CANCELED_MARKET_RESOLVED, at_us=at_us)
        for order_id in _working(exchange, market)
    ]
    empty = LadderSet(condition_id=market.condition_id, ladder=Ladder(), at_us=at_us)
    over = msgspec.structs.replace(
        market,
        tokens=(_paying(market.tokens[0], first), _paying(market.tokens[1], second)),
        resolved=True,
        accepting=False,
        resolved_at_s=at_us // MICROS,
    )
    return Effects(facts=(*closed, empty, MarketChanged(market=over, at_us=at_us)))


def set_wallet(exchange: Exchange, command: commands.SetWallet, at_us: int) -> Outcome:
    """Its tier is the rate limiter's."""
    account = exchange.accounts.get(wallet(command.wallet))
    if account is None:
        return f"the venue does not know the wallet {command.wallet}"
    judged = clearing.judged(
        account,
        at_us,
        allowance_micros=None if command.allowance is None else in_micros(command.allowance),
        legacy=command.legacy,
        banned=command.banned,
        closed_only=command.closed_only,
    )
    if command.cash is None:
        return Effects(facts=(judged,))
    change = in_micros(command.cash) - account.cash_micros
    moved = WalletMoved(address=account.address, cash_micros=change, at_us=at_us)
    return Effects(facts=(judged, moved))


def put_book(exchange: Exchange, command: commands.PutBook, at_us: int) -> Outcome:
    book = unresolved(exchange, command.market)
    if isinstance(book, str):
        return book
    bids, asks = _levels(command.bids)[::-1], _levels(command.asks)
    ladder = Ladder(bids=bids, asks=asks)
    facts = clearing.put_ladder(exchange, book.market.condition_id, ladder, at_us)
    return Effects(facts=tuple(facts))


def wallet(written: str) -> Wallet:
    return Wallet(written.lower())


def _changed(market: Market, at_us: int) -> Effects:
    return Effects(facts=(MarketChanged(market=market, at_us=at_us),))


def _working(exchange: Exchange, market: Market) -> list[VenueOrderId]:
    tokens = {token.token_id for token in market.tokens}
    return [
        order_id
        for working in exchange.orders_of.values()
        for order_id in working
        if exchange.orders[order_id].terms.token_id in tokens
    ]


def _paying(token: Token, payout_micros: int) -> Token:
    return msgspec.structs.replace(token, payout_micros=payout_micros)


def _levels(pairs: Iterable[tuple[Decimal, Decimal]]) -> tuple[Level, ...]:
    """Lowest price first."""
    levels = (
        Level(price_micros=in_micros(price), size_micros=in_micros(size)) for price, size in pairs
    )
    return tuple(sorted(levels, key=lambda level: level.price_micros))
