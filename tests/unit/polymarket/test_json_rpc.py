"""Calls to a node and its answers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import json_rpc, wire
from polycopy.polymarket.json_rpc import Answered, Call, Notified, Refused
from polycopy.polymarket.wire import Unreadable
from tests.support.chain_frames import answer, news, refusal


def one(raw: bytes | str) -> json_rpc.Message:
    [found] = json_rpc.feed(raw)
    return found


def test_a_call_is_written_as_the_protocol_has_it() -> None:
    call = Call(3, "eth_getBlockByNumber", ("0x10", False))
    body = {
        "jsonrpc": "2.0",
        "id": 3,
        "method": "eth_getBlockByNumber",
        "params": ["0x10", False],
    }
    assert json.loads(json_rpc.written(call)) == body
    assert json.loads(json_rpc.written_batch([call, call])) == [body, body]


def test_answers_refusals_and_notifications_are_told_apart() -> None:
    assert one(answer(3, "0x1")) == Answered(3, "0x1")
    assert one(answer(3, None)) == Answered(3, None)
    assert one(refusal(4, -32_005, "slower")) == Refused(4, -32_005, "slower")
    assert one(refusal(None, -32_700, "parse error")) == Refused(-1, -32_700, "parse error")
    assert one(news({"number": "0x1"}, "0xbee")) == Notified("0xbee", {"number": "0x1"})


def test_an_id_may_come_back_as_text() -> None:
    assert one('{"id":"12","result":"0x1"}') == Answered(12, "0x1")


def test_a_batch_is_its_messages() -> None:
    raw = b"[" + answer(1, 1) + b"," + refusal(2, -32_000, "no") + b',{"id":3},7]'
    assert [type(found) for found in json_rpc.feed(raw)] == [
        Answered,
        Refused,
        Unreadable,
        Unreadable,
    ]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"code": 1}, "no message"),
        ({}, "no message"),
        ("away", "away"),
        ({"code": -1, "message": "invalid params", "data": {"payload": "range 9 is bigger"}},
         'invalid params ({"payload":"range 9 is bigger"})'),
        ({"code": -1, "message": "no", "data": "range"}, "no (range)"),
        ({"code": -1, "message": "x" * 999}, "x" * 200),
    ],
)  # fmt: skip
def test_a_refusal_says_why(error: Any, expected: str) -> None:
    found = one(json.dumps({"id": 1, "error": error}))
    assert isinstance(found, Refused)
    assert found.message == expected


TOO_MUCH = [
    (-32_701, "exceed maximum block range: 50000"),
    (-32_005, "query returned more than 10000 results"),
    (-32_602, "range 1000000 exceeds limit of 10000"),
    (-32_602, "query exceeds max results 20000, retry with the range 1-2"),
    (-32_602, "query exceeds max block range 5000"),
    (-32_600, "You can make eth_getLogs requests with up to a 500 block range."),
    (-32_600, "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block"
     " range. Upgrade to PAYG for expanded block range."),
    (-32_614, "eth_getLogs is limited to a 10,000 range"),
    (-32_000, "block range is larger than max block range, block range = 5120"),
    (-32_000, "query timeout exceeded"),
    (-32_005, "limit exceeded"),
    (-32_002, "request timed out"),
    (35, "ranges over 10000 blocks are not supported on freetier"),
]  # fmt: skip
TOO_OFTEN = [
    (429, "slow down"),
    (-32_005, "project ID request rate exceeded"),
    (-32_005, "daily request count exceeded, request rate limited"),
    (-32_029, "too many"),
    (-32_000, "Too Many Requests"),
    (429, "Your app has exceeded its compute units per second capacity."),
    (-32_090, "Too many requests, reason: call rate limit exhausted, retry in 10s"),
]
SURELY_ELSE = [
    (-32_601, "the method eth_getLogs does not exist/is not available"),
    (-32_000, "Unauthorized: You must authenticate your request with an API key"),
    (-32_002, "invalid project id"),
]


@pytest.mark.parametrize(("code", "message"), TOO_MUCH)
def test_a_refusal_of_too_much_is_known(code: int, message: str) -> None:
    refused = Refused(1, code, message)
    assert (refused.may_be_too_much, refused.asks_too_often) == (True, False)


@pytest.mark.parametrize(("code", "message"), TOO_OFTEN)
def test_a_refusal_of_too_many_calls_is_known(code: int, message: str) -> None:
    refused = Refused(1, code, message)
    assert (refused.may_be_too_much, refused.asks_too_often) == (False, True)


@pytest.mark.parametrize(("code", "message"), SURELY_ELSE)
def test_other_refusals_are_neither(code: int, message: str) -> None:
    refused = Refused(1, code, message)
    assert (refused.may_be_too_much, refused.asks_too_often) == (False, False)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("0x0", 0), ("0xfF", 255), ("12", 12), (7, 7), ("0x" + "f" * 16, 2**64 - 1)],
)
def test_quantities_are_read(written: Any, expected: int) -> None:
    source = wire.an_object(wire.document(json.dumps({"n": written})))
    assert json_rpc.quantity(source, "n") == expected


@pytest.mark.parametrize(
    "written", ["0x", "", "0x" + "f" * 17, -1, 1.5, "-0x1", None, [], "9" * 16]
)
def test_other_things_are_no_quantities(written: Any) -> None:
    source = wire.an_object(wire.document(json.dumps({"n": written})))
    with pytest.raises(wire.MisfitError):
        json_rpc.quantity(source, "n")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "result", "error", "method", "params", "subscription", "code"])
            | st.text(max_size=3),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(st.binary() | st.text())
def test_no_bytes_are_too_strange(raw: bytes | str) -> None:
    json_rpc.feed(raw)


@given(JSON)
def test_no_document_is_too_strange(document: Any) -> None:
    found = json_rpc.feed(json.dumps(document))
    assert {type(each) for each in found} <= {Answered, Refused, Notified, Unreadable}
