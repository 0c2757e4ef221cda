"""What an answer to POST /order proves."""

import json
from typing import Any

import pytest

from polycopy.polymarket.post_answer import (
    Duplicated,
    NotAccepted,
    Placed,
    PostAnswer,
    Rejected,
    Unknown,
    classify_post,
)
from polycopy.schemas.ids import VenueOrderId, VenueTradeId
from polycopy.schemas.terms import FailureCode, UncertainCode
from tests.support.recordings import recording

ORDER_ID = VenueOrderId("0x" + "e3" * 32)
ACCEPTED: dict[str, Any] = {
    "errorMsg": "",
    "makingAmount": "",
    "orderID": ORDER_ID,
    "status": "live",
    "success": True,
    "takingAmount": "",
}


def error(http_status: int, text: str) -> PostAnswer:
    return classify_post(http_status, json.dumps({"error": text}).encode())


def accepted(**changes: Any) -> PostAnswer:
    return classify_post(200, json.dumps(ACCEPTED | changes).encode())


def test_a_resting_order_is_placed() -> None:
    assert accepted() == Placed(venue_order_id=ORDER_ID, status="live")


def test_a_match_brings_amounts_and_trades() -> None:
    assert accepted(
        status="matched", makingAmount="5.2", takingAmount="10", tradeIDs=["t1", "t2"]
    ) == Placed(
        venue_order_id=ORDER_ID,
        status="matched",
        making_micros=5_200_000,
        taking_micros=10_000_000,
        trade_ids=(VenueTradeId("t1"), VenueTradeId("t2")),
    )


def test_a_delayed_order_is_no_zero_fill() -> None:
    assert accepted(status="delayed") == Placed(venue_order_id=ORDER_ID, status="delayed")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "unmatched"},
        {"status": ""},
        {"status": "new"},
        {"success": False},
        {"success": None},
        {"orderID": ""},
        {"orderID": None},
        {"errorMsg": "something"},
        {"makingAmount": "many"},
        {"tradeIDs": "t1"},
        {"success": False, "errorMsg": "not enough balance / allowance"},
    ],
)
def test_an_acceptance_with_a_doubt_is_unknown(changes: dict[str, Any]) -> None:
    assert isinstance(accepted(**changes), Unknown)


def test_a_refusal_inside_a_200_is_proven_by_its_words() -> None:
    said = "order couldn't be fully filled. FOK orders are fully filled or killed."
    assert accepted(success=False, orderID="", status="", errorMsg=said) == Rejected(
        code=FailureCode.NOT_FILLED_COMPLETELY, detail=said
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invalid order payload", FailureCode.INVALID_PAYLOAD),
        (
            "order 0xab is invalid. Price (0.505) breaks minimum tick size rule: 0.01",
            FailureCode.TICK_SIZE,
        ),
        (
            "order 0xab is invalid. Size (1) lower than the minimum: 5",
            FailureCode.MINIMUM_SIZE,
        ),
        (
            "invalid amount for a marketable BUY order ($0.5), min size: $1",
            FailureCode.MINIMUM_SIZE,
        ),
        ("order 0xab crosses the book", FailureCode.CROSSES_BOOK),
        ("invalid post-only order: order crosses book", FailureCode.CROSSES_BOOK),
        (
            "not enough balance / allowance: balance: 3912, order amount: 2170000",
            FailureCode.BALANCE_OR_ALLOWANCE,
        ),
        ("invalid expiration", FailureCode.EXPIRATION),
        ("order canceled in the CTF exchange contract", FailureCode.INVALID_PAYLOAD),
        (
            "order couldn't be fully filled. FOK orders are fully filled or killed.",
            FailureCode.NOT_FILLED_COMPLETELY,
        ),
        (
            "no orders found to match with FAK order. FAK orders are partially filled or killed "
            "if no match is found.",
            FailureCode.NO_MATCH,
        ),
        ("the market is not yet ready to process new orders", FailureCode.MARKET_NOT_READY),
        ("order_version_mismatch", FailureCode.ORDER_VERSION),
        (
            "the order signer address has to be the address of the API KEY",
            FailureCode.CONFIGURATION,
        ),
        ("the order owner has to be the owner of the API KEY", FailureCode.CONFIGURATION),
        (
            "maker address not allowed, please use the deposit wallet flow",
            FailureCode.CONFIGURATION,
        ),
        ("'0xab' address banned", FailureCode.CONFIGURATION),
        ("'0xab' address in closed only mode", FailureCode.CONFIGURATION),
    ],
)
def test_a_400_with_known_words_is_a_proven_reject(text: str, code: FailureCode) -> None:
    assert error(400, text) == Rejected(code=code, detail=text)
    assert error(400, text.upper()) == Rejected(code=code, detail=text.upper())


def test_a_duplicate_is_adopted_and_not_rejected() -> None:
    text = f"order {ORDER_ID} is invalid. Duplicated."
    assert error(400, text) == Duplicated(detail=text)


@pytest.mark.parametrize(
    "text", ["order match delayed due to market conditions", "context canceled", "else", ""]
)
def test_a_400_with_other_words_is_unknown(text: str) -> None:
    found = error(400, text)
    assert isinstance(found, Unknown)
    assert found.code is UncertainCode.UNRECOGNISED


