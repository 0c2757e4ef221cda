"""Version 1: `/positions`, `/closed-positions`, `/value`, `/holders`, as recorded in April 2026."""

from collections.abc import Callable

from polycopy.paper_venue.core.data_api import refusing
from polycopy.paper_venue.core.data_api.portfolio import HELD_MICROS, Position, positions, sort
from polycopy.paper_venue.core.data_api.rows import Index
from polycopy.paper_venue.core.data_api.selecting import asked_conditions, asked_wallet
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.profiles import profile
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.instants import calendar_day
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters
from polycopy.schemas.money import MICROS

_OFFSET_MAX = 10_000
_LIMIT_MAX = 500
_CLOSED_LIMIT, _CLOSED_LIMIT_MAX = 10, 50
_HOLDERS, _HOLDERS_MAX = 20, 500
_Key = Callable[[Position], int]
_SORTS: dict[str, _Key] = {
    "CURRENT": lambda one: one.value_micros,
    "INITIAL": lambda one: one.cost_micros,
    "TOKENS": lambda one: one.size_micros,
    "CASHPNL": lambda one: one.unrealized_micros,
    "PERCENTPNL": lambda one: one.percent_micros,
    "PRICE": lambda one: one.price_micros,
    "AVGPRICE": lambda one: one.holding.average_price_micros,
    "RESOLVING": lambda one: one.market.ends_at_s,
}
_CLOSED_SORTS: dict[str, _Key] = {
    "REALIZEDPNL": lambda one: one.holding.realized_micros,
    "AVGPRICE": lambda one: one.holding.average_price_micros,
    "PRICE": lambda one: one.price_micros,
    "TIMESTAMP": lambda one: one.holding.last_event_s,
}


