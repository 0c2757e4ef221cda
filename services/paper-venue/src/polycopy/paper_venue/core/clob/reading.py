"""The venue's GET endpoints as functions of the exchange: a body, or the venue's "no"."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange, Trade
from polycopy.paper_venue.core.engine.market import Market, own_price
from polycopy.paper_venue.core.engine.orders import Order
from polycopy.paper_venue.core.protocol import book_body, wire
from polycopy.paper_venue.core.protocol.messages import Reply
from polycopy.polymarket.order_hash import EXCHANGE_V2, EXCHANGE_V3, NEG_RISK_EXCHANGE_V2
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.money import Side, decimal_text

Query = Mapping[str, str]
Found = TypeVar("Found")

PAGE = 300
COLLATERAL = "COLLATERAL"
_FIRST = "MA=="
_END = "LTE="
_SECONDS = re.compile("[0-9]{0,18}")
_TRADE_FILTERS = ("market", "asset_id", "maker_address", "before", "after")
_UNLIMITED = str(2**256 - 1)


def listed(exchange: Exchange, token_id: TokenId) -> Book | None:
    """The book of a token. None where no market has it, or the engine does not know it yet."""
    held = exchange.book_of(token_id)
    return held if held is not None and held.market.ready else None


def traded(exchange: Exchange, token_id: TokenId) -> Book | None:
    """The same of a market that is not resolved: there is no order book any more after that."""
    held = listed(exchange, token_id)
    return None if held is None or held.market.resolved else held


def book(exchange: Exchange, query: Query) -> Reply:
    known = traded(exchange, _token(query)) is not None
    found = book_body.book(exchange, _token(query)) if known else None
    return refusals.NO_BOOK if found is None else found


def books(exchange: Exchange, token_ids: Sequence[str]) -> list[object]:
    """Of a token that is named twice once for each; nothing for one that has no order book."""
    known = (token for each in token_ids if traded(exchange, token := TokenId(each)))
    return [book_body.book(exchange, token) for token in known]


def price(exchange: Exchange, query: Query) -> Reply:
    """Best price of the side that is named: `BUY` reads the bids."""
    side = query.get("side", "").upper()
    if traded(exchange, _token(query)) is None:
        return refusals.NO_BOOK
    if side not in Side.__members__:
        return refusals.INVALID_QUERY
    bid, ask = best(exchange, _token(query))
    shown = bid if side == Side.BUY else ask
    return {"price": decimal_text(shown or 0)}


def midpoint(exchange: Exchange, query: Query) -> Reply:
    both = two_sided(exchange, _token(query))
    return refusals.NO_BOOK if both is None else {"mid": decimal_text(sum(both) // 2)}


def spread(exchange: Exchange, query: Query) -> Reply:
    both = two_sided(exchange, _token(query))
    return refusals.NO_BOOK if both is None else {"spread": decimal_text(both[1] - both[0])}


def last_trade_price(exchange: Exchange, query: Query) -> Reply:
    token_id = _token(query)
    held = listed(exchange, token_id)
    if held is None:
        return refusals.NO_BOOK
    if not held.last_price_micros:
        return {"price": "0.5", "side": ""}
    own = own_price(held.market.index(token_id), held.last_price_micros)
    return {"price": decimal_text(own), "side": held.last_side}


def tick_size(exchange: Exchange, query: Query) -> Reply:
    held = listed(exchange, _token(query))
    if held is None:
        return refusals.MARKET_NOT_FOUND
    return {"minimum_tick_size": wire.number(held.market.tick_size_micros)}


def neg_risk(exchange: Exchange, query: Query) -> Reply:
    held = listed(exchange, _token(query))
    return refusals.MARKET_NOT_FOUND if held is None else {"neg_risk": held.market.neg_risk}


def fee_rate(exchange: Exchange, query: Query) -> Reply:
    held = listed(exchange, _token(query))
    return refusals.MARKET_NOT_FOUND if held is None else {"base_fee": held.market.legacy_fee_bps}


def market_by_token(exchange: Exchange, token_id: str) -> Reply:
    held = listed(exchange, TokenId(token_id))
    if held is None:
        return refusals.MARKET_NOT_FOUND
    first, second = held.market.tokens
    return {
        "condition_id": held.market.condition_id,
        "primary_token_id": first.token_id,
        "secondary_token_id": second.token_id,
    }


def clob_market(exchange: Exchange, condition_id: str) -> Reply:
    held = exchange.books.get(ConditionId(condition_id.lower()))
    if held is None or not held.market.ready:
        return refusals.MARKET_NOT_FOUND
    return wire.clob_market(held.market)


def order(exchange: Exchange, owner: str, order_id: str) -> Reply:
    """Live and ended orders of the caller; somebody else's is not found."""
    held = exchange.orders.get(VenueOrderId(order_id.lower()))
    if held is None or held.terms.owner != owner:
        return refusals.ORDER_NOT_FOUND
    return wire.order(held, _market(exchange, held))


