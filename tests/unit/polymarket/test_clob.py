"""Answers of the REST interface."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import clob
from polycopy.polymarket.balance_query import balance_query
from polycopy.polymarket.clob import (
    LAST_CURSOR,
    BookAnswer,
    ClobMarket,
    MarketToken,
    Page,
)
from polycopy.polymarket.reports import OrderReport, OrderStatus, ReportKind, TradeStatus
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.terms import FeeCurve, Level
from tests.support.recordings import recording

PARSERS: list[Callable[[bytes], object]] = [
    clob.parse_book,
    clob.parse_clob_market,
    clob.parse_order,
    clob.parse_orders,
    clob.parse_trades,
    clob.parse_balance_micros,
    clob.parse_time_s,
]
CONDITION = ConditionId("0xab")
HASHED = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
POSITION = str(1 << 200 | 7)
"""Of the venue's protocol V2."""
BOOK: dict[str, Any] = {
    "market": "0xab",
    "asset_id": "7132",
    "timestamp": "1703875200000",
    "hash": "0xabc",
    "bids": [{"price": "0.48", "size": "100"}, {"price": "0.49", "size": "200.5"}],
    "asks": [{"price": "0.52", "size": "180"}, {"price": "0.51", "size": "120"}],
    "min_order_size": "5",
    "tick_size": "0.01",
    "neg_risk": True,
}


def test_a_book_keeps_the_order_of_the_venue() -> None:
    assert clob.parse_book(json.dumps(BOOK).encode()) == BookAnswer(
        condition_id=CONDITION,
        token_id=TokenId("7132"),
        at_ms=1_703_875_200_000,
        bids=(
            Level(price_micros=480_000, size_micros=100_000_000),
            Level(price_micros=490_000, size_micros=200_500_000),
        ),
        asks=(
            Level(price_micros=520_000, size_micros=180_000_000),
            Level(price_micros=510_000, size_micros=120_000_000),
        ),
        tick_size_micros=10_000,
        minimum_size_micros=5_000_000,
        neg_risk=True,
        hash="0xabc",
    )


@pytest.mark.parametrize(
    "name",
    [
        "nautilus/rust/clob_book_response.json",
        "nautilus/py/http_responses/book.json",
        "rest_nexiumito/clob_orderbook_sample.json",
    ],
)
def test_recorded_books_are_read(name: str) -> None:
    found = clob.parse_book(recording(name))
    assert isinstance(found, BookAnswer), found
    assert found.bids
    assert found.asks


def test_a_market_is_read() -> None:
    body = {
        "c": "0xAB",
        "t": [{"t": "1", "o": "Yes"}, {"t": "2", "o": "No"}],
        "mos": 5,
        "mts": 0.01,
        "fd": {"r": 0.07, "e": 1, "to": True},
        "itode": True,
        "ao": True,
        "sd": 3,
        "v": "v1",
    }
    assert clob.parse_clob_market(json.dumps(body).encode()) == ClobMarket(
        condition_id=CONDITION,
        tokens=(
            MarketToken(token_id=TokenId("1"), outcome="Yes"),
            MarketToken(token_id=TokenId("2"), outcome="No"),
        ),
        tick_size_micros=10_000,
        minimum_size_micros=5_000_000,
        fee=FeeCurve(rate_ppm=70_000, exponent=1),
        accepting_orders=True,
        taker_delayed=True,
        delay_s=3,
        version="v1",
    )


def test_what_a_market_leaves_out_is_off() -> None:
    found = clob.parse_clob_market(b'{"c":"0xab","mts":"0.001"}')
    assert found == ClobMarket(
        condition_id=CONDITION,
        tokens=(),
        tick_size_micros=1_000,
        minimum_size_micros=0,
        fee=FeeCurve(rate_ppm=0, exponent=1),
    )


def fee_of(**curve: object) -> FeeCurve | Unreadable:
    found = clob.parse_clob_market(json.dumps({"c": "0xab", "mts": "0.01", "fd": curve}).encode())
    return found if isinstance(found, Unreadable) else found.fee


