"""A market's book as those who listen know it, kept in the form in which it is written.

Each level has its bytes for both tokens, so that a changed level costs its own bytes, and a book or
its hash a join. The primary token's bids are the other's asks at one minus their price.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from sortedcontainers import SortedDict

from polycopy.paper_venue.core.engine.book import Book, Half
from polycopy.paper_venue.core.engine.market import own_price
from polycopy.paper_venue.core.protocol import book_body
from polycopy.paper_venue.core.protocol.wire import encode

Best = tuple[int | None, int | None]


class Change(NamedTuple):
    """A level has this size from now on, in the primary token's terms; 0: it is gone."""

    bids: bool
    price_micros: int
    size_micros: int


class _Level(NamedTuple):
    size_micros: int
    written: tuple[bytes, bytes]


class ToldBook:
    """`change` and `put` compare with the exchange's book and take over what is different."""

    def __init__(self, book: Book) -> None:
        self.market = book.market
        # By rank: the worst price comes first on both sides, and for both tokens.
        self._bids: SortedDict[int, _Level] = SortedDict()
        self._asks: SortedDict[int, _Level] = SortedDict()
        list(self.put(book))

    def put(self, book: Book) -> Iterator[Change]:
        """What changed in the whole book. Costs O(levels)."""
        for half, told in ((book.bids, self._bids), (book.asks, self._asks)):
            prices = {abs(rank) for rank in told}
            prices.update(level.price_micros for level in half.levels())
            for price in sorted(prices):
                yield from self.change(half, price)

    def change(self, half: Half, price_micros: int) -> Iterator[Change]:
        """What changed at one price."""
        told = self._bids if half.bids else self._asks
        rank = price_micros if half.bids else -price_micros
        size = half.size_at(price_micros)
        was = told.get(rank)
        if (was.size_micros if was else 0) == size:
            return
        if size:
            told[rank] = _Level(
                size, (_written(0, price_micros, size), _written(1, price_micros, size))
            )
        else:
            del told[rank]
        yield Change(half.bids, price_micros, size)

    def levels(self, index: int) -> tuple[msgspec.Raw, msgspec.Raw]:
        """Bids and asks of token `index` as JSON arrays, worst price first."""
        halves = (self._bids, self._asks) if index == 0 else (self._asks, self._bids)
        bids, asks = (b",".join(level.written[index] for level in half.values()) for half in halves)
        return msgspec.Raw(b"[" + bids + b"]"), msgspec.Raw(b"[" + asks + b"]")

    def best(self, index: int) -> Best:
        """Best bid and best ask of token `index`."""
        bid = self._bids.peekitem(-1)[0] if self._bids else None
        ask = -self._asks.peekitem(-1)[0] if self._asks else None
        if index == 0:
            return bid, ask
        return (
            None if ask is None else own_price(1, ask),
            None if bid is None else own_price(1, bid),
        )


def _written(index: int, price_micros: int, size_micros: int) -> bytes:
    return encode(book_body.level(own_price(index, price_micros), size_micros))
