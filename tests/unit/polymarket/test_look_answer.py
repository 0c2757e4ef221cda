"""What an answer to a look for our order proves."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.clob import LAST_CURSOR, Page
from polycopy.polymarket.look_answer import (
    NoOrder,
    read_balance,
    read_order,
    read_orders,
    read_trades,
)
from polycopy.polymarket.reports import OrderReport
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import VenueOrderId

ORDER: dict[str, Any] = {
    "id": "0xab",
    "status": "LIVE",
    "market": "0xdd22",
    "asset_id": "7132",
    "side": "BUY",
    "original_size": "100",
    "size_matched": "0",
    "price": "0.5",
    "order_type": "FAK",
}
ASKED = VenueOrderId("0xab")
DENIAL = b'{"error":"Order not found"}'
HTML = b"<html><head><title>404 Not Found</title></head></html>"
STATUSES = st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 425, 429, 500, 502, 503])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"null"),
        (200, b" null\n"),
        (200, b""),
        (404, DENIAL),
        (404, b'{"error": "order not found", "code": 7}'),
    ],
)
def test_the_venue_s_own_words_deny_an_order(status: int, body: bytes) -> None:
    assert read_order(status, body, ASKED) == NoOrder()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"{}"),
        (200, b"[]"),
        (200, DENIAL),
        (200, HTML),
        (204, b""),
        (404, b""),
        (404, b"null"),
        (404, b"{}"),
        (404, HTML),
        (404, b"Order not found"),
        (404, b'"Order not found"'),
        (404, b'{"error":"404 page not found"}'),
        (404, b'{"error":null}'),
        (404, b'{"message":"Order not found"}'),
        (400, DENIAL),
        (502, b"null"),
    ],
)
def test_what_anybody_else_says_denies_nothing(status: int, body: bytes) -> None:
    assert isinstance(read_order(status, body, ASKED), Unreadable)


def test_an_order_counts_only_with_a_good_status() -> None:
    body = json.dumps(ORDER).encode()
    assert isinstance(read_order(200, body, ASKED), OrderReport)
    assert isinstance(read_order(404, body, ASKED), Unreadable)
    assert isinstance(read_order(500, body, ASKED), Unreadable)


@pytest.mark.parametrize(("told", "asked"), [("0xAB", "0xab"), ("0xab", "0xAB"), ("0Xab", "0xab")])
def test_an_id_is_the_same_in_either_case(told: str, asked: str) -> None:
    body = json.dumps(ORDER | {"id": told}).encode()
    assert isinstance(read_order(200, body, VenueOrderId(asked)), OrderReport)


@given(st.text(alphabet="0xabAB", min_size=1, max_size=6), st.text(alphabet="0xabAB", max_size=6))
def test_the_order_that_comes_back_is_the_one_that_was_asked_for(told: str, asked: str) -> None:
    said = read_order(200, json.dumps(ORDER | {"id": told}).encode(), VenueOrderId(asked))
    assert isinstance(said, OrderReport) is (told.lower() == asked.lower())


@given(STATUSES, st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_answer_without_the_words_is_a_denial(status: int, body: bytes) -> None:
    said = read_order(status, body, ASKED)
    words = (status == 200 and body.strip() in (b"", b"null")) or (
        status == 404 and b"not found" in body.lower()
    )
    assert words or not isinstance(said, NoOrder)


@given(st.sets(st.sampled_from(sorted(ORDER)), min_size=1))
def test_an_order_that_lost_its_keys_is_no_denial(lost: set[str]) -> None:
    kept = {name: value for name, value in ORDER.items() if name not in lost}
    assert not isinstance(read_order(200, json.dumps(kept).encode(), ASKED), NoOrder)


@given(STATUSES, st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_what_is_read_in_pages_was_read_only_where_a_whole_page_came(
    status: int, body: bytes
) -> None:
    assert isinstance(read_trades(status, body), Unreadable)
    assert isinstance(read_orders(status, body), Unreadable)


def test_an_empty_page_of_trades_is_one() -> None:
    body = b'{"data":[],"next_cursor":"LTE=","count":0}'
    assert read_trades(200, body) == Page(rows=(), next_cursor=LAST_CURSOR)
    assert isinstance(read_trades(404, body), Unreadable)


def test_open_orders_are_read_but_for_those_that_cannot_be() -> None:
    body = {"data": [ORDER, ORDER | {"side": "both"}], "next_cursor": "LTE=", "count": 2}
    page = read_orders(200, json.dumps(body).encode())

    assert isinstance(page, Page)
    assert [order.venue_order_id for order in page.rows] == [ASKED]
    assert len(page.unreadable) == 1


def test_a_balance_counts_only_with_a_good_status() -> None:
    body = b'{"balance":"2170000","allowances":{}}'
    assert read_balance(200, body) == 2_170_000
    assert isinstance(read_balance(500, body), Unreadable)
    assert isinstance(read_balance(200, b"null"), Unreadable)
