"""One market's book: strangers' levels and our own resting orders, in the primary token's terms.

At one price everybody is taken in the order in which they came. A snapshot says only how much the
strangers have: what it adds came after everybody who is there, what it takes away was the newest of
theirs. A half is a sorted map of its prices, and each price knows its total: an order that comes,
goes or fills costs the logarithm of the number of prices, however many orders there are.
"""

from collections.abc import Iterable, Iterator

import msgspec
from sortedcontainers import SortedDict

from polycopy.paper_venue.core.engine.market import Ladder, Market, own_price
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import Level

STRANGER = VenueOrderId("")
_PART = "~"


class Offer(msgspec.Struct, frozen=True):
    """Something to take. `order_id` is `STRANGER` for a level of the recorded book."""

    price_micros: int
    size_micros: int
    order_id: VenueOrderId = STRANGER


class Queue(msgspec.Struct, kw_only=True):
    """All that waits at one price, oldest first: what is open of each of our orders, and under a
    key of their own (`_PART` and a number) each part of the strangers'. `size_micros` is the total,
    `strangers_size_micros` the strangers' share of it."""

    size_micros: int = 0
    strangers_size_micros: int = 0
    waiting: dict[VenueOrderId, int] = msgspec.field(default_factory=dict)
    parts: int = 0

    def join(self, size_micros: int) -> None:
        """Strangers come, behind everybody who is here."""
        last = next(reversed(self.waiting), STRANGER)
        if not last.startswith(_PART):
            self.parts += 1
            last = VenueOrderId(f"{_PART}{self.parts}")
        self.waiting[last] = self.waiting.get(last, 0) + size_micros
        self.strangers_size_micros += size_micros
        self.size_micros += size_micros

    def lose(self, size_micros: int, *, newest: bool) -> None:
        """So much of the strangers' goes, of their newest parts or of their oldest."""
        parts = [each for each in self.waiting if each.startswith(_PART)]
        left = size_micros
        for part in reversed(parts) if newest else parts:
            gone = min(left, self.waiting[part])
            left -= gone
            if gone == self.waiting[part]:
                del self.waiting[part]
            else:
                self.waiting[part] -= gone
        assert left == 0, "more was taken than was there"  # noqa: S101 - cannot happen
        self.strangers_size_micros -= size_micros
        self.size_micros -= size_micros


class Half(msgspec.Struct, kw_only=True):
    """One side of the book. `queues` are by rank: the price, negated for bids, so that the best
    comes first. A price at which nothing waits is not there."""

    bids: bool
    queues: SortedDict[int, Queue] = msgspec.field(default_factory=SortedDict)

    @property
    def best_micros(self) -> int | None:
        """The best price. None: nobody is here."""
        return self._rank(self.queues.peekitem(0)[0]) if self.queues else None

    def size_at(self, price_micros: int) -> int:
        """All that waits at one price."""
        queue = self.queues.get(self._rank(price_micros))
        return queue.size_micros if queue else 0

    def add(self, price_micros: int, order_id: VenueOrderId, size_micros: int) -> None:
        """Our order goes to the end of the queue at its price."""
        queue = self.queues.setdefault(self._rank(price_micros), Queue())
        queue.waiting[order_id] = size_micros
        queue.size_micros += size_micros

    def fill(self, price_micros: int, order_id: VenueOrderId, size_micros: int) -> None:
        """So much less is open of our order, which keeps its place; filled whole, it leaves."""
        waiting = self.queues[self._rank(price_micros)].waiting
        left = waiting[order_id] - size_micros
        assert left >= 0, "more was filled than was open"  # noqa: S101 - cannot happen
        if left:
            waiting[order_id] = left
        else:
            del waiting[order_id]
        self._lessen(price_micros, size_micros)

    def remove(self, price_micros: int, order_id: VenueOrderId) -> None:
        """Our order leaves with what is open of it. KeyError: it does not rest here."""
        self._lessen(price_micros, self.queues[self._rank(price_micros)].waiting.pop(order_id))

    def consume(self, price_micros: int, size_micros: int) -> None:
        """Take from the strangers at a price. What is gone is gone until the next snapshot."""
        self.queues[self._rank(price_micros)].lose(size_micros, newest=False)
        self._lessen(price_micros, 0)

    def put(self, levels: Iterable[Level]) -> None:
        """The strangers have this from now on; our orders stay where they are."""
        wanted: dict[int, int] = {}
        for level in levels:
            wanted[level.price_micros] = wanted.get(level.price_micros, 0) + level.size_micros
        for rank, queue in list(self.queues.items()):
            price = self._rank(rank)
            change = wanted.pop(price, 0) - queue.strangers_size_micros
            if change < 0:
                queue.lose(-change, newest=True)
                self._lessen(price, 0)
            elif change:
                queue.join(change)
        for price, size in wanted.items():
            if size:
                self.queues.setdefault(self._rank(price), Queue()).join(size)

    def offers(self) -> Iterator[Offer]:
        """Everything here in the order in which it is taken: price, then time. The half must not
        change while it is read."""
        for rank, queue in self.queues.items():
            price = self._rank(rank)
            for key, size in queue.waiting.items():
                yield Offer(price, size, STRANGER if key.startswith(_PART) else key)

    def strangers(self) -> tuple[Level, ...]:
        """What the strangers have here, best first."""
        return tuple(
            Level(price_micros=self._rank(rank), size_micros=queue.strangers_size_micros)
            for rank, queue in self.queues.items()
            if queue.strangers_size_micros
        )

    def levels(self) -> tuple[Level, ...]:
        """What the venue shows: sizes added up by price, best first."""
        return tuple(
            Level(price_micros=self._rank(rank), size_micros=queue.size_micros)
            for rank, queue in self.queues.items()
        )

    def _rank(self, price_micros: int) -> int:
        """A price as a rank, and the way back."""
        return -price_micros if self.bids else price_micros

    def _lessen(self, price_micros: int, size_micros: int) -> None:
        rank = self._rank(price_micros)
        queue = self.queues[rank]
        queue.size_micros -= size_micros
        if not queue.size_micros:
            del self.queues[rank]


class Book(msgspec.Struct, kw_only=True):
    """`generation` counts the snapshots, so that the strangers' order ids never repeat.
    `last_index` is the token that was traded last."""

    market: Market
    bids: Half
    asks: Half
    at_us: int = 0
    generation: int = 0
    last_price_micros: int = 0
    last_index: int = 0
    last_side: str = ""

    def against(self, *, buys: bool) -> Half:
        """The half that a taker eats from."""
        return self.asks if buys else self.bids

    def along(self, *, buys: bool) -> Half:
        """The half in which an order rests."""
        return self.bids if buys else self.asks

    def best(self, index: int) -> tuple[int | None, int | None]:
        """Best bid and best ask in the terms of token `index`."""
        bid, ask = self.bids.best_micros, self.asks.best_micros
        if index == 0:
            return bid, ask
        return (
            None if ask is None else own_price(index, ask),
            None if bid is None else own_price(index, bid),
        )

    def put(self, ladder: Ladder, at_us: int) -> None:
        before = self.bids.levels(), self.asks.levels()
        self.bids.put(ladder.bids)
        self.asks.put(ladder.asks)
        self.generation += 1
        if not self.at_us or (self.bids.levels(), self.asks.levels()) != before:
            self.at_us = at_us


def empty(market: Market) -> Book:
    return Book(market=market, bids=Half(bids=True), asks=Half(bids=False))
