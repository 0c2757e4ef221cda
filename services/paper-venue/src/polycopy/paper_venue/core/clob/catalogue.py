"""The CLOB's own list of markets (`/markets`, `/simplified-markets`, …) and quotes of many tokens.

Names and types as recorded in April 2026; `tokens[].winner` says how a market was resolved.
"""

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.clob import reading
from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.market import Market, own_price
from polycopy.paper_venue.core.gamma import identities
from polycopy.paper_venue.core.gamma.catalogue import event_slug
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.instants import rfc3339
from polycopy.paper_venue.core.protocol.messages import Reply
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import MICROS, Side, decimal_text

_HALF = MICROS // 2


def market(exchange: Exchange, condition_id: str) -> Reply:
    """`GET /markets/{condition_id}`."""
    held = exchange.books.get(ConditionId(condition_id.lower()))
    return refusals.MARKET_NOT_FOUND if held is None else _market(held)


def markets(exchange: Exchange, query: reading.Query) -> Reply:
    return reading.page(list(exchange.books.values()), _market, query)


def sampling_markets(exchange: Exchange, query: reading.Query) -> Reply:
    """Those that pay rewards at the venue; here: all that take orders."""
    return reading.page(_open(exchange), _market, query)


def simplified_markets(exchange: Exchange, query: reading.Query) -> Reply:
    return reading.page(list(exchange.books.values()), _simplified, query)


def sampling_simplified_markets(exchange: Exchange, query: reading.Query) -> Reply:
    return reading.page(_open(exchange), _simplified, query)


def midpoints(exchange: Exchange, token_ids: list[str]) -> Reply:
    """By token. A token without both sides is left out."""
    found = {token: reading.two_sided(exchange, token) for token in token_ids}
    return {token: decimal_text(sum(both) // 2) for token, both in found.items() if both}


def spreads(exchange: Exchange, token_ids: list[str]) -> Reply:
    found = {token: reading.two_sided(exchange, token) for token in token_ids}
    return {token: decimal_text(both[1] - both[0]) for token, both in found.items() if both}


def prices(exchange: Exchange, wanted: list[tuple[str, str]]) -> Reply:
    """By token and side; a side on which nobody stands is left out."""
    told: dict[str, object] = {}
    for token, side in wanted:
        bid, ask = reading.best(exchange, token)
        price = bid if side == Side.BUY else ask
        if price is not None:
            known = told.get(token)
            sides = known if isinstance(known, dict) else {}
            told[token] = {**sides, side: decimal_text(price)}
    return told


def last_trades_prices(exchange: Exchange, token_ids: list[str]) -> Reply:
    """Tokens that were never traded are left out."""
    rows: list[object] = []
    for token in token_ids:
        held = reading.listed(exchange, TokenId(token))
        if held is not None and held.last_price_micros:
            own = own_price(held.market.index(TokenId(token)), held.last_price_micros)
            rows.append({"price": decimal_text(own), "side": held.last_side, "token_id": token})
    return rows


def _open(exchange: Exchange) -> list[Book]:
    held = exchange.books.values()
    return [book for book in held if book.market.accepting and not book.market.resolved]


def _market(held: Book) -> wire.Body:
    told = held.market
    return {
        "enable_order_book": not told.resolved,
        "active": True,
        "closed": told.resolved,
        "archived": False,
        "accepting_orders": told.accepting and told.ready,
        "accepting_order_timestamp": _iso(told.created_at_s),
        "minimum_order_size": wire.number(told.minimum_size_micros),
        "minimum_tick_size": wire.number(told.tick_size_micros),
        "condition_id": told.condition_id,
        "question_id": identities.question_id(told.condition_id),
        "question": told.title,
        "description": told.title,
        "market_slug": told.slug,
        "end_date_iso": _iso(told.ends_at_s),
        "game_start_time": _iso(told.game_starts_at_s),
        "seconds_delay": told.delay_s,
        "fpmm": "",
        "maker_base_fee": told.legacy_fee_bps,
        "taker_base_fee": told.legacy_fee_bps,
        "notifications_enabled": True,
        "neg_risk": told.neg_risk,
        "neg_risk_market_id": _neg_risk_market_id(told),
        "neg_risk_request_id": "",
        "icon": "",
        "image": "",
        "rewards": {"rates": None, "min_size": 0, "max_spread": 0},
        "is_50_50_outcome": _even(told),
        "tokens": _tokens(held),
        "tags": list(told.tags),
    }


def _simplified(held: Book) -> wire.Body:
    told = held.market
    return {
        "condition_id": told.condition_id,
        "rewards": {"rates": None, "min_size": 0, "max_spread": 0},
        "tokens": _tokens(held),
        "active": True,
        "closed": told.resolved,
        "archived": False,
        "accepting_orders": told.accepting and told.ready,
    }


def _tokens(held: Book) -> list[wire.Body]:
    """The price is what the token paid, or its midpoint, or even odds where nobody says."""
    rows: list[wire.Body] = []
    for index, token in enumerate(held.market.tokens):
        bid, ask = held.best(index)
        price = _HALF if bid is None or ask is None else (bid + ask) // 2
        paid = (token.payout_micros or 0) if held.market.resolved else None
        rows.append(
            {
                "token_id": token.token_id,
                "outcome": token.outcome,
                "price": wire.number(price if paid is None else paid),
                "winner": paid == MICROS,
            }
        )
    return rows


def _neg_risk_market_id(told: Market) -> str:
    return identities.neg_risk_market_id(event_slug(told)) if told.neg_risk else ""


def _even(told: Market) -> bool:
    return told.resolved and told.tokens[0].payout_micros == _HALF


def _iso(at_s: int) -> str | None:
    return rfc3339(at_s) if at_s else None
