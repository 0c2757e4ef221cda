"""What an answer to a cancel says about each order, and what it does not say."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.cancel_answer import CancelAnswer, read_cancel, says_gone
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import CancelVerdict
from tests.support.recordings import recording

ONE, TWO, THREE = (VenueOrderId("0x" + digit * 64) for digit in "abc")
NOT_FOUND = "Order not found or already canceled"
MATCHED = "Order already matched"
DELAYED = "cannot cancel because the order is in pending/delayed status"
AMBIGUOUS = "order can't be found - already canceled or matched"


def verdicts(body: Any, asked: Sequence[VenueOrderId] = (ONE, TWO)) -> list[CancelVerdict]:
    answers = read_cancel(200, json.dumps(body).encode(), asked)
    return [answers[order].verdict for order in asked]


def verdict(words: str) -> CancelVerdict:
    [found] = verdicts({"canceled": [], "not_canceled": {ONE: words}}, (ONE,))
    return found


def test_each_order_has_its_own_answer() -> None:
    body = {"canceled": [ONE], "not_canceled": {TWO: MATCHED, THREE: NOT_FOUND}}

    answers = read_cancel(200, json.dumps(body).encode(), (ONE, TWO, THREE))

    assert answers == {
        ONE: CancelAnswer(verdict=CancelVerdict.CANCELLED),
        TWO: CancelAnswer(verdict=CancelVerdict.MATCHED, answer=MATCHED),
        THREE: CancelAnswer(verdict=CancelVerdict.NOT_FOUND, answer=NOT_FOUND),
    }


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (NOT_FOUND, CancelVerdict.NOT_FOUND),
        ("Order not found", CancelVerdict.NOT_FOUND),
        ("Order already canceled", CancelVerdict.NOT_FOUND),
        (MATCHED, CancelVerdict.MATCHED),
        (DELAYED, CancelVerdict.PENDING),
        (f"order 0xab: {DELAYED}, try later", CancelVerdict.PENDING),
    ],
)
def test_known_words_are_found_wherever_they_stand(words: str, expected: CancelVerdict) -> None:
    assert verdict(words) is verdict(words.upper()) is expected


@pytest.mark.parametrize(
    "words",
    [
        AMBIGUOUS,
        "already canceled or matched",
        "Order not found or already matched",
        f"{NOT_FOUND}; {DELAYED}",
        "",
        "the engine is busy",
        "matched",
        "not found",
    ],
)
def test_words_that_say_two_things_or_nothing_known_prove_nothing(words: str) -> None:
    assert verdict(words) is CancelVerdict.UNKNOWN


@pytest.mark.parametrize(
    "words", [AMBIGUOUS, AMBIGUOUS.upper(), "already canceled or matched", f"the {AMBIGUOUS}."]
)
def test_that_it_is_there_no_more_for_whatever_reason_is_told_from_no_answer(words: str) -> None:
    answers = read_cancel(200, json.dumps({"not_canceled": {ONE: words}}).encode(), (ONE,))

    assert answers[ONE].verdict is CancelVerdict.UNKNOWN
    assert says_gone(answers[ONE].answer)


@pytest.mark.parametrize("words", ["", NOT_FOUND, MATCHED, DELAYED, "the engine is busy"])
def test_no_other_words_say_so(words: str) -> None:
    assert not says_gone(words)


def test_the_words_in_another_answer_say_nothing() -> None:
    body = json.dumps({"not_canceled": {ONE: AMBIGUOUS}}).encode()
    both = json.dumps({"canceled": [ONE], "not_canceled": {ONE: AMBIGUOUS}}).encode()

    for status, told in ((500, body), (404, body), (200, body[:-1]), (200, both)):
        answer = read_cancel(status, told, (ONE,))[ONE]
        assert answer.verdict is CancelVerdict.UNKNOWN
        assert "already canceled or matched" in answer.answer
        assert not says_gone(answer.answer)


def test_an_order_that_is_not_named_is_unknown() -> None:
    assert verdicts({"canceled": [ONE], "not_canceled": {}}) == ["cancelled", "unknown"]
    assert verdicts({}) == ["unknown", "unknown"]
    assert verdicts({"canceled": None, "not_canceled": None}) == ["unknown", "unknown"]


def test_an_order_that_is_named_as_both_is_unknown() -> None:
    both = {"canceled": [ONE], "not_canceled": {ONE: NOT_FOUND}}
    spelt = {"canceled": [], "not_canceled": {ONE: NOT_FOUND, ONE.upper(): MATCHED}}

    assert verdicts(both, (ONE,)) == verdicts(spelt, (ONE,)) == ["unknown"]


def test_ids_are_the_same_in_every_spelling() -> None:
    body = {"canceled": [ONE.upper()], "not_canceled": {TWO.upper(): MATCHED}}

    assert verdicts(body) == ["cancelled", "matched"]


@pytest.mark.parametrize("status", [201, 302, 400, 401, 404, 425, 429, 500, 503])
def test_another_status_proves_nothing_whatever_it_says(status: int) -> None:
    body = json.dumps({"canceled": [ONE], "not_canceled": {TWO: NOT_FOUND}}).encode()

    answers = read_cancel(status, body, (ONE, TWO))

    assert {answer.verdict for answer in answers.values()} == {CancelVerdict.UNKNOWN}
    assert answers[ONE].answer.startswith(f"status {status}: ")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff",
        b"[" * 50_000,
        b'{"canceled": "0xab"}',
        b'{"canceled": [], "not_canceled": ["0xab"]}',
    ],
)
def test_an_answer_that_cannot_be_read_is_unknown(body: bytes) -> None:
    assert read_cancel(200, body, (ONE,))[ONE].verdict is CancelVerdict.UNKNOWN


def test_reasons_that_are_no_text_are_no_reasons() -> None:
    body = {"canceled": [7, None], "not_canceled": {ONE: None, TWO: [NOT_FOUND]}}

    assert verdicts(body) == ["unknown", "unknown"]


def test_recorded_answers() -> None:
    def read(name: str, *asked: str) -> list[CancelVerdict]:
        body = recording(f"nautilus/rust/http_{name}.json")
        answers = read_cancel(200, body, [VenueOrderId(order) for order in asked])
        return [answer.verdict for answer in answers.values()]

    one = "0xb816482a1234567890abcdef1234567890abcdef1234567890abcdef12345678"
    assert read("cancel_response_ok", one) == ["cancelled"]
    assert read("cancel_response_failed", one) == ["unknown"]
    many = ("0x" + digit * 64 for digit in "1234")
    batch = read("batch_cancel_response", *many)
    assert batch == ["cancelled", "cancelled", "unknown", "unknown"]


IDS = st.sampled_from([ONE, TWO, THREE, ONE.upper(), "0x", ""])
WORDS = st.sampled_from([NOT_FOUND, MATCHED, DELAYED, AMBIGUOUS]) | st.text()
JSON = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(IDS)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "canceled": st.lists(IDS | JSON) | JSON,
        "not_canceled": st.dictionaries(IDS, WORDS | JSON) | JSON,
    },
).map(lambda body: json.dumps(body).encode())


@given(
    st.integers(100, 599),
    BODIES | st.binary(),
    st.lists(st.sampled_from([ONE, TWO, THREE]), unique=True),
)
def test_every_order_that_was_asked_about_is_answered(
    http_status: int, body: bytes, asked: list[VenueOrderId]
) -> None:
    answers = read_cancel(http_status, body, asked)

    assert list(answers) == asked
    for answer in answers.values():
        answer.answer.encode()
        if AMBIGUOUS in answer.answer:
            assert answer.verdict is CancelVerdict.UNKNOWN
