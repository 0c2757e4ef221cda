"""What the market channel says about facts: whole books after trades, changed levels otherwise.

Facts come in the batches in which they happened: between the facts of one decision a book may be
crossed, after them never. Every message names both tokens of its market where it can, and nothing
is kept or computed for a market that nobody listens to. Sources: research 3.1; the keys and their
order are those of frames that others recorded in 2025 and 2026.
"""

from collections.abc import Callable, Iterable

import msgspec

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    LadderSet,
    Leg,
    MarketChanged,
    OrderAccepted,
    OrderBooked,
    OrderClosed,
    StrangersTraded,
    TradeMatched,
)
from polycopy.paper_venue.core.engine.market import Market, buys_primary, own_price
from polycopy.paper_venue.core.engine.orders import Terms
from polycopy.paper_venue.core.protocol import book_body
from polycopy.paper_venue.core.protocol.wire import Body
from polycopy.paper_venue.core.streams import market_messages
from polycopy.paper_venue.core.streams.market_messages import Note
from polycopy.paper_venue.core.streams.told_book import Best, Change, ToldBook
from polycopy.schemas.ids import ConditionId, TokenId

Numbers = Callable[[ConditionId], tuple[int, int]]
"""Gamma's numbers for a market and its event."""


class _Batch(msgspec.Struct):
    """What a batch of facts may have changed in one market: `levels` of (bids, price) in the
    primary token's terms, or the whole book; and the trades, oldest first."""

    levels: dict[tuple[bool, int], None] = msgspec.field(default_factory=dict)
    whole: bool = False
    trades: list[TradeMatched | StrangersTraded] = msgspec.field(default_factory=list)


class MarketFeed:
    """Watches the markets that have listeners. `told` and the book of a new listener come from the
    same memory, so that whoever applies all messages has exactly the venue's book."""

    def __init__(self, exchange: Exchange, numbers: Numbers) -> None:
        self._exchange = exchange
        self._numbers = numbers
        self._told: dict[ConditionId, ToldBook] = {}
        self._known = set(exchange.books)
        self._over = {where for where, book in exchange.books.items() if book.market.resolved}

    def watch(self, token_id: TokenId) -> Body | None:
        """The book of a new listener, as the venue dumps it. None: no market has this token."""
        book = self._exchange.book_of(token_id)
        if book is None:
            return None
        told = self._told.get(book.market.condition_id)
        if told is None:
            told = self._told[book.market.condition_id] = ToldBook(book)
        return market_messages.dump(self._full(told, token_id))

    def forget(self, condition_id: ConditionId) -> None:
        """Nobody listens to the market any more."""
        self._told.pop(condition_id, None)

    def told(self, facts: Iterable[AnyFact]) -> list[Note]:
        """The messages about facts that have been folded in. Costs O(changed levels) and one join
        of the book for its hash; O(levels) for a new ladder."""
        notes: list[Note] = []
        batches: dict[ConditionId, _Batch] = {}
        for fact in facts:
            if isinstance(fact, MarketChanged):
                notes.extend(self._changed(fact.market, fact.at_us))
            elif self._told and (condition := self._where(fact)) in self._told:
                _take(batches.setdefault(condition, _Batch()), self._exchange, fact)
        for where, batch in batches.items():
            notes.extend(self._about(where, batch))
        return notes

    def _changed(self, market: Market, at_us: int) -> list[Note]:
        """A tick is told to those who listen to the market, its beginning and its end to all."""
        condition = market.condition_id
        notes: list[Note] = []
        told = self._told.get(condition)
        if told is not None:
            old, told.market = told.market.tick_size_micros, market
            if old != market.tick_size_micros:
                notes.extend(market_messages.tick_size_changes(market, old, at_us))
        market_id, event_id = self._numbers(condition)
        if condition not in self._known:
            self._known.add(condition)
            notes.append(market_messages.new_market(market, market_id, event_id, at_us))
        if market.resolved and condition not in self._over:
            self._over.add(condition)
            notes.append(market_messages.market_resolved(market, market_id, event_id, at_us))
        return notes

    def _where(self, fact: AnyFact) -> ConditionId:
        """The market whose book a fact is about; an empty id where it is about none."""
        match fact:
            case LadderSet() | TradeMatched() | StrangersTraded():
                return fact.condition_id
            case OrderAccepted():
                return self._exchange.conditions[fact.terms.token_id]
            case OrderClosed() | OrderBooked():
                terms = self._exchange.orders[fact.order_id].terms
                return self._exchange.conditions[terms.token_id]
            case _:
                return ConditionId("")

    def _about(self, condition: ConditionId, batch: _Batch) -> list[Note]:
        told, book = self._told[condition], self._exchange.books[condition]
        before = told.best(0)
        changes: list[Change] = []
        if batch.whole:
            changes.extend(told.put(book))
        else:
            for bids, price in batch.levels:
                changes.extend(told.change(book.along(buys=bids), price))
        notes: list[Note] = []
        if batch.trades:
            for token in book.market.tokens:
                body = market_messages.traded_book(self._full(told, token.token_id))
                notes.append(Note(body=body, tokens=(token.token_id,)))
            notes.extend(
                market_messages.last_trade_price(self._exchange, trade) for trade in batch.trades
            )
        elif changes:
            notes.append(self._changes(told, changes))
        return [*notes, *self._bests(told, before, book.at_us)]

    def _changes(self, told: ToldBook, changes: list[Change]) -> Note:
        """Levels that are gone come first, so that no reader ever sees a crossed book."""
        tokens = [token.token_id for token in told.market.tokens]
        hashes = [str(self._full(told, token)["hash"]) for token in tokens]
        bests = [told.best(index) for index in range(len(tokens))]
        rows = [
            market_messages.price_change(tokens[index], index, change, hashes[index], bests[index])
            for change in sorted(changes, key=lambda change: change.size_micros > 0)
            for index in range(len(tokens))
        ]
        at_us = self._exchange.books[told.market.condition_id].at_us
        body = market_messages.price_changes(told.market, rows, at_us)
        return Note(body=body, tokens=tuple(tokens))

    def _bests(self, told: ToldBook, before: Best, at_us: int) -> list[Note]:
        if told.best(0) == before:
            return []
        return [
            market_messages.best_bid_ask(told.market, index, told.best(index), at_us)
            for index in range(len(told.market.tokens))
        ]

    def _full(self, told: ToldBook, token_id: TokenId) -> Body:
        """`GET /book` of this moment."""
        book = self._exchange.books[told.market.condition_id]
        return book_body.body(book, token_id, *told.levels(book.market.index(token_id)))


def _take(batch: _Batch, exchange: Exchange, fact: AnyFact) -> None:
    match fact:
        case LadderSet():
            batch.whole = True
        case OrderAccepted():
            _touch(batch, fact.terms)
        case OrderClosed() | OrderBooked():
            _touch(batch, exchange.orders[fact.order_id].terms)
        case TradeMatched():
            batch.trades.append(fact)
            for leg in fact.makers:
                batch.levels[_place(leg)] = None
        case StrangersTraded():
            batch.trades.append(fact)
        case _:
            pass


def _touch(batch: _Batch, terms: Terms) -> None:
    if not terms.immediate:
        batch.levels[terms.buys_primary, terms.primary_price_micros] = None


def _place(leg: Leg) -> tuple[bool, int]:
    return buys_primary(leg.index, leg.side), own_price(leg.index, leg.price_micros)
