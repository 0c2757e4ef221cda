"""Gamma's numbers for markets, events and tags: by the order in which the venue got its markets.

Markets are only ever added, so a number once given stays; two equal runs number alike.
"""

from collections.abc import Iterable

import msgspec

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.ids import ConditionId

_FIRST_MARKET = 500_001
_FIRST_EVENT = 20_001
_FIRST_TAG = 100_001


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A market with its number, and that of its event."""

    market_id: int
    event_id: int
    market: Market


class Gathering(msgspec.Struct, frozen=True, kw_only=True):
    """An event: markets under one slug."""

    event_id: int
    slug: str
    listed: tuple[Listed, ...]


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """`slug` is what is asked for, `label` what is shown."""

    tag_id: int
    label: str
    slug: str


class Catalogue:
    """All markets at this moment. Costs O(markets) to make; not kept up to date."""

    def __init__(self, exchange: Exchange) -> None:
        self.listed: dict[ConditionId, Listed] = {}
        self.tags: dict[str, Tag] = {}
        grouped: dict[str, list[Listed]] = {}
        for place, (condition, book) in enumerate(exchange.books.items()):
            slug = event_slug(book.market)
            event_id = grouped[slug][0].event_id if slug in grouped else _FIRST_EVENT + place
            one = Listed(market_id=_FIRST_MARKET + place, event_id=event_id, market=book.market)
            self.listed[condition] = one
            grouped.setdefault(slug, []).append(one)
            for label in labels(book.market):
                number = _FIRST_TAG + len(self.tags)
                known = Tag(tag_id=number, label=label, slug=tag_slug(label))
                self.tags.setdefault(tag_slug(label), known)
        self.events = [
            Gathering(event_id=listed[0].event_id, slug=slug, listed=tuple(listed))
            for slug, listed in grouped.items()
        ]

    def conditions_of(self, event_ids: Iterable[int]) -> tuple[ConditionId, ...]:
        """The markets of these events."""
        wanted = frozenset(event_ids)
        return tuple(condition for condition, one in self.listed.items() if one.event_id in wanted)

    def tags_of(self, market: Market) -> list[Tag]:
        return [self.tags[tag_slug(label)] for label in labels(market)]


def event_slug(market: Market) -> str:
    """A market that names no event is one of its own."""
    return market.event_slug or market_slug(market)


def market_slug(market: Market) -> str:
    return market.slug or market.condition_id


def labels(market: Market) -> list[str]:
    """The category is a tag too, and the first."""
    named = [market.category, *market.tags]
    return list({tag_slug(label): label for label in named if tag_slug(label)}.values())


def tag_slug(label: str) -> str:
    return "-".join(label.lower().split())