@pytest.mark.parametrize(
    ("http_status", "text"),
    [
        (401, "Unauthorized/Invalid api key"),
        (401, "Invalid L1 Request headers"),
        (
            403,
            "Trading restricted in your region, please refer to available regions - "
            "https://docs.polymarket.com/developers/CLOB/geoblock",
        ),
    ],
)
def test_what_is_refused_at_the_door_is_our_configuration(http_status: int, text: str) -> None:
    assert error(http_status, text) == Rejected(code=FailureCode.CONFIGURATION, detail=text)


@pytest.mark.parametrize(
    ("http_status", "body"),
    [
        (401, b""),
        (401, b'{"error":"jwt expired"}'),
        (401, b"Unauthorized/Invalid api key"),
        (401, b'{"error":"Trading restricted in your region, please refer to available regions"}'),
        (403, b""),
        (403, b"<html>Sorry, you have been blocked</html>"),
        (403, b"<html>Trading restricted in your region, please refer to available regions</html>"),
        (403, b'{"error":"not enough balance / allowance"}'),
        (400, b"<html>no orders found to match with FAK order</html>"),
        (400, b"order 0xab is invalid. Duplicated."),
        (302, b'{"error":"invalid expiration"}'),
    ],
)
def test_a_status_proves_nothing_without_the_venue_s_own_words(
    http_status: int, body: bytes
) -> None:
    found = classify_post(http_status, body)
    assert isinstance(found, Unknown)
    assert found.code is UncertainCode.UNRECOGNISED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b'{"error":"Too Many Requests"}',
        b'{"error":"post-only mode","code":"post_only_mode"}',
        b'{"error":"not enough balance / allowance"}',
        json.dumps(ACCEPTED).encode(),
    ],
)
@pytest.mark.parametrize(
    ("http_status", "code"), [(425, UncertainCode.RESTARTING), (429, UncertainCode.RATE_LIMITED)]
)
def test_a_venue_that_asks_for_patience_may_have_the_order_all_the_same(
    http_status: int, code: UncertainCode, body: bytes
) -> None:
    found = classify_post(http_status, body)
    assert isinstance(found, Unknown)
    assert found.code is code


def test_the_longer_wait_counts_whether_the_headers_or_the_body_name_it() -> None:
    body = {"error": "Too Many Requests", "retry_after_seconds": 7}
    for header_s, wait_s in ((0, 7), (3, 7), (90, 90)):
        found = classify_post(429, json.dumps(body).encode(), retry_after_s=header_s)
        assert isinstance(found, Unknown)
        assert found.retry_after_s == wait_s
    closed = json.dumps({"error": "post-only mode", "code": "post_only_mode"}).encode()
    assert classify_post(503, closed, retry_after_s=120) == NotAccepted(
        detail="post-only mode", retry_after_s=120
    )


def test_a_venue_that_takes_no_orders_now_did_not_take_this_one() -> None:
    body = {"error": "post-only mode", "code": "post_only_mode", "retry_after_seconds": 90}
    assert classify_post(503, json.dumps(body).encode()) == NotAccepted(
        detail="post-only mode", retry_after_s=90
    )


@pytest.mark.parametrize(
    "text",
    [
        "Trading is currently disabled. Check polymarket.com for updates",
        "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
        "post-only mode: only post-only orders and cancels are allowed",
    ],
)
def test_a_503_in_the_venue_s_words_says_that_it_takes_no_orders(text: str) -> None:
    assert error(503, text) == NotAccepted(detail=text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"error":null}',
        b'{"error":"Service Unavailable"}',
        b"<html>upstream connect error</html>",
        b"Trading is currently disabled. Check polymarket.com for updates",
    ],
)
def test_a_503_that_is_not_the_venue_s_own_proves_nothing(body: bytes) -> None:
    found = classify_post(503, body)
    assert isinstance(found, Unknown)
    assert found.code is UncertainCode.SERVER_ERROR


@pytest.mark.parametrize(
    "text",
    [
        "could not insert order",
        "there are no matching orders",
        "FOK orders are filled or killed",
        "could not run the execution",
        "not enough balance / allowance",
        "order 0xab is invalid. Duplicated.",
    ],
)
def test_a_500_proves_nothing_whatever_it_says(text: str) -> None:
    assert error(500, text) == Unknown(code=UncertainCode.SERVER_ERROR, detail=text)


def test_a_404_proves_nothing() -> None:
    assert isinstance(error(404, "Order not found"), Unknown)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"OK", b"\xff", b"[" * 50_000])
def test_a_200_that_cannot_be_read_is_unknown(body: bytes) -> None:
    assert isinstance(classify_post(200, body), Unknown)


def test_recorded_answers() -> None:
    def classified(http_status: int, name: str) -> PostAnswer:
        return classify_post(http_status, recording(f"nautilus/rust/http_order_response_{name}"))

    assert isinstance(classified(500, "error_500.json"), Unknown)
    assert isinstance(classified(200, "failed.json"), Unknown)
    assert isinstance(classified(200, "ok.json"), Unknown)
