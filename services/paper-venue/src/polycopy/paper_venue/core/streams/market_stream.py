"""The market channel as a whole: what a listener says, what is sent to whom."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import AnyFact, MarketChanged
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.protocol.wire import encode
from polycopy.paper_venue.core.streams.channels import Heard, MarketChannel
from polycopy.paper_venue.core.streams.market_feed import MarketFeed, Numbers
from polycopy.schemas.ids import TokenId

Listener = TypeVar("Listener")
Sent = tuple[list[Listener], str]
"""A text and those to whom it goes, written once for all of them."""


class MarketStream(Generic[Listener]):
    """One exchange and all who listen to its books."""

    def __init__(self, exchange: Exchange, numbers: Numbers) -> None:
        self._exchange = exchange
        self._feed = MarketFeed(exchange, numbers)
        self._channel: MarketChannel[Listener] = MarketChannel()

    def said(self, listener: Listener, text: str) -> Heard:
        """Subscribe, unsubscribe, or nonsense; `text` of the answer is to be sent, a non-empty
        `closes` ends the connection."""
        heard = self._channel.said(listener, text)
        self._forget(heard.left)
        books = [book for token in heard.new if (book := self._feed.watch(token)) is not None]
        return Heard(text=encode(books).decode()) if books and heard.dumped else heard

    def gone(self, listener: Listener) -> None:
        self._forget(self._channel.remove(listener))

    def told(self, facts: Sequence[AnyFact]) -> Iterator[Sent[Listener]]:
        """What facts that have been folded in mean for whom. Call it once for all facts of a
        decision."""
        for fact in facts:
            if isinstance(fact, MarketChanged):
                self._begin(fact.market)
        for note in self._feed.told(facts):
            listeners = self._channel.listeners(note.tokens, custom=note.custom)
            if listeners:
                yield listeners, encode(note.body).decode()

    def _begin(self, market: Market) -> None:
        """Who asked for the tokens of a market before it was there hears of it from now on."""
        for token in market.tokens:
            if self._channel.heard(token.token_id):
                self._feed.watch(token.token_id)

    def _forget(self, tokens: Iterable[TokenId]) -> None:
        for token in tokens:
            book = self._exchange.book_of(token)
            if book is None:
                continue
            if not any(self._channel.heard(each.token_id) for each in book.market.tokens):
                self._feed.forget(book.market.condition_id)
