"""Version 2: `/v2/positions` and `/v2/value`."""

from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.data_api import refusing
from polycopy.paper_venue.core.data_api.portfolio import HELD_MICROS, Position, positions, sort
from polycopy.paper_venue.core.data_api.refusing import LIMIT_DEFAULT, LIMIT_MAX, Paging
from polycopy.paper_venue.core.data_api.rows import Index
from polycopy.paper_venue.core.data_api.selecting import (
    asked_conditions,
    asked_wallet,
    asks_for_cash,
)
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.profiles import profile
from polycopy.paper_venue.core.protocol import cursors, wire
from polycopy.paper_venue.core.protocol.instants import calendar_day
from polycopy.paper_venue.core.protocol.parameters import INT64_MAX, BadParameterError, Parameters
from polycopy.schemas.ids import Wallet

STATUSES = ("OPEN", "REDEEMABLE", "REDEEMABLE_LOST", "MERGEABLE", "CLOSED")
_TITLE_MAX = 200
_Key = Callable[[Position], int]
_SORTS: dict[str, _Key] = {
    "CURRENT_VALUE": lambda one: one.value_micros,
    "PRICE": lambda one: one.price_micros,
    "TOKENS": lambda one: one.size_micros,
    "UNREALIZED_PNL": lambda one: one.unrealized_micros,
    "REALIZED_PNL": lambda one: one.holding.realized_micros,
    "TOTAL_PNL": lambda one: one.total_micros,
    "TIMESTAMP": lambda one: one.holding.last_event_s,
}
_RESIDUAL = frozenset({"TOKENS", "CURRENT_VALUE", "PRICE", "UNREALIZED_PNL"})
_DEFAULTS = {"CLOSED": "REALIZED_PNL", "MERGEABLE": "TOKENS"}


class _Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a cursor binds, and the position after which its page begins."""

    status: str
    sort_by: str
    descending: bool
    after: tuple[int, str, str] | None = None


def page(exchange: Exchange, index: Index, parameters: Parameters) -> wire.Body:
    """`/v2/positions` of a wallet, or of one market's holders."""
    wallet = asked_wallet(parameters, needed=False, words="invalid 'user' address")
    conditions = asked_conditions(exchange, parameters, "condition", "condition_id")
    if wallet is None and conditions is None:
        words = "required query param 'user' or 'condition' not provided"
        raise BadParameterError("user", words)
    if wallet is None and (len(conditions or ()) != 1 or "event_id" in parameters):
        raise BadParameterError("condition", "exactly one 'condition' is needed without 'user'")
    paging, order = _resumed(parameters, wallet)
    found = _narrowed(positions(exchange, index, wallet, conditions), order.status, parameters)
    key = _key(order)
    ranked = sort(found, key, descending=order.descending)
    if order.status == "REDEEMABLE":  # Winners stand before losers, whatever the order.
        ranked.sort(key=lambda one: not one.price_micros)
    left = ranked[_next_place(ranked, order, key) :]
    shown = left[: paging.limit]
    cursor = None
    if len(left) > paging.limit:
        last = shown[-1]
        bound = (order.status, order.sort_by, "DESC" if order.descending else "ASC")
        place = (paging.limit, paging.offset + paging.limit, key(last), last.wallet, last.token_id)
        cursor = cursors.written("positions", *bound, *place)
    return refusing.paged([_body(one, order.status) for one in shown], paging, cursor)


def value(exchange: Exchange, index: Index, parameters: Parameters) -> wire.Body:
    """`/v2/value`: one object, of 0 for a wallet that nobody knows."""
    wallet = asked_wallet(parameters, needed=True, words=refusing.MISSING_USER)
    conditions = asked_conditions(exchange, parameters, "condition", "condition_id")
    held = positions(exchange, index, wallet, conditions)
    total = sum(one.value_micros for one in held)
    return refusing.enveloped({"proxy_wallet": wallet, "value": wire.number(total)})


def _resumed(parameters: Parameters, wallet: Wallet | None) -> tuple[Paging, _Order]:
    """The cursor is the authority; saying again what it binds is allowed, contradicting it not."""
    if "offset" in parameters:
        raise refusing.offset_refused()
    status = parameters.text("status").upper()
    sort_by = parameters.text("sort_by").upper()
    direction = parameters.text("sort_direction").upper()
    if status and status not in STATUSES:
        raise BadParameterError("status", f"invalid position status: {status[:80]}")
    if sort_by and sort_by not in _SORTS:
        raise BadParameterError("sort_by", f"invalid position sortBy: {sort_by[:80]}")
    if direction not in ("", "ASC", "DESC"):
        raise BadParameterError("sort_direction", "sortDirection must be ASC or DESC")
    if status == "REDEEMABLE_LOST" and wallet is None:
        raise BadParameterError("status", "REDEEMABLE_LOST requires 'user'")
    limit = parameters.whole("limit", default=0, least=0, most=LIMIT_MAX) or LIMIT_DEFAULT
    cursor = parameters.text("cursor")
    if not cursor:
        status = status or "OPEN"
        sort_by = sort_by or _DEFAULTS.get(status, "CURRENT_VALUE")
        return Paging(limit=limit), _Order(
            status=status, sort_by=sort_by, descending=direction != "ASC"
        )
    bound = cursors.read("positions", cursor)
    then = tuple(map(str, bound[:3]))
    said = (status, sort_by, direction)
    if any(word and word != held for word, held in zip(said, then, strict=True)):
        raise BadParameterError("cursor", "invalid cursor")
    after = (int(bound[5]), str(bound[6]), str(bound[7]))
    order = _Order(status=then[0], sort_by=then[1], descending=then[2] == "DESC", after=after)
    return Paging(limit=int(bound[3]), offset=int(bound[4])), order


