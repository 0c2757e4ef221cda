"""Answers of the CLOB's REST interface. Every `parse_*` returns its struct or Unreadable."""

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from polycopy.polymarket import reports, wire
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import FeeCurve, Level

FIRST_CURSOR = "MA=="
LAST_CURSOR = "LTE="
_EXPONENT_MAX = 4
Answer = TypeVar("Answer")


class BookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /book`. The levels in the venue's order, which is worst first: sort before use.

    `tick_size_micros` and `minimum_size_micros` are 0 where the answer does not name them.
    """

    condition_id: ConditionId
    token_id: TokenId
    at_ms: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    tick_size_micros: int = 0
    minimum_size_micros: int = 0
    neg_risk: bool = False
    hash: str = ""


class MarketToken(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome of a market."""

    token_id: TokenId
    outcome: str


class ClobMarket(msgspec.Struct, frozen=True, kw_only=True):
    """`GET /clob-markets/{condition}`. What the answer leaves out is false or 0.

    `taker_delayed`: orders that take wait some 150 ms (or `delay_s` seconds) and cannot be
    cancelled meanwhile.
    """

    condition_id: ConditionId
    tokens: tuple[MarketToken, ...]
    tick_size_micros: int
    minimum_size_micros: int
    fee: FeeCurve
    neg_risk: bool = False
    accepting_orders: bool = False
    taker_delayed: bool = False
    delay_s: int = 0
    version: str = ""


class Page(msgspec.Struct, Generic[Answer], frozen=True, kw_only=True):
    """One page; `next_cursor` is LAST_CURSOR at the end. Rows that could not be read are counted
    in `unreadable`: a page with some is no proof that something does not exist."""

    rows: tuple[Answer, ...]
    next_cursor: str
    unreadable: tuple[Unreadable, ...] = ()


def parse_book(body: bytes) -> BookAnswer | Unreadable:
    return _parse(body, book)


def parse_clob_market(body: bytes) -> ClobMarket | Unreadable:
    return _parse(body, _clob_market)


def parse_order(body: bytes) -> OrderReport | Unreadable:
    return _parse(body, reports.order_report)


def parse_orders(body: bytes) -> Page[OrderReport] | Unreadable:
    return _parse(body, lambda source: _page(source, reports.order_report))


def parse_trades(body: bytes) -> Page[TradeReport] | Unreadable:
    return _parse(body, lambda source: _page(source, reports.trade_report))


def parse_balance_micros(body: bytes) -> int | Unreadable:
    """`GET /balance-allowance`: the balance, already in micros on the wire."""
    return _parse(body, lambda source: wire.whole(source, "balance"))


def parse_time_s(body: bytes) -> int | Unreadable:
    """`GET /time`: a bare integer of seconds."""
    try:
        return wire.whole({"time": wire.document(body)}, "time")
    except wire.MisfitError as error:
        return wire.unreadable(error, body)


def book(source: wire.Object) -> BookAnswer:
    """Raises wire.MisfitError. The market channel's `book` message has the same shape."""
    return BookAnswer(
        condition_id=wire.condition_id(source, "market"),
        token_id=wire.token_id(source, "asset_id"),
        at_ms=wire.time_ms(source, "timestamp"),
        bids=_levels(source, "bids"),
        asks=_levels(source, "asks"),
        tick_size_micros=wire.amount(source, "tick_size", default=0),
        minimum_size_micros=wire.amount(source, "min_order_size", default=0),
        neg_risk=wire.flag(source, "neg_risk"),
        hash=wire.text(source, "hash", default=""),
    )


def _parse(body: bytes, read: Callable[[wire.Object], Answer]) -> Answer | Unreadable:
    try:
        return read(wire.an_object(wire.document(body)))
    except wire.MisfitError as error:
        return wire.unreadable(error, body)


def _levels(source: wire.Object, name: str) -> tuple[Level, ...]:
    listed = (wire.an_object(level, name) for level in wire.a_list(source.get(name), name))
    return tuple(
        Level(price_micros=wire.price(level, "price"), size_micros=wire.amount(level, "size"))
        for level in listed
    )


def _clob_market(source: wire.Object) -> ClobMarket:
    tokens = (wire.an_object(token, "a token") for token in wire.a_list(source.get("t"), "t"))
    return ClobMarket(
        condition_id=wire.condition_id(source, "c"),
        tokens=tuple(
            MarketToken(
                token_id=wire.token_id(token, "t"), outcome=wire.text(token, "o", default="")
            )
            for token in tokens
        ),
        tick_size_micros=wire.amount(source, "mts"),
        minimum_size_micros=wire.amount(source, "mos", default=0),
        fee=fee_curve(wire.an_object(source.get("fd") or {}, "fd"), "r", "e"),
        neg_risk=wire.flag(source, "nr"),
        accepting_orders=wire.flag(source, "ao"),
        taker_delayed=wire.flag(source, "itode"),
        delay_s=wire.whole(source, "sd", default=0),
        version=wire.text(source, "v", default=""),
    )


def fee_curve(source: wire.Object, rate: str, exponent: str) -> FeeCurve:
    """Raises wire.MisfitError. `rate` and `exponent` name the fields; what is left out is 0 and 1.

    The venue charges rates up to 0.07 with an exponent of 1. The bounds are wide, but there: an
    exponent without one takes seconds to compute with."""
    rate_ppm = wire.amount(source, rate, default=0)
    power = wire.whole(source, exponent, default=1)
    if rate_ppm > MICROS or power > _EXPONENT_MAX:
        raise wire.MisfitError(f"no fee of ours: rate {rate_ppm} ppm, exponent {power}")
    return FeeCurve(rate_ppm=rate_ppm, exponent=power)


def _page(source: wire.Object, read: Callable[[wire.Object], Answer]) -> Page[Answer]:
    """An honest page, an empty one too, has its list and its cursor. Without, it ends nothing."""
    rows: list[Answer] = []
    faults: list[Unreadable] = []
    if source.get("data") is None:
        raise wire.MisfitError("no data")
    for row in wire.a_list(source["data"], "data"):
        try:
            rows.append(read(wire.an_object(row, "a row")))
        except wire.MisfitError as error:
            faults.append(wire.unreadable(error, wire.compact(row)))
    return Page(
        rows=tuple(rows),
        next_cursor=_cursor(source),
        unreadable=tuple(faults),
    )


def _cursor(source: wire.Object) -> str:
    cursor = wire.text(source, "next_cursor")
    if not cursor or isinstance(source["next_cursor"], wire.NumberText):
        raise wire.MisfitError("next_cursor is no cursor")
    return cursor
