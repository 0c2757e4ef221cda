"""A book as the venue writes it: numbers are texts, the worst price comes first, and `hash` is the
SHA-1 of the compact body with an empty `hash` in it. Source: `generate_orderbook_summary_hash` of
py-clob-client-v2; recorded answers, dumps and price changes of 2026 recompute with it.
"""

import hashlib

import msgspec

from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange, ladder_of
from polycopy.paper_venue.core.engine.market import own_price
from polycopy.paper_venue.core.protocol.wire import Body, encode, milliseconds
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import decimal_text
from polycopy.schemas.terms import Level

_TRADE_DECIMALS = 3


def book(exchange: Exchange, token_id: TokenId) -> Body | None:
    """`GET /book`. None for a token that no market has."""
    held = exchange.book_of(token_id)
    ladder = ladder_of(exchange, token_id)
    if held is None or ladder is None:
        return None
    return body(held, token_id, _levels(ladder.bids), _levels(ladder.asks))


def body(
    held: Book, token_id: TokenId, bids: list[Body] | msgspec.Raw, asks: list[Body] | msgspec.Raw
) -> Body:
    """The body around a token's levels, worst price first, with its hash."""
    content: Body = {
        "market": held.market.condition_id,
        "asset_id": token_id,
        "timestamp": milliseconds(held.at_us),
        "hash": "",
        "bids": bids,
        "asks": asks,
        "min_order_size": decimal_text(held.market.minimum_size_micros),
        "tick_size": decimal_text(held.market.tick_size_micros),
        "neg_risk": held.market.neg_risk,
        "last_trade_price": last_trade_price(held),
    }
    content["hash"] = hashlib.sha1(encode(content), usedforsecurity=False).hexdigest()
    return content


def last_trade_price(held: Book) -> str:
    """The price of the market's last trade in the terms of the token that was traded, in the books
    of both tokens, with three decimals at least; empty before the first. So recorded in 2026."""
    if not held.last_price_micros:
        return ""
    text = decimal_text(own_price(held.last_index, held.last_price_micros))
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction.ljust(_TRADE_DECIMALS, '0')}"


def level(price_micros: int, size_micros: int) -> Body:
    return {"price": decimal_text(price_micros), "size": decimal_text(size_micros)}


def _levels(levels: tuple[Level, ...]) -> list[Body]:
    return [level(each.price_micros, each.size_micros) for each in reversed(levels)]
