"""Events and tags as Gamma's JSON. An event's numbers are its markets' together."""

from collections.abc import Sequence

from polycopy.paper_venue.core.gamma import identities
from polycopy.paper_venue.core.gamma.catalogue import Gathering, Tag
from polycopy.paper_venue.core.gamma.figures import Figures
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.instants import rfc3339


def tag(one: Tag) -> wire.Body:
    """Nobody says when a tag was made."""
    return {
        "id": str(one.tag_id),
        "label": one.label,
        "slug": one.slug,
        "forceShow": False,
        "createdAt": rfc3339(0),
        "updatedAt": rfc3339(0),
        "requiresTranslation": False,
    }


def event(
    gathering: Gathering,
    shown: Sequence[Figures],
    *,
    markets: list[wire.Body] | None,
    tags: list[wire.Body] | None,
) -> wire.Body:
    """One event. Inside of a market it has neither `markets` nor `tags`."""
    return {
        **_head(gathering),
        **_numbers(gathering, shown),
        "enableOrderBook": True,
        "liquidityClob": wire.number(sum(each.liquidity_micros for each in shown)),
        **_neg_risk(gathering),
        "commentCount": 0,
        **({} if markets is None else {"markets": markets}),
        **({} if tags is None else {"tags": tags}),
        "cyom": False,
        "showAllOutcomes": True,
        "showMarketImages": False,
        "enableNegRisk": gathering.listed[0].market.neg_risk,
        "automaticallyActive": True,
        "gmpChartMode": "default",
        "negRiskAugmented": False,
        "pendingDeployment": False,
        "deploying": False,
        "requiresTranslation": False,
    }


def title(gathering: Gathering) -> str:
    """The market's own title where there is one; the slug, spelled out, over several."""
    if len(gathering.listed) == 1:
        return gathering.listed[0].market.title
    return gathering.slug.replace("-", " ").capitalize()


def closed(gathering: Gathering) -> bool:
    return all(one.market.resolved for one in gathering.listed)


def _head(gathering: Gathering) -> wire.Body:
    markets = [one.market for one in gathering.listed]
    starts_s = min(market.starts_at_s or market.created_at_s for market in markets)
    ends_s = max(market.ends_at_s for market in markets)
    over = closed(gathering)
    over_s = max(market.resolved_at_s for market in markets)
    return {
        "id": str(gathering.event_id),
        "ticker": gathering.slug,
        "slug": gathering.slug,
        "title": title(gathering),
        "description": title(gathering),
        "resolutionSource": "",
        **({"startDate": rfc3339(starts_s)} if starts_s else {}),
        "creationDate": rfc3339(markets[0].created_at_s),
        **({"endDate": rfc3339(ends_s)} if ends_s else {}),
        "image": "",
        "icon": "",
        "active": True,
        "closed": over,
        "archived": False,
        "new": False,
        "featured": False,
        "restricted": True,
        **({"closedTime": rfc3339(over_s)} if over else {}),
    }


def _numbers(gathering: Gathering, shown: Sequence[Figures]) -> wire.Body:
    created_s = min(one.market.created_at_s for one in gathering.listed)
    return {
        "liquidity": wire.number(sum(each.liquidity_micros for each in shown)),
        "volume": wire.number(sum(each.volume_micros for each in shown)),
        "openInterest": 0,
        "createdAt": rfc3339(created_s),
        "updatedAt": rfc3339(
            max(created_s, *(one.market.resolved_at_s for one in gathering.listed))
        ),
        "competitive": wire.number(max(each.competitive_micros for each in shown)),
        "volume24hr": wire.number(sum(each.volume_day_micros for each in shown)),
        "volume1wk": wire.number(sum(each.volume_week_micros for each in shown)),
        "volume1mo": wire.number(sum(each.volume_month_micros for each in shown)),
        "volume1yr": wire.number(sum(each.volume_year_micros for each in shown)),
    }


def _neg_risk(gathering: Gathering) -> wire.Body:
    if not gathering.listed[0].market.neg_risk:
        return {"negRisk": False}
    return {"negRisk": True, "negRiskMarketID": identities.neg_risk_market_id(gathering.slug)}