@given(st.integers(0, 100), st.integers(-2, 12) | st.integers(-(10**30), 10**30))
def test_a_fee_has_a_rate_up_to_one_and_an_exponent_up_to_four(rate: int, exponent: int) -> None:
    expected = FeeCurve(rate_ppm=rate * 10_000, exponent=exponent)
    found = fee_of(r=f"{rate / 100:.2f}", e=exponent)
    assert found == expected if 0 <= exponent <= 4 else isinstance(found, Unreadable)


@pytest.mark.parametrize(
    "curve",
    [
        {"r": 0.07, "e": 200_000},
        {"r": 0.07, "e": "5"},
        {"r": 0.07, "e": 1.5},
        {"r": 0.07, "e": True},
        {"r": 1.000001, "e": 1},
        {"r": 70, "e": 1},
        {"r": -0.07, "e": 1},
        {"r": "much", "e": 1},
    ],
)
def test_a_fee_beyond_all_fees_is_unreadable(curve: dict[str, Any]) -> None:
    assert isinstance(fee_of(**curve), Unreadable)


def test_a_recorded_order_is_read() -> None:
    found = clob.parse_order(recording("nautilus/rust/http_open_order.json"))
    assert isinstance(found, OrderReport)
    assert found.kind is ReportKind.SNAPSHOT
    assert found.status is OrderStatus.LIVE
    assert found.matched_size_micros == 25_000_000
    assert found.created_at_ms == 1_703_875_200_000
    assert found.associate_trades == ("0xabc001",)


def test_recorded_pages_are_read() -> None:
    orders = clob.parse_orders(recording("nautilus/rust/http_open_orders_page.json"))
    trades = clob.parse_trades(recording("nautilus/rust/http_trades_page.json"))
    assert isinstance(orders, Page)
    assert isinstance(trades, Page)
    assert [len(orders.rows), orders.next_cursor, orders.unreadable] == [2, LAST_CURSOR, ()]
    assert [trade.status for trade in trades.rows] == [TradeStatus.MINED]
    assert trades.rows[0].matched_at_ms == 1_704_067_200_000


def test_a_bad_row_of_a_page_is_counted() -> None:
    page = clob.parse_trades(b'{"data":[{"id":"1"},7],"next_cursor":"Mg=="}')
    assert isinstance(page, Page)
    assert page.rows == ()
    assert page.next_cursor == "Mg=="
    assert [fault.reason for fault in page.unreadable] == ["no asset_id", "a row is no object"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": []},
        {"next_cursor": "LTE="},
        {"data": None, "next_cursor": "LTE="},
        {"data": {}, "next_cursor": "LTE="},
        {"data": [], "next_cursor": None},
        {"data": [], "next_cursor": ""},
        {"data": [], "next_cursor": 7},
    ],
)
def test_a_page_without_its_list_or_its_cursor_is_no_page(body: dict[str, Any]) -> None:
    sent = json.dumps(body).encode()
    assert isinstance(clob.parse_trades(sent), Unreadable)
    assert isinstance(clob.parse_orders(sent), Unreadable)


@pytest.mark.parametrize(
    ("token_id", "asked"),
    [
        ("", {"asset_type": "COLLATERAL"}),
        (HASHED, {"asset_type": "CONDITIONAL", "token_id": HASHED}),
        (POSITION, {"asset_type": "CONDITIONAL-V2", "token_id": POSITION}),
    ],
    ids=["pusd", "hash", "position"],
)
def test_a_balance_is_asked_for_by_the_kind_of_the_token(
    token_id: str, asked: dict[str, str]
) -> None:
    query = balance_query(TokenId(token_id) or None, signature_type=3)

    assert query == asked | {"signature_type": "3"}


def test_a_balance_is_micros_already() -> None:
    assert clob.parse_balance_micros(b'{"balance":"2170000","allowances":{}}') == 2_170_000


def test_the_time_is_a_bare_number() -> None:
    assert clob.parse_time_s(b"1795327986") == 1_795_327_986
    assert isinstance(clob.parse_time_s(b"soon"), Unreadable)


@given(st.binary())
def test_no_body_is_too_strange(body: bytes) -> None:
    for parse in PARSERS:
        parse(body)


JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(st.dictionaries(st.sampled_from(list(BOOK)), JSON, max_size=3))
def test_no_book_is_too_strange(changes: dict[str, Any]) -> None:
    assert isinstance(clob.parse_book(json.dumps(BOOK | changes).encode()), BookAnswer | Unreadable)
