"""The venue's JSON, as research sections 2 and 3 have it: numbers are texts, the worst price of a
book comes first, seconds and milliseconds where the venue has them."""

import msgspec

from polycopy.paper_venue.core.engine.exchange import Trade
from polycopy.paper_venue.core.engine.facts import Leg
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.engine.orders import Order
from polycopy.paper_venue.core.engine.placing import Placed
from polycopy.paper_venue.core.protocol.instants import rfc3339
from polycopy.schemas.money import Side, decimal_text

encode = msgspec.json.Encoder().encode
Body = dict[str, object]
_PPM = 1_000_000
_MS = 1000
_NS = 1000


def number(value_micros: int) -> msgspec.Raw:
    """A JSON number without a float in between."""
    return msgspec.Raw(decimal_text(value_micros).encode())


def error(text: str) -> bytes:
    return encode({"error": text})


def seconds(at_us: int) -> str:
    return str(at_us // _PPM)


def milliseconds(at_us: int) -> str:
    return str(at_us // _MS)


def clob_market(market: Market) -> Body:
    """`GET /clob-markets/{condition_id}`: the venue's short names."""
    started = {"gst": rfc3339(market.game_starts_at_s)} if market.game_starts_at_s else {}
    return {
        "c": market.condition_id,
        "t": [{"t": token.token_id, "o": token.outcome} for token in market.tokens],
        "mos": number(market.minimum_size_micros),
        "mts": number(market.tick_size_micros),
        "mbf": market.legacy_fee_bps,
        "tbf": market.legacy_fee_bps,
        **started,
        "nr": market.neg_risk,
        "ao": market.accepting,
        "aot": rfc3339(market.created_at_s),
        "cbos": bool(market.game_starts_at_s),
        "itode": market.itode,
        "sd": market.delay_s,
        "v": f"v{market.version}",
        "fd": {"r": number(market.fee.rate_ppm), "e": market.fee.exponent, "to": True},
    }


def post_answer(placed: Placed, order_id: str, side: Side) -> Body:
    """`POST /order` that was taken. Since 2026-07-24 without `transactionsHashes`."""
    legs = [trade.taker for trade in placed.trades]
    paid = sum(leg.notional_micros for leg in legs)
    shares = sum(leg.size_micros for leg in legs)
    making, taking = (paid, shares) if side is Side.BUY else (shares, paid)
    body: Body = {
        "errorMsg": "",
        "orderID": order_id,
        "takingAmount": decimal_text(taking) if legs else "",
        "makingAmount": decimal_text(making) if legs else "",
        "status": _status(placed),
        "success": True,
    }
    if legs:
        body["tradeIDs"] = [trade.trade_id for trade in placed.trades]
    return body


def _status(placed: Placed) -> str:
    if placed.trades:
        return "matched"
    if placed.delayed:
        return "delayed"
    return "unmatched" if placed.unmatched else "live"


def refused_leg(text: str) -> Body:
    """One order of `POST /orders` that was not taken."""
    return {
        "errorMsg": text,
        "orderID": "",
        "takingAmount": "",
        "makingAmount": "",
        "status": "",
        "success": False,
    }


def post_only_leg(text: str) -> Body:
    """The same in post-only mode, where the venue calls it a success."""
    return {**refused_leg(text), "success": True}


def order(held: Order, market: Market) -> Body:
    """`GET /data/order/{id}` and the rows of `GET /data/orders`."""
    terms = held.terms
    return {
        "id": terms.order_id,
        "status": held.status.value,
        "owner": terms.owner,
        "maker_address": terms.maker,
        "market": market.condition_id,
        "asset_id": terms.token_id,
        "side": terms.side.value,
        "original_size": decimal_text(terms.size_micros),
        "size_matched": decimal_text(held.filled_size_micros),
        "price": decimal_text(terms.price_micros),
        "outcome": market.tokens[terms.index].outcome,
        "expiration": str(terms.expiration_s),
        "order_type": terms.order_type.value,
        "associate_trades": list(held.trade_ids),
        "created_at": held.accepted_at_us // _PPM,
    }


def order_message(held: Order, market: Market, kind: str, at_us: int) -> Body:
    """The user channel's `order`, in the order of a message recorded in 2026. A killed FOK comes
    with empty texts and its reason as status."""
    killed = bool(held.reason)
    rest = order(held, market)
    return {
        "id": rest["id"],
        "owner": rest["owner"],
        "market": rest["market"],
        "asset_id": rest["asset_id"],
        "side": rest["side"],
        "order_owner": rest["owner"],
        "original_size": rest["original_size"],
        "size_matched": "" if killed else rest["size_matched"],
        "price": rest["price"],
        "associate_trades": rest["associate_trades"],
        "outcome": "" if killed else rest["outcome"],
        "type": kind,
        "created_at": "" if killed else seconds(held.accepted_at_us),
        "expiration": rest["expiration"],
        "order_type": rest["order_type"],
        "status": f"CANCELED_{held.reason}" if killed else rest["status"],
        "maker_address": rest["maker_address"],
        "timestamp": milliseconds(at_us),
        "event_type": "order",
    }


def trade(held: Trade, market: Market, owner: str) -> Body:
    """The rows of `GET /data/trades`: the head is the taker's, whoever asks."""
    matched, taker = held.matched, held.matched.taker
    return {
        "id": matched.trade_id,
        "taker_order_id": taker.order_id,
        "market": matched.condition_id,
        "asset_id": taker.token_id,
        "side": taker.side.value,
        "size": decimal_text(taker.size_micros),
        "fee_rate_bps": str(market.legacy_fee_bps),
        "price": decimal_text(taker.price_micros),
        "status": held.status.value,
        "match_time": seconds(matched.at_us),
        "match_time_nano": str(matched.at_us * _NS),
        "last_update": seconds(held.updated_at_us),
        "outcome": taker.outcome,
        "bucket_index": 0,
        "owner": taker.owner,
        "maker_address": taker.address,
        "transaction_hash": held.transaction_hash,
        "err_msg": "",
        "maker_orders": [_maker_order(leg) for leg in matched.makers],
        "trader_side": "TAKER" if taker.owner == owner else "MAKER",
    }


def trade_message(held: Trade, market: Market, owner: str) -> Body:
    """The user channel's `trade`."""
    return {
        **trade(held, market, owner),
        "event_type": "trade",
        "type": "TRADE",
        "trade_owner": held.matched.taker.owner,
        "timestamp": milliseconds(held.updated_at_us),
    }


def _maker_order(leg: Leg) -> Body:
    return {
        "order_id": leg.order_id,
        "owner": leg.owner,
        "maker_address": leg.address,
        "matched_amount": decimal_text(leg.size_micros),
        "price": decimal_text(leg.price_micros),
        "fee_rate_bps": "0",
        "asset_id": leg.token_id,
        "outcome": leg.outcome,
        "side": leg.side.value,
    }
