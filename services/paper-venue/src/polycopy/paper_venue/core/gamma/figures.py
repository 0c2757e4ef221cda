"""The numbers that Gamma shows of a market: prices from its book, volumes from the chain."""

import msgspec

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.engine.marks import mark_micros
from polycopy.schemas.money import MICROS

_DAY_US = 86_400 * MICROS


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Dollars and prices in micros, of the first outcome. Volumes count each fill once, at its
    taker. A side of the book that is empty shows 0 and 1, as at the venue."""

    bid_micros: int
    ask_micros: int
    mark_micros: int
    last_micros: int
    liquidity_micros: int
    volume_micros: int
    volume_day_micros: int
    volume_week_micros: int
    volume_month_micros: int
    volume_year_micros: int

    @property
    def competitive_micros(self) -> int:
        """How near to a half the price is: 1 / (1 + distance²)."""
        distance = self.mark_micros - MICROS // 2
        return MICROS**3 // (MICROS**2 + distance**2)


def figures(exchange: Exchange, ledger: Ledger, market: Market, now_us: int) -> Figures:
    """Costs O(the market's trades and levels)."""
    book = exchange.books[market.condition_id]
    bid, ask = book.best(0)
    levels = (*book.bids.levels(), *book.asks.levels())
    day, week, month, year, ever = _volumes(ledger, market, now_us)
    return Figures(
        bid_micros=bid or 0,
        ask_micros=MICROS if ask is None else ask,
        mark_micros=mark_micros(book, 0),
        last_micros=book.last_price_micros,
        liquidity_micros=sum(each.price_micros * each.size_micros // MICROS for each in levels),
        volume_micros=ever,
        volume_day_micros=day,
        volume_week_micros=week,
        volume_month_micros=month,
        volume_year_micros=year,
    )


def _volumes(ledger: Ledger, market: Market, now_us: int) -> tuple[int, ...]:
    since_us = [now_us - days * _DAY_US for days in (1, 7, 30, 365)]
    sums = [0] * (len(since_us) + 1)
    for place in ledger.places_of_market(market.condition_id):
        settled = ledger[place]
        dollars = sum(each.notional_micros for each in settled.executions[:1])
        sums[-1] += dollars
        for at, begin_us in enumerate(since_us):
            sums[at] += dollars if settled.at_us >= begin_us else 0
    return tuple(sums)
