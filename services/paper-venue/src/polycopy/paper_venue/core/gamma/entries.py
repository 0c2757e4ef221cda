"""Markets and events made alike, so that they are filtered, ordered and paged in one way."""

from collections.abc import Callable, Mapping

import msgspec

from polycopy.paper_venue.core.gamma import events
from polycopy.paper_venue.core.gamma.catalogue import Gathering, Listed, market_slug
from polycopy.paper_venue.core.gamma.figures import Figures
from polycopy.paper_venue.core.gamma.identities import question_id
from polycopy.paper_venue.core.gamma.views import View
from polycopy.paper_venue.core.protocol import wire

_FIGURES: dict[str, Callable[[Figures], int]] = {
    "volume": lambda shown: shown.volume_micros,
    "volume24hr": lambda shown: shown.volume_day_micros,
    "volume1wk": lambda shown: shown.volume_week_micros,
    "volume1mo": lambda shown: shown.volume_month_micros,
    "volume1yr": lambda shown: shown.volume_year_micros,
    "liquidity": lambda shown: shown.liquidity_micros,
    "competitive": lambda shown: shown.competitive_micros,
}
ORDERS = ("id", "createdat", "startdate", "enddate", "closedtime", *_FIGURES)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`names`: what it may be looked up by, lower case. `key` gives its rank in an order of
    `ORDERS`; that and `body` are worked out when they are asked for."""

    number: int
    names: Mapping[str, tuple[str, ...]]
    closed: bool
    starts_s: int
    ends_s: int
    key: Callable[[str], int]
    body: Callable[[], wire.Body]


def of_markets(view: View, *, with_tags: bool) -> list[Entry]:
    return [_market(view, one, with_tags=with_tags) for one in view.catalogue.listed.values()]


def of_events(view: View) -> list[Entry]:
    return [_event(view, one) for one in view.catalogue.events]


def _market(view: View, one: Listed, *, with_tags: bool) -> Entry:
    market = one.market
    tokens = tuple(token.token_id for token in market.tokens)
    tags = view.catalogue.tags_of(market)
    names = {
        "id": (str(one.market_id),),
        "slug": (market_slug(market).lower(),),
        "condition_ids": (market.condition_id,),
        "question_ids": (question_id(market.condition_id),),
        "clob_token_ids": tokens,
        "position_ids": tokens if market.version != 1 else (),
        "tag_id": tuple(str(tag.tag_id) for tag in tags),
        "tag_slug": tuple(tag.slug for tag in tags),
        "version": (f"v{market.version}",),
        "uma_resolution_status": ("resolved",) if market.resolved else (),
        "resolution_status": ("resolved" if market.resolved else "active",),
    }
    starts_s = market.starts_at_s or market.created_at_s

    times = {"startdate": starts_s, "enddate": market.ends_at_s, "closedtime": market.resolved_at_s}

    def key(order: str) -> int:
        if order in _FIGURES:
            return _FIGURES[order](view.figures(one))
        return times.get(order, one.market_id)

    return Entry(
        number=one.market_id,
        names=names,
        closed=market.resolved,
        starts_s=starts_s,
        ends_s=market.ends_at_s,
        key=key,
        body=lambda: view.market(one, with_tags=with_tags),
    )


def _event(view: View, one: Gathering) -> Entry:
    markets = [each.market for each in one.listed]
    tags = {
        tag.slug: str(tag.tag_id) for market in markets for tag in view.catalogue.tags_of(market)
    }
    starts_s = min(market.starts_at_s or market.created_at_s for market in markets)
    ends_s = max(market.ends_at_s for market in markets)

    over_s = max(market.resolved_at_s for market in markets)
    times = {"startdate": starts_s, "enddate": ends_s, "closedtime": over_s}

    def key(order: str) -> int:
        if order in _FIGURES:
            together = max if order == "competitive" else sum
            return together(_FIGURES[order](view.figures(each)) for each in one.listed)
        return times.get(order, one.event_id)

    return Entry(
        number=one.event_id,
        names={
            "id": (str(one.event_id),),
            "slug": (one.slug.lower(),),
            "tag_id": tuple(tags.values()),
            "tag_slug": tuple(tags),
        },
        closed=events.closed(one),
        starts_s=starts_s,
        ends_s=ends_s,
        key=key,
        body=lambda: view.event(one),
    )
