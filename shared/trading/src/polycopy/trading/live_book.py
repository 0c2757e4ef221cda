"""One token's book as it changes: a snapshot, then the levels that are different.

Kept sorted, so that the best prices cost nothing, a change costs the logarithm of the levels, and
only `book` goes through all of them. What the venue repeats or sends in another order of prices
makes no difference; what it left out is healed by the next snapshot.
"""

from collections.abc import Iterable

from sortedcontainers import SortedDict

from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level
from polycopy.trading.orderbook import Book


class LiveBook:
    """BUY is the bid side. `known`: there was a snapshot, without which changes say little.

    `at_ms` is the latest time that anything was told for: the venue steps back now and then.
    """

    def __init__(
        self, token_id: TokenId, *, tick_size_micros: int = 0, minimum_size_micros: int = 0
    ) -> None:
        self.token_id = token_id
        self.tick_size_micros = tick_size_micros
        self.minimum_size_micros = minimum_size_micros
        self.known = False
        self.at_ms = 0
        # Bids by their negated price: both sides run from the best on.
        self._bids: SortedDict[int, int] = SortedDict()
        self._asks: SortedDict[int, int] = SortedDict()

    def put(self, bids: Iterable[Level], asks: Iterable[Level], at_ms: int) -> None:
        """The whole book is this from now on. Levels in any order; equal prices add up; empty ones
        and prices that are none (not between 0 and 1) are left out."""
        self._bids, self._asks = SortedDict(), SortedDict()
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for level in levels:
                held = self.size_micros(side, level.price_micros)
                self._set(side, level.price_micros, held + level.size_micros)
        self.known = True
        self.at_ms = max(self.at_ms, at_ms)

    def change(self, side: Side, price_micros: int, size_micros: int, at_ms: int) -> None:
        """One level has this size from now on; 0: it is gone."""
        self._set(side, price_micros, size_micros)
        self.at_ms = max(self.at_ms, at_ms)

    def change_tick(self, tick_size_micros: int, at_ms: int) -> None:
        """Prices move on another grid from now on; the levels stay where they are."""
        self.tick_size_micros = tick_size_micros
        self.at_ms = max(self.at_ms, at_ms)

    def size_micros(self, side: Side, price_micros: int) -> int:
        return self._half(side).get(_rank(side, price_micros), 0)

    def best_micros(self, side: Side) -> int | None:
        """The best price of a side. None: nobody is there."""
        half = self._half(side)
        return _rank(side, half.peekitem(0)[0]) if half else None

    @property
    def crossed(self) -> bool:
        """Somebody bids what somebody asks, or more: the book has missed a message."""
        bid, ask = self.best_micros(Side.BUY), self.best_micros(Side.SELL)
        return bid is not None and ask is not None and bid >= ask

    def levels(self, side: Side) -> tuple[Level, ...]:
        """Best price first."""
        return tuple(
            Level(price_micros=_rank(side, rank), size_micros=size)
            for rank, size in self._half(side).items()
        )

    def book(self) -> Book:
        """The book of this moment, which does not change any more."""
        return Book(
            token_id=self.token_id,
            bids=self.levels(Side.BUY),
            asks=self.levels(Side.SELL),
            at_ms=self.at_ms,
            tick_size_micros=self.tick_size_micros,
            minimum_size_micros=self.minimum_size_micros,
        )

    def _half(self, side: Side) -> "SortedDict[int, int]":
        return self._bids if side is Side.BUY else self._asks

    def _set(self, side: Side, price_micros: int, size_micros: int) -> None:
        if size_micros > 0 and 0 < price_micros < MICROS:
            self._half(side)[_rank(side, price_micros)] = size_micros
        else:
            self._half(side).pop(_rank(side, price_micros), None)


def _rank(side: Side, price_micros: int) -> int:
    """A price as a rank, and the way back."""
    return -price_micros if side is Side.BUY else price_micros
