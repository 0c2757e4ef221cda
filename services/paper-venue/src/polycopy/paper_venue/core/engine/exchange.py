"""The exchange: its state, and `evolve`, the one place where it changes.

Decisions (`placing`, `clearing`) read the state and return facts; folding the facts again gives the
same exchange. Everything is in integers of a millionth.
"""

from collections.abc import Callable, Iterator
from typing import assert_never

import msgspec

from polycopy.paper_venue.core.engine import accounts
from polycopy.paper_venue.core.engine.accounts import Account
from polycopy.paper_venue.core.engine.book import Book, Half, Offer, empty
from polycopy.paper_venue.core.engine.facts import (
    AccountOpened,
    AnyFact,
    LadderSet,
    Leg,
    MarketChanged,
    OrderAccepted,
    OrderBooked,
    OrderClosed,
    OrderDelayed,
    OrderKilled,
    StrangersTraded,
    SumLeftStale,
    SumsRefreshed,
    TradeAdvanced,
    TradeMatched,
    TradeStatus,
    WalletJudged,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.market import Ladder, Market, mirrored, own_price
from polycopy.paper_venue.core.engine.orders import Order, OrderStatus
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.money import Side

_ON_CHAIN = (TradeStatus.MINED, TradeStatus.CONFIRMED)


class Trade(msgspec.Struct, kw_only=True):
    """A match and how far it has got. `credited`: the wallets have what it gave them. `attempts`:
    how often it was sent to the chain in vain."""

    matched: TradeMatched
    status: TradeStatus = TradeStatus.MATCHED
    transaction_hash: str = ""
    updated_at_us: int
    credited: bool = False
    attempts: int = 0


class Exchange(msgspec.Struct, kw_only=True):
    """`seed` makes the ids of two runs equal; `counter` makes those of one run different.

    `orders` and `trades` are all that ever were; `wallets_of` has the wallets of each holder, in
    the order in which the venue came to know them; `orders_of` has the working orders of each API
    key, oldest first. `credit_when_mined`: shares and money move when the chain has the trade, as
    at the venue; otherwise at the match.
    """

    seed: str
    credit_when_mined: bool = False
    books: dict[ConditionId, Book] = msgspec.field(default_factory=dict)
    conditions: dict[TokenId, ConditionId] = msgspec.field(default_factory=dict)
    accounts: dict[Wallet, Account] = msgspec.field(default_factory=dict)
    wallets_of: dict[Wallet, list[Wallet]] = msgspec.field(default_factory=dict)
    orders: dict[VenueOrderId, Order] = msgspec.field(default_factory=dict)
    trades: dict[VenueTradeId, Trade] = msgspec.field(default_factory=dict)
    trades_of: dict[str, list[VenueTradeId]] = msgspec.field(default_factory=dict)
    orders_of: dict[str, dict[VenueOrderId, None]] = msgspec.field(default_factory=dict)
    counter: int = 0

    def book_of(self, token_id: TokenId) -> Book | None:
        condition = self.conditions.get(token_id)
        return None if condition is None else self.books[condition]

    def offers(self, book: Book, *, buys: bool) -> Iterator[Offer]:
        """What a taker meets, in its order; as far as it is read."""
        return book.against(buys=buys).offers()


def initial(seed: str, markets: tuple[Market, ...], *, credit_when_mined: bool = False) -> Exchange:
    """An exchange with empty books."""
    exchange = Exchange(seed=seed, credit_when_mined=credit_when_mined)
    for market in markets:
        _list(exchange, market)
    return exchange


def _list(exchange: Exchange, market: Market) -> None:
    exchange.books[market.condition_id] = empty(market)
    for token in market.tokens:
        exchange.conditions[token.token_id] = market.condition_id


def ladder_of(exchange: Exchange, token_id: TokenId) -> Ladder | None:
    """The whole book of a token as the venue shows it, in its own terms. None: no such token."""
    book = exchange.book_of(token_id)
    if book is None:
        return None
    ladder = Ladder(bids=book.bids.levels(), asks=book.asks.levels())
    return ladder if book.market.index(token_id) == 0 else mirrored(ladder)


def evolve(exchange: Exchange, fact: AnyFact) -> None:
    """The one effect of a fact. Never refuses: what was decided has happened."""
    match fact:
        case LadderSet():
            exchange.books[fact.condition_id].put(fact.ladder, fact.at_us)
        case OrderAccepted():
            _accept(exchange, fact)
        case OrderDelayed():
            _take_in(exchange, fact, OrderStatus.DELAYED)
        case OrderBooked():
            _book(exchange, exchange.orders[fact.order_id], fact.at_us)
        case OrderKilled():
            _keep(exchange, _killed(fact))
        case TradeMatched():
            _match(exchange, fact)
        case OrderClosed():
            _close(exchange, fact)
        case StrangersTraded():
            book = exchange.books[fact.condition_id]
            book.at_us = fact.at_us
            _last(book, fact.index, fact.price_micros, fact.side)
        case TradeAdvanced():
            _advance(exchange, fact)
        case MarketChanged():
            _change(exchange, fact.market)
        case AccountOpened() | WalletMoved() | WalletJudged() | SumLeftStale() | SumsRefreshed():
            _evolve_wallet(exchange, fact)
        case _:
            assert_never(fact)


def _evolve_wallet(
    exchange: Exchange,
    fact: AccountOpened | WalletMoved | WalletJudged | SumLeftStale | SumsRefreshed,
) -> None:
    if isinstance(fact, AccountOpened):
        exchange.accounts[fact.address] = accounts.opened(fact)
        exchange.wallets_of.setdefault(fact.holder, []).append(fact.address)
    else:
        accounts.evolve(exchange.accounts[fact.address], fact)


def _change(exchange: Exchange, market: Market) -> None:
    book = exchange.books.get(market.condition_id)
    if book is None:
        _list(exchange, market)
    else:
        book.market = market


def _accept(exchange: Exchange, fact: OrderAccepted) -> None:
    order = _take_in(exchange, fact, OrderStatus.LIVE)
    if order.resting:
        _book(exchange, order, fact.at_us)


def _take_in(exchange: Exchange, fact: OrderAccepted | OrderDelayed, status: OrderStatus) -> Order:
    terms = fact.terms
    order = Order(terms=terms, number=fact.number, accepted_at_us=fact.at_us, status=status)
    order.hold_micros = fact.hold_micros if isinstance(fact, OrderDelayed) else 0
    _keep(exchange, order)
    exchange.orders_of.setdefault(terms.owner, {})[terms.order_id] = None
    account = exchange.accounts[terms.maker]
    account.used = True
    accounts.reserve(account, order)
    return order


def _book(exchange: Exchange, order: Order, at_us: int) -> None:
    """What is open of it rests from now on, behind everybody at its price."""
    order.status = OrderStatus.LIVE
    terms = order.terms
    book = exchange.books[exchange.conditions[terms.token_id]]
    _half(book, order).add(terms.primary_price_micros, terms.order_id, order.open_size_micros)
    book.at_us = at_us


def _killed(fact: OrderKilled) -> Order:
    return Order(
        terms=fact.terms,
        number=fact.number,
        accepted_at_us=fact.at_us,
        status=OrderStatus.CANCELED,
        reason=fact.reason,
    )


def _keep(exchange: Exchange, order: Order) -> None:
    exchange.counter = max(exchange.counter, order.number)
    exchange.orders[order.terms.order_id] = order


def _half(book: Book, order: Order) -> Half:
    return book.along(buys=order.terms.buys_primary)


def _match(exchange: Exchange, fact: TradeMatched) -> None:
    exchange.counter = max(exchange.counter, fact.number)
    exchange.trades[fact.trade_id] = Trade(
        matched=fact, updated_at_us=fact.at_us, credited=not exchange.credit_when_mined
    )
    book = exchange.books[fact.condition_id]
    book.at_us = fact.at_us
    _last(book, fact.taker.index, fact.taker.price_micros, fact.taker.side)
    for leg in (fact.taker, *fact.makers):
        if not leg.stranger:
            _fill(exchange, book, fact.trade_id, leg)
        elif leg is not fact.taker and not fact.taker.stranger:
            _consume(book, leg)
    owners = dict.fromkeys(leg.owner for leg in (fact.taker, *fact.makers) if not leg.stranger)
    for owner in owners:
        exchange.trades_of.setdefault(owner, []).append(fact.trade_id)


def _last(book: Book, index: int, price_micros: int, side: Side) -> None:
    book.last_price_micros = own_price(index, price_micros)
    book.last_index = index
    book.last_side = side


def _consume(book: Book, leg: Leg) -> None:
    index = book.market.index(leg.token_id)
    half = book.along(buys=(leg.side == "BUY") == (index == 0))
    half.consume(own_price(index, leg.price_micros), leg.size_micros)


def _fill(exchange: Exchange, book: Book, trade_id: VenueTradeId, leg: Leg) -> None:
    order = exchange.orders[leg.order_id]
    account = exchange.accounts[leg.address]
    order.filled_size_micros += leg.size_micros
    order.filled_notional_micros += leg.notional_micros
    if trade_id not in order.trade_ids[-1:]:
        order.trade_ids.append(trade_id)
    (accounts.hold if exchange.credit_when_mined else accounts.settle)(account, leg)
    if order.resting:
        price = order.terms.primary_price_micros
        _half(book, order).fill(price, leg.order_id, leg.size_micros)
    if _complete(order):
        order.status = OrderStatus.MATCHED
        del exchange.orders_of[order.terms.owner][leg.order_id]
    accounts.reserve(account, order)


def _complete(order: Order) -> bool:
    if order.terms.budget_micros:
        return order.filled_notional_micros >= order.terms.budget_micros
    return order.filled_size_micros >= order.terms.size_micros


def _close(exchange: Exchange, fact: OrderClosed) -> None:
    order = exchange.orders[fact.order_id]
    book = exchange.books[exchange.conditions[order.terms.token_id]]
    del exchange.orders_of[order.terms.owner][fact.order_id]
    if order.resting:
        _half(book, order).remove(order.terms.primary_price_micros, fact.order_id)
        book.at_us = max(book.at_us, fact.at_us)
    order.status = fact.status
    order.reason = fact.reason
    accounts.reserve(exchange.accounts[order.terms.maker], order)


def _advance(exchange: Exchange, fact: TradeAdvanced) -> None:
    trade = exchange.trades[fact.trade_id]
    trade.status = fact.status
    trade.transaction_hash = fact.transaction_hash
    trade.updated_at_us = fact.at_us
    trade.attempts += fact.status is TradeStatus.RETRYING
    if fact.status is TradeStatus.FAILED:
        _each_leg(exchange, trade, accounts.revert if trade.credited else accounts.release)
    elif fact.status in _ON_CHAIN and not trade.credited:
        _each_leg(exchange, trade, accounts.release)
        _each_leg(exchange, trade, accounts.settle)
        trade.credited = True


def _each_leg(exchange: Exchange, trade: Trade, do: Callable[[Account, Leg], None]) -> None:
    for leg in (trade.matched.taker, *trade.matched.makers):
        if not leg.stranger:
            do(exchange.accounts[leg.address], leg)