def orders(exchange: Exchange, owner: str, query: Query) -> Reply:
    """Open orders only. An `id` costs one look; without a filter only what is shown is read."""
    working = exchange.orders_of.get(owner, {})
    wanted = VenueOrderId(query.get("id", "").lower())
    ids = [wanted] if wanted in working else [] if wanted else list(working)
    if query.get("market") or query.get("asset_id"):
        ids = [each for each in ids if _asked(exchange, exchange.orders[each], query)]

    def body(order_id: VenueOrderId) -> wire.Body:
        held = exchange.orders[order_id]
        return wire.order(held, _market(exchange, held))

    return page(ids, body, query)


def trades(exchange: Exchange, owner: str, query: Query) -> Reply:
    """The caller's trades, newest first. `asset_id` filters the taker's token, as at the venue. An
    `id` costs one look; without a filter only what is shown is read."""
    limits = (query.get("before", ""), query.get("after", ""))
    if not all(_SECONDS.fullmatch(limit) for limit in limits):
        return refusals.INVALID_QUERY
    wanted = VenueTradeId(query.get("id", ""))
    ids = [wanted] if wanted else exchange.trades_of.get(owner, [])[::-1]
    if wanted and not _has_part(exchange.trades.get(wanted), owner):
        ids = []
    if any(query.get(name) for name in _TRADE_FILTERS):
        ids = [each for each in ids if _wanted(exchange.trades[each], query)]

    def body(trade_id: VenueTradeId) -> wire.Body:
        held = exchange.trades[trade_id]
        return wire.trade(held, exchange.books[held.matched.condition_id].market, owner)

    return page(ids, body, query)


def _has_part(held: Trade | None, owner: str) -> bool:
    """A stranger's leg has an owner too, who is nobody."""
    legs = () if held is None else (held.matched.taker, *held.matched.makers)
    return any(leg.owner == owner and not leg.stranger for leg in legs)


def _asked(exchange: Exchange, held: Order, query: Query) -> bool:
    terms = held.terms
    market = query.get("market", "").lower()
    return market in ("", exchange.conditions[terms.token_id]) and (
        query.get("asset_id") in (None, "", terms.token_id)
    )


def _wanted(held: Trade, query: Query) -> bool:
    matched = held.matched
    at_s = matched.at_us // 1_000_000
    before, after = query.get("before", ""), query.get("after", "")
    if (before and at_s >= int(before)) or (after and at_s <= int(after)):
        return False
    maker = query.get("maker_address", "").lower()
    return (
        query.get("market", "").lower() in ("", matched.condition_id)
        and query.get("asset_id") in (None, "", matched.taker.token_id)
        and (not maker or maker in {leg.address for leg in (matched.taker, *matched.makers)})
    )


def balance(exchange: Exchange, address: Wallet | None, query: Query) -> Reply:
    """Paper money, and the same allowance for every exchange contract: without end, unless the
    wallet was given another. 0 for a wallet that nobody knows, and for what a ghost fill left owed:
    a chain has no debts."""
    account = None if address is None else exchange.accounts.get(address)
    kind = query.get("asset_type", "")
    if kind not in (COLLATERAL, "CONDITIONAL", "CONDITIONAL-V2"):
        return refusals.INVALID_QUERY
    held = 0
    if account is not None:
        token_id = TokenId(query.get("token_id", ""))
        cash = account.cash_micros
        held = cash if kind == COLLATERAL else account.shares.get(token_id, 0)
    limit = None if account is None else account.allowance_micros
    allowance = _UNLIMITED if limit is None else str(limit)
    spenders = (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)
    return {
        "balance": str(max(held, 0)),
        "allowances": {spender.address: allowance for spender in spenders},
    }


def _market(exchange: Exchange, held: Order) -> Market:
    return exchange.books[exchange.conditions[held.terms.token_id]].market


def _token(query: Query) -> TokenId:
    return TokenId(query.get("token_id", ""))


def best(exchange: Exchange, token: str) -> tuple[int | None, int | None]:
    """Best bid and best ask of a token; of one that has no order book there are none."""
    held = traded(exchange, TokenId(token))
    return (None, None) if held is None else held.best(held.market.index(TokenId(token)))


def two_sided(exchange: Exchange, token: str) -> tuple[int, int] | None:
    bid, ask = best(exchange, token)
    return None if bid is None or ask is None else (bid, ask)


def page(found: Sequence[Found], body: Callable[[Found], wire.Body], query: Query) -> Reply:
    """One page of a list, from `next_cursor` on; only what is on it is written."""
    start = _offset(query.get("next_cursor") or _FIRST)
    if start is None:
        return refusals.INVALID_QUERY
    part = [body(each) for each in found[start : start + PAGE]]
    end = start + len(part)
    more = base64.b64encode(str(end).encode()).decode() if end < len(found) else _END
    return {"limit": PAGE, "count": len(part), "next_cursor": more, "data": part}


def _offset(cursor: str) -> int | None:
    """The end cursor reads as an empty page."""
    if cursor == _END:
        return 2**62
    try:
        place = int(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        return None
    return place if place >= 0 else None
