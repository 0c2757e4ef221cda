"""`[[market]]`: a market that is made up, or what is different in one of the source's."""

from collections.abc import Iterator

import msgspec

from polycopy.paper_venue.core.scenarios.units import (
    Exponent,
    FeeRate,
    Levels,
    Ms,
    Price,
    Size,
    Text,
    Tick,
    Ticks,
    When,
)


class MarketTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A slug (or condition id) that the source has changes that market, and what is not named
    stays. Any other slug makes a market; what is not named is then as the comments say.

    The opening book is `bids` and `asks`, `[price, size]` in the first outcome's terms, or a seeded
    ladder of `depth` levels on either side of `price`.
    """

    slug: Text
    title: Text | None = None  # the slug with a question mark
    event: Text | None = None  # the event's slug: its own slug
    outcomes: tuple[Text, Text] | None = None  # Yes, No
    category: str | None = None
    tags: tuple[Text, ...] | None = None
    tick: Tick | None = None  # 0.01
    minimum_size: Size | None = None  # 5
    neg_risk: bool | None = None  # false
    version: int | None = None  # 1; 2: protocol V2, position ids
    fee_rate: FeeRate | None = None  # 0.07
    fee_exponent: Exponent | None = None  # 1
    taker_delay_ms: Ms | None = None  # 0
    itode: bool | None = None  # false; true: a crypto market's short delay
    starts: When | None = None
    game_starts: When | None = None
    ends: When | None = None
    ready: bool | None = None  # true
    accepting: bool | None = None  # true
    bids: Levels | None = None
    asks: Levels | None = None
    price: Price | None = None  # 0.5
    spread_ticks: Ticks | None = None  # 1
    depth: Ticks | None = None  # 10

    @property
    def says_book(self) -> bool:
        return self.bids is not None or self.asks is not None

    @property
    def says_maker(self) -> bool:
        return any(each is not None for each in (self.price, self.spread_ticks, self.depth))


def at_odds(table: MarketTable) -> Iterator[str]:
    """A law: see `tables`."""
    if table.version not in (None, 1, 2):
        yield "version: it is 1 or 2"
    if table.outcomes is not None and table.outcomes[0] == table.outcomes[1]:
        yield "outcomes: two different names"
    if table.says_book and table.says_maker:
        yield "bids and asks, or price, spread_ticks and depth: not both"
    yield from _book_faults(table)


def _book_faults(table: MarketTable) -> Iterator[str]:
    bids, asks = table.bids or (), table.asks or ()
    for side, levels in (("bids", bids), ("asks", asks)):
        for number, (price, _) in enumerate(levels, start=1):
            if table.tick is not None and price % table.tick != 0:
                yield f"{side}: level {number}: {price} is not on the tick {table.tick}"
    if crossed(bids, asks):
        yield "bids and asks: the book is crossed"


def crossed(bids: Levels, asks: Levels) -> bool:
    """Whether the best bid is not below the best ask."""
    if not bids or not asks:
        return False
    return max(price for price, _ in bids) >= min(price for price, _ in asks)
