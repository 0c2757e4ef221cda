"""Books a second: one made from the venue's levels, and three walks into its depth.

Each book has forty levels a side, worst price first as the venue sends them. The walks are those of
a decision: what an amount buys, what a size sells for, and the most within a limit. Baseline: the
same levels as plain tuples, sorted, and walked three times by a loop without names or checks.
"""

import random
from collections.abc import Sequence

from polycopy.paper_venue.core.sources.ladders import around
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level
from polycopy.trading.orderbook import (
    book_from_levels,
    largest_size_within,
    price_for_notional,
    price_for_volume,
)
from tests.bench.figures import Result, paired, result

NAME = "book"
_BOOKS = 2_000
_DEPTH = 40
_CENT = 10_000
_NOTIONAL = 2_000 * MICROS
_SIZE = 4_000 * MICROS
_LIMIT_TICKS = 8

Levels = tuple[Level, ...]
Pairs = Sequence[tuple[int, int]]


def measure() -> Result:
    sides = _sides()
    plain = [(_pairs(bids), _pairs(asks)) for bids, asks in sides]
    found = paired(lambda: _books(sides), lambda: _plain_books(plain))
    return result(
        NAME,
        found.per_second,
        "books/s",
        ratio_to=found.ratio,
        also={
            "baseline": "a plain list, sorted and walked",
            "baseline_per_s": found.baseline_per_second,
            "levels_a_side": _DEPTH,
            "cpu_share": found.cpu_share,
        },
    )


def _sides() -> list[tuple[Levels, Levels]]:
    """Bids and asks, worst first."""
    chance = random.Random(NAME)
    made = []
    for _ in range(_BOOKS):
        ask_micros = (_DEPTH + 1 + chance.randrange(18)) * _CENT
        ladder = around(
            chance,
            bid_micros=ask_micros - _CENT,
            ask_micros=ask_micros,
            tick_micros=_CENT,
            depth=_DEPTH,
        )
        assert len(ladder.bids) == len(ladder.asks) == _DEPTH
        made.append((ladder.bids[::-1], ladder.asks[::-1]))
    return made


def _pairs(levels: Levels) -> Pairs:
    return [(level.price_micros, level.size_micros) for level in levels]


def _books(sides: Sequence[tuple[Levels, Levels]]) -> int:
    for bids, asks in sides:
        book = book_from_levels(
            token_id=TokenId("7"),
            bids=bids,
            asks=asks,
            at_ms=1,
            tick_size_micros=_CENT,
            minimum_size_micros=5 * MICROS,
        )
        limit = book.asks[0].price_micros + _LIMIT_TICKS * _CENT
        price_for_notional(book.asks, _NOTIONAL)
        price_for_volume(book.bids, _SIZE)
        largest_size_within(book.asks, Side.BUY, limit, _NOTIONAL)
    return len(sides)


def _plain_books(sides: Sequence[tuple[Pairs, Pairs]]) -> int:
    for bids, asks in sides:
        cheapest, dearest = sorted(asks), sorted(bids, reverse=True)
        limit = cheapest[0][0] + _LIMIT_TICKS * _CENT
        _spent(cheapest, _NOTIONAL * MICROS)
        _sold(dearest, _SIZE)
        _spent([level for level in cheapest if level[0] <= limit], _NOTIONAL * MICROS)
    return len(sides)


def _spent(levels: Pairs, left: int) -> int:
    """Shares for so much money, in micros of a micro dollar."""
    filled = 0
    for price, size in levels:
        taken = min(size, left // price)
        if not taken:
            break
        left -= taken * price
        filled += taken
    return filled


def _sold(levels: Pairs, left: int) -> int:
    """Money for so many shares."""
    cost = 0
    for price, size in levels:
        taken = min(size, left)
        if not taken:
            break
        left -= taken
        cost += taken * price
    return cost