def held(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """`/positions`: at least `sizeThreshold` shares, one where nobody says."""
    limit = min(parameters.whole("limit", default=100, least=0), _LIMIT_MAX)
    offset = parameters.whole("offset", default=0, least=0, most=_OFFSET_MAX)
    threshold = parameters.amount_micros("sizeThreshold", default=MICROS)
    redeemable, mergeable = parameters.flag("redeemable"), parameters.flag("mergeable")
    title = parameters.text("title").lower()
    found = [
        one
        for one in _asked(exchange, index, parameters)
        if one.size_micros >= max(threshold, 1)
        and redeemable in (None, False, one.redeemable)
        and mergeable in (None, False, one.mergeable)
        and title in one.market.title.lower()
    ]
    return [_position(one) for one in _sorted(found, parameters, _SORTS)[offset : offset + limit]]


def closed(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """`/closed-positions`: what was bought and is gone, by realised gain."""
    limit = min(parameters.whole("limit", default=_CLOSED_LIMIT, least=0), _CLOSED_LIMIT_MAX)
    offset = parameters.whole("offset", default=0, least=0, most=100_000)
    title = parameters.text("title").lower()
    found = [
        one
        for one in _asked(exchange, index, parameters)
        if one.size_micros < HELD_MICROS
        and one.holding.bought_micros
        and title in one.market.title.lower()
    ]
    order = _sorted(found, parameters, _CLOSED_SORTS)
    return [_closed(one) for one in order[offset : offset + limit]]


def value(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """`/value`: one row, of 0 for a wallet that nobody knows."""
    wallet = asked_wallet(parameters, needed=True, words=refusing.MISSING_USER)
    total = sum(one.value_micros for one in _asked(exchange, index, parameters))
    return [{"user": wallet, "value": wire.number(total)}]


def holders(exchange: Exchange, index: Index, parameters: Parameters) -> list[object]:
    """`/holders`: of each token of the markets, the largest first. `minBalance` in whole shares."""
    conditions = asked_conditions(exchange, parameters, "market")
    if conditions is None:
        raise BadParameterError("market", "required query param 'market' not provided")
    limit = min(parameters.whole("limit", default=_HOLDERS, least=0), _HOLDERS_MAX)
    least = parameters.amount_micros("minBalance", default=MICROS)
    found = [
        one
        for one in positions(exchange, index, None, conditions)
        if one.size_micros >= max(least, 1)
    ]
    groups: dict[str, list[wire.Body]] = {}
    for one in sort(found, _SORTS["TOKENS"], descending=True):
        group = groups.setdefault(one.token_id, [])
        if len(group) < limit:
            group.append(_holder(one))
    return [{"token": token_id, "holders": group} for token_id, group in groups.items()]


def _asked(exchange: Exchange, index: Index, parameters: Parameters) -> list[Position]:
    wallet = asked_wallet(parameters, needed=True, words=refusing.MISSING_USER)
    conditions = asked_conditions(exchange, parameters, "market")
    return positions(exchange, index, wallet, conditions)


def _sorted(
    found: list[Position], parameters: Parameters, sorts: dict[str, _Key]
) -> list[Position]:
    default = "TOKENS" if sorts is _SORTS else "REALIZEDPNL"
    sort_by = parameters.text("sortBy").upper() or default
    direction = parameters.text("sortDirection").upper()
    if direction not in ("", "ASC", "DESC"):
        raise parameters.bad("sortDirection")
    descending = direction != "ASC"
    if sort_by == "TITLE":
        return sorted(found, key=lambda one: one.market.title, reverse=descending)
    if sort_by not in sorts:
        raise parameters.bad("sortBy")
    return sort(found, sorts[sort_by], descending=descending)


def _position(one: Position) -> wire.Body:
    """The last two keys are there where fees were paid, since August 2026."""
    holding = one.holding
    body: wire.Body = {
        "proxyWallet": one.wallet,
        "asset": one.token_id,
        "conditionId": one.market.condition_id,
        "size": wire.number(one.size_micros),
        "avgPrice": wire.number(holding.average_price_micros),
        "initialValue": wire.number(one.cost_micros),
        "currentValue": wire.number(one.value_micros),
        "cashPnl": wire.number(one.unrealized_micros),
        "percentPnl": wire.number(one.percent_micros),
        "totalBought": wire.number(holding.bought_micros),
        "realizedPnl": wire.number(holding.realized_micros),
        "percentRealizedPnl": wire.number(one.percent_of_all_micros),
        "curPrice": wire.number(one.price_micros),
        "redeemable": one.redeemable,
        "mergeable": one.mergeable,
        "title": one.market.title,
        "slug": one.market.slug,
        "icon": "",
        "eventId": str(one.listed.event_id),
        "eventSlug": one.market.event_slug,
        **_outcomes(one),
        "negativeRisk": one.market.neg_risk,
    }
    if holding.entry_fees_micros:
        body["grossInitialValue"] = wire.number(one.cost_micros + holding.entry_fees_micros)
        body["entryFeesUsdc"] = wire.number(holding.entry_fees_micros)
    return body


def _closed(one: Position) -> wire.Body:
    return {
        "proxyWallet": one.wallet,
        "asset": one.token_id,
        "conditionId": one.market.condition_id,
        "avgPrice": wire.number(one.holding.average_price_micros),
        "totalBought": wire.number(one.holding.bought_micros),
        "realizedPnl": wire.number(one.holding.realized_micros),
        "curPrice": wire.number(one.price_micros),
        "timestamp": one.holding.last_event_s,
        "title": one.market.title,
        "slug": one.market.slug,
        "icon": "",
        "eventSlug": one.market.event_slug,
        **_outcomes(one),
    }


def _outcomes(one: Position) -> wire.Body:
    own, other = one.market.tokens[one.index], one.market.tokens[1 - one.index]
    return {
        "outcome": own.outcome,
        "outcomeIndex": one.index,
        "oppositeOutcome": other.outcome,
        "oppositeAsset": other.token_id,
        "endDate": calendar_day(one.market.ends_at_s),
    }


def _holder(one: Position) -> wire.Body:
    shown = profile(one.wallet)
    return {
        "proxyWallet": one.wallet,
        "bio": "",
        "asset": one.token_id,
        "pseudonym": shown.pseudonym,
        "amount": wire.number(one.size_micros),
        "displayUsernamePublic": True,
        "outcomeIndex": one.index,
        "name": shown.name,
        "profileImage": "",
        "profileImageOptimized": "",
        "verified": False,
    }
