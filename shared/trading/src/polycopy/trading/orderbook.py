"""Depth of a book, and what an amount costs in it.

`levels` are one side of a book, best price first: asks for a BUY, bids for a SELL. What a book
cannot fill is a number in the answer (`remaining_*`), never a silent average of what is there.
"""

from collections.abc import Iterable, Sequence

import msgspec

from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level

Levels = Sequence[Level]


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """One token's book, both sides best price first. Made by `book_from_levels`."""

    token_id: TokenId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    at_ms: int
    tick_size_micros: int
    minimum_size_micros: int

    def taken_by(self, side: Side) -> tuple[Level, ...]:
        """The levels that an order of this side takes from, best first."""
        return self.asks if side is Side.BUY else self.bids


class Depth(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk through the levels found: filled + remaining == asked.

    `remaining_size_micros` where shares were asked for, `remaining_notional_micros` where dollars
    were. `notional_micros` is rounded up; the average is rounded down and lies between the best and
    the worst price. None: nothing was filled. `levels` are those used, each in full.
    """

    filled_size_micros: int
    notional_micros: int
    vwap_micros: int | None
    worst_price_micros: int | None
    levels: tuple[Level, ...]
    remaining_size_micros: int = 0
    remaining_notional_micros: int = 0


def book_from_levels(
    *,
    token_id: TokenId,
    bids: Iterable[Level],
    asks: Iterable[Level],
    at_ms: int,
    tick_size_micros: int,
    minimum_size_micros: int,
) -> Book:
    """Sorts: the venue sends the worst price first. Equal prices add up.

    Left out: empty levels, and prices that are none (not between 0 and 1).
    """
    return Book(
        token_id=token_id,
        bids=_sorted(bids)[::-1],
        asks=_sorted(asks),
        at_ms=at_ms,
        tick_size_micros=tick_size_micros,
        minimum_size_micros=minimum_size_micros,
    )


def levels_within(levels: Levels, side: Side, price_micros: int) -> tuple[Level, ...]:
    """The levels at `price_micros` or better for an order of `side`."""
    if side is Side.BUY:
        return tuple(level for level in levels if level.price_micros <= price_micros)
    return tuple(level for level in levels if level.price_micros >= price_micros)


def volume_for_price(levels: Levels, price_micros: int, side: Side) -> int:
    """Shares at `price_micros` or better for an order of `side`."""
    return _volume(levels_within(levels, side, price_micros))


def price_for_volume(levels: Levels, size_micros: int) -> Depth:
    """What `size_micros` shares take: read `worst_price_micros`, and what remains."""
    return _walk(levels, size_micros=size_micros)


def vwap_for_volume(levels: Levels, size_micros: int) -> Depth:
    """What `size_micros` shares take: read `vwap_micros`, and what remains."""
    return _walk(levels, size_micros=size_micros)


def price_for_notional(levels: Levels, notional_micros: int) -> Depth:
    """What `notional_micros` dollars buy."""
    return _walk(levels, notional_micros=notional_micros)


def largest_size_within(
    levels: Levels, side: Side, price_micros: int, notional_micros: int | None = None
) -> Depth:
    """The most that can be taken at `price_micros` or better, for at most `notional_micros`."""
    within = levels_within(levels, side, price_micros)
    if notional_micros is None:
        return _walk(within, size_micros=_volume(within))
    return _walk(within, notional_micros=notional_micros)


def _walk(levels: Levels, *, size_micros: int = 0, notional_micros: int = 0) -> Depth:
    """Take from the best level on, until the shares or the dollars (whichever is given) are used.

    Exact inside: cost is counted in micros of a micro dollar.
    """
    left = size_micros or notional_micros * MICROS
    filled = cost = 0
    used: list[Level] = []
    for level in levels:
        weight = 1 if size_micros else level.price_micros
        if left < weight:
            break
        taken = min(level.size_micros, left // weight)
        left -= taken * weight
        filled += taken
        cost += taken * level.price_micros
        used.append(level)
    return Depth(
        filled_size_micros=filled,
        notional_micros=-(-cost // MICROS),
        vwap_micros=cost // filled if used else None,
        worst_price_micros=used[-1].price_micros if used else None,
        levels=tuple(used),
        remaining_size_micros=left if size_micros else 0,
        remaining_notional_micros=0 if size_micros else left // MICROS,
    )


def _volume(levels: Levels) -> int:
    return sum(level.size_micros for level in levels)


def _sorted(levels: Iterable[Level]) -> tuple[Level, ...]:
    sizes: dict[int, int] = {}
    for level in levels:
        sizes[level.price_micros] = sizes.get(level.price_micros, 0) + level.size_micros
    return tuple(
        Level(price_micros=price, size_micros=size)
        for price, size in sorted(sizes.items())
        if size > 0 and 0 < price < MICROS
    )
