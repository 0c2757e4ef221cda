"""What the answers to a look for our own orders, trades and balances prove: `GET /data/order/{id}`,
`GET /data/orders`, `GET /data/trades` and `GET /balance-allowance`.

A denial frees money, so only the venue's own words are one: 200 with `null` or with nothing, and
404 with `Order not found` as its JSON error. A page of a gateway, an object without its fields, a
list without its end: whoever sent them did not say that there is nothing.
Source: the venue's OpenAPI document (404), and what nautilus reports of ended orders (`null`, "").
"""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.clob import (
    Page,
    parse_balance_micros,
    parse_order,
    parse_orders,
    parse_trades,
)
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import VenueOrderId

_OK = 200
_DENIAL = "order not found"
_RAW_MAX = 500


class NoOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The venue says that it holds no such order. It never proves that there was none."""


def read_order(
    http_status: int, body: bytes, asked: VenueOrderId
) -> OrderReport | NoOrder | Unreadable:
    """What is known of the order `asked` after this answer. Never raises."""
    match http_status:
        case 200 if body.strip() in (b"", b"null"):
            return NoOrder()
        case 200:
            return _the_one(parse_order(body), body, asked)
        case 404 if _denies(body):
            return NoOrder()
        case _:
            return _strange(http_status, body)


def read_orders(http_status: int, body: bytes) -> Page[OrderReport] | Unreadable:
    """One page of our open orders. Never raises."""
    return parse_orders(body) if http_status == _OK else _strange(http_status, body)


def read_trades(http_status: int, body: bytes) -> Page[TradeReport] | Unreadable:
    """One page of our trades. Never raises."""
    return parse_trades(body) if http_status == _OK else _strange(http_status, body)


def read_balance(http_status: int, body: bytes) -> int | Unreadable:
    """What the wallet holds, in micros. Never raises."""
    return parse_balance_micros(body) if http_status == _OK else _strange(http_status, body)


def _the_one(
    told: OrderReport | Unreadable, body: bytes, asked: VenueOrderId
) -> OrderReport | Unreadable:
    """The order's id is the hash of its content: with another id it is another order."""
    if isinstance(told, OrderReport) and told.venue_order_id != asked.lower():
        return Unreadable(reason="another order than was asked for", raw=body[:_RAW_MAX])
    return told


def _denies(body: bytes) -> bool:
    try:
        words = wire.text(wire.an_object(wire.document(body)), "error")
    except wire.MisfitError:
        return False
    return words.strip().lower().startswith(_DENIAL)


def _strange(http_status: int, body: bytes) -> Unreadable:
    return Unreadable(reason=f"status {http_status}", raw=body[:_RAW_MAX])
