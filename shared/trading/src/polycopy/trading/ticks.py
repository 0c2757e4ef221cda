"""The venue's grid: prices on ticks, amounts in its decimals.

The exchange sees no price, only what is offered (maker) and what is asked for it (taker), and
derives the price. Amounts that were rounded apart from each other imply a price beside the tick:
the venue then rejects the order, or a capped BUY misses the level at its cap and is killed (py-sdk
291). So the dollars are cut first and the shares are derived from them, downwards. The implied
price then is the limit or a hair above it, less than the finest tick above it, so no level beyond
the limit can be taken. Same numbers as `polymarket-client`'s protected market orders (tested).
"""

from types import MappingProxyType

from polycopy.schemas.money import MICROS, Side

CENT_MICROS = 10_000
"""What is offered has two decimals: 0.01 pUSD or 0.01 share."""

FINEST_TICK_MICROS = 100

AMOUNT_UNITS: MappingProxyType[int, int] = MappingProxyType(
    {100_000: 1_000, 10_000: 100, 5_000: 10, 2_500: 1, 1_000: 10, 100: 1}
)
"""Tick size → the unit of the derived amount, both in micros. Other ticks do not exist."""


def whole_cents(amount_micros: int) -> int:
    """The amount, cut to two decimals."""
    return amount_micros // CENT_MICROS * CENT_MICROS


def round_price(price_micros: int, tick_micros: int, side: Side) -> int:
    """Onto the grid without breaking the limit: a BUY down, a SELL up.

    The grid ends one tick inside 0 and 1. A limit beyond it becomes 0 for a BUY or 1 pUSD for a
    SELL: no prices, nothing can be taken there.
    """
    if side is Side.BUY:
        return max(0, min(price_micros // tick_micros * tick_micros, MICROS - tick_micros))
    return min(MICROS, max(-(-price_micros // tick_micros) * tick_micros, tick_micros))


def buy_amounts(
    notional_micros: int, limit_price_micros: int, tick_micros: int
) -> tuple[int, int] | None:
    """(maker pUSD, taker shares) of a FAK or FOK BUY whose limit is on the grid.

    None: so small an amount cannot express the limit in the venue's decimals.
    """
    maker = whole_cents(notional_micros)
    if maker <= 0:
        return None
    unit = AMOUNT_UNITS[tick_micros]
    taker = maker * MICROS // (limit_price_micros * unit) * unit
    reaches_beyond = maker * MICROS >= taker * (limit_price_micros + FINEST_TICK_MICROS)
    return None if reaches_beyond else (maker, taker)


def sell_amounts(size_micros: int, limit_price_micros: int) -> tuple[int, int] | None:
    """(maker shares, taker pUSD) of a FAK or FOK SELL whose limit is on the grid.

    Exact: two decimals of shares times a price of the grid fit the venue's decimals. None: nothing
    is left of the size.
    """
    maker = whole_cents(size_micros)
    return (maker, maker * limit_price_micros // MICROS) if maker > 0 else None