def _narrowed(found: list[Position], status: str, parameters: Parameters) -> list[Position]:
    title = parameters.text("title").strip().lower()
    if len(title) > _TITLE_MAX:
        raise BadParameterError("title", f"title must be at most {_TITLE_MAX} characters")
    if parameters.flag("include_archived") and status == "CLOSED":
        raise BadParameterError("include_archived", "include_archived is invalid with CLOSED")
    start_s = parameters.whole("start", default=0, least=0)
    end_s = parameters.whole("end", default=0, least=0) or INT64_MAX
    least, cash = _floor(parameters)
    return [
        one
        for one in found
        if _has(one, status, HELD_MICROS if cash or status == "CLOSED" else least)
        and (not cash or one.value_micros >= least)
        and title in one.market.title.lower()
        and start_s <= one.holding.last_event_s <= end_s
    ]


def _floor(parameters: Parameters) -> tuple[int, bool]:
    """A floor that does not read is the default here, as the API says of itself."""
    cash = asks_for_cash(parameters, "filter_type")
    default = 0 if cash else HELD_MICROS
    try:
        return parameters.amount_micros("filter_amount", default=default), cash
    except BadParameterError:
        return default, cash


def _has(one: Position, status: str, least_micros: int) -> bool:
    """OPEN has everything that is held, REDEEMABLE ones too."""
    held = one.size_micros >= max(least_micros, 1)
    match status:
        case "REDEEMABLE":
            return held and one.redeemable
        case "REDEEMABLE_LOST":
            return held and one.redeemable and not one.price_micros
        case "MERGEABLE":
            return held and one.mergeable
        case "CLOSED":
            return not held and one.holding.bought_micros > 0
        case _:
            return held


def _key(order: _Order) -> _Key:
    """Of what is gone nothing is left to sort by but the gain."""
    if order.status == "CLOSED" and order.sort_by in _RESIDUAL:
        return _SORTS["REALIZED_PNL"]
    return _SORTS[order.sort_by]


def _next_place(ranked: list[Position], order: _Order, key: _Key) -> int:
    """Where the page begins: after the position that ended the last one, or where it would be."""
    if order.after is None:
        return 0
    rank, wallet, token_id = order.after
    for place, one in enumerate(ranked):
        if (one.wallet, one.token_id) == (wallet, token_id):
            return place + 1
    before = [key(one) > rank if order.descending else key(one) < rank for one in ranked]
    return sum(before)


def _body(one: Position, asked: str) -> wire.Body:
    holding = one.holding
    return {
        "proxy_wallet": one.wallet,
        "token_id": one.token_id,
        "condition_id": one.market.condition_id,
        "current_size": wire.number(one.size_micros),
        "avg_price": wire.number(holding.average_price_micros),
        "entry_cost_usdc": wire.number(one.cost_micros),
        "entry_fees_usdc": wire.number(holding.entry_fees_micros),
        "total_cost_usdc": wire.number(one.cost_micros + holding.entry_fees_micros),
        "current_price": wire.number(one.price_micros),
        "current_value": wire.number(one.value_micros),
        "total_size": wire.number(holding.bought_micros),
        "realized_pnl": wire.number(holding.realized_micros),
        "unrealized_pnl": wire.number(one.unrealized_micros),
        "total_pnl": wire.number(one.total_micros),
        "percent_pnl": wire.number(one.percent_micros),
        "percent_realized_pnl": wire.number(one.percent_of_all_micros),
        "status": "CLOSED" if asked == "CLOSED" else "REDEEMABLE" if one.redeemable else "OPEN",
        "redeemable": one.redeemable,
        "mergeable": one.mergeable,
        **_descent(one),
        "last_event_at": holding.last_event_s,
        "first_entry_at": holding.first_entry_s,
        "name": profile(one.wallet).name,
        "profile_image": "",
        "verified": False,
    }


def _descent(one: Position) -> wire.Body:
    """The market and outcome that it is a position of."""
    market = one.market
    own, other = market.tokens[one.index], market.tokens[1 - one.index]
    return {
        "negative_risk": market.neg_risk,
        "archived": False,
        "title": market.title,
        "slug": market.slug,
        "icon": "",
        "event_id": str(one.listed.event_id),
        "event_slug": market.event_slug,
        "outcome": own.outcome,
        "outcome_index": one.index,
        "opposite_outcome": other.outcome,
        "opposite_token_id": other.token_id,
        "end_date": calendar_day(market.ends_at_s),
    }
