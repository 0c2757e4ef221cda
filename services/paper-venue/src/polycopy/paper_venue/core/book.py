"""One market's book: strangers' levels and our own resting orders, in the primary token's terms.

At one price the strangers come first: their orders were there when the snapshot was taken.
"""

import bisect
import heapq
from collections.abc import Callable, Iterator
from itertools import groupby

import msgspec

from polycopy.paper_venue.core.market import Ladder, Market
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import Level

STRANGER = VenueOrderId("")
OpenSize = Callable[[VenueOrderId], int]
"""How much of one of our resting orders is still open."""


class Offer(msgspec.Struct, frozen=True):
    """Something to take. `order_id` is `STRANGER` for a level of the recorded book."""

    price_micros: int
    size_micros: int
    order_id: VenueOrderId = STRANGER


class Resting(msgspec.Struct, frozen=True, order=True):
    """Where an order stands: `rank` is the price, negated for bids; the best sorts first."""

    rank: int
    number: int
    order_id: VenueOrderId


class Half(msgspec.Struct, kw_only=True):
    """One side of the book. Strangers' levels and our orders, each best first."""

    bids: bool
    strangers: list[Level] = msgspec.field(default_factory=list)
    resting: list[Resting] = msgspec.field(default_factory=list)

    def rank(self, price_micros: int) -> int:
        return -price_micros if self.bids else price_micros

    def price(self, rank: int) -> int:
        return -rank if self.bids else rank

    def add(self, price_micros: int, number: int, order_id: VenueOrderId) -> None:
        bisect.insort(self.resting, Resting(self.rank(price_micros), number, order_id))

    def remove(self, price_micros: int, number: int, order_id: VenueOrderId) -> None:
        self.resting.remove(Resting(self.rank(price_micros), number, order_id))

    def consume(self, price_micros: int, size_micros: int) -> None:
        """Take from the strangers at a price. What is gone is gone until the next snapshot."""
        prices = [level.price_micros for level in self.strangers]
        place = prices.index(price_micros)
        left = self.strangers[place].size_micros - size_micros
        assert left >= 0, "more was taken than was there"  # noqa: S101 - cannot happen
        kept = [Level(price_micros=price_micros, size_micros=left)] if left else []
        self.strangers[place : place + 1] = kept


class Book(msgspec.Struct, kw_only=True):
    """`generation` counts the snapshots, so that the strangers' order ids never repeat."""

    market: Market
    bids: Half
    asks: Half
    at_us: int = 0
    generation: int = 0
    last_price_micros: int = 0
    last_side: str = ""

    def against(self, *, buys: bool) -> Half:
        """The half that a taker eats from."""
        return self.asks if buys else self.bids

    def along(self, *, buys: bool) -> Half:
        """The half in which an order rests."""
        return self.bids if buys else self.asks

    def put(self, ladder: Ladder, at_us: int) -> None:
        self.bids.strangers = list(ladder.bids)
        self.asks.strangers = list(ladder.asks)
        self.at_us = at_us
        self.generation += 1


def empty(market: Market) -> Book:
    return Book(market=market, bids=Half(bids=True), asks=Half(bids=False))


def offers(half: Half, open_size: OpenSize) -> Iterator[Offer]:
    """Everything in a half in the order in which it is taken: price, strangers, time."""
    strangers = (
        (half.rank(level.price_micros), -1, Offer(level.price_micros, level.size_micros))
        for level in half.strangers
    )
    ours = (
        (
            entry.rank,
            entry.number,
            Offer(half.price(entry.rank), open_size(entry.order_id), entry.order_id),
        )
        for entry in half.resting
    )
    for _, _, offer in heapq.merge(strangers, ours, key=lambda item: (item[0], item[1])):
        yield offer


def levels(half: Half, open_size: OpenSize) -> tuple[Level, ...]:
    """What the venue shows: sizes added up by price, best first."""
    shown = groupby(offers(half, open_size), key=lambda offer: offer.price_micros)
    return tuple(
        Level(price_micros=price, size_micros=sum(offer.size_micros for offer in group))
        for price, group in shown
    )
