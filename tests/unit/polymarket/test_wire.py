"""Single fields from a stranger."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import wire
from polycopy.schemas.money import MICROS, Side, decimal_text

READERS: list[Callable[[wire.Object, str], object]] = [
    wire.text,
    wire.flag,
    wire.amount,
    wire.price,
    wire.whole,
    wire.time_ms,
    wire.side,
    wire.wallet,
    wire.address,
    wire.bytes32,
    wire.token_id,
    wire.condition_id,
    wire.venue_order_id,
    wire.transaction_hash,
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(value=JSON)
def test_a_field_is_read_or_refused(value: Any) -> None:
    for read in READERS:
        with suppress(wire.MisfitError):
            read({"field": value}, "field")


@given(st.binary() | st.text())
def test_a_document_is_read_or_refused(raw: bytes | str) -> None:
    with suppress(wire.MisfitError):
        wire.document(raw)


@given(st.integers(0, 10**15))
def test_an_amount_comes_back_as_it_was_written(value_micros: int) -> None:
    written = decimal_text(value_micros)
    for document in (f'{{"size":{written}}}', f'{{"size":"{written}"}}'):
        source = wire.an_object(wire.document(document))
        assert wire.amount(source, "size") == value_micros


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0.62000007", 620_000),
        ("6.05263", 6_052_630),
        ("1e2", 100 * MICROS),
        ("1E-7", 0),
        ("0.0000005", 0),
        ("0.0000015", 2),
        ("1000000000000", 10**18),
    ],
)
def test_noise_beyond_the_sixth_decimal_is_rounded(written: str, expected: int) -> None:
    assert wire.amount({"size": written}, "size") == expected


@pytest.mark.parametrize(
    "written",
    [
        "NaN",
        "Infinity",
        "-1",
        "1_000",
        " 1",
        "0x10",
        "٣",
        "1e999",
        "1e-9999999999",
        "9" * 99,
        "1000000000001",
        "1.",
        ".5",
        "+1",
    ],
)
def test_what_is_no_number_of_this_venue_is_refused(written: str) -> None:
    with pytest.raises(wire.MisfitError, match="size"):
        wire.amount({"size": written}, "size")


@pytest.mark.parametrize("raw", ['{"size":NaN}', '{"size":-Infinity}', '{"size":Infinity}'])
def test_constants_that_are_no_json_are_refused(raw: str) -> None:
    with pytest.raises(wire.MisfitError, match="no JSON"):
        wire.document(raw)


@pytest.mark.parametrize("raw", ["[" * 100_000, b"\xff\xfe{}", b'{"a":"\xc3"}', "{", ""])
def test_broken_documents_are_refused(raw: str | bytes) -> None:
    with pytest.raises(wire.MisfitError):
        wire.document(raw)


def test_a_part_of_a_document_is_bytes_again_unless_it_is_too_deep() -> None:
    assert wire.compact(wire.document('{"a": [1.50, null]}')) == b'{"a":["1.50",null]}'
    deep: wire.Json = None
    for _ in range(100_000):
        deep = [deep]
    assert wire.compact(deep) == b""


def test_a_number_of_any_length_is_text() -> None:
    assert wire.document("1" * 10_000) == "1" * 10_000


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1726043102", 1_726_043_102_000),
        ("1726043102.9", 1_726_043_102_000),
        ("1726043102123", 1_726_043_102_123),
        ("2024-01-01T00:00:00Z", 1_704_067_200_000),
        ("2024-01-01T00:00:00.250+00:00", 1_704_067_200_250),
        ("2024-01-01T00:00:00", 1_704_067_200_000),
        ("0", 0),
    ],
)
def test_seconds_milliseconds_and_iso_times_read_alike(written: str, expected: int) -> None:
    assert wire.time_ms({"at": written}, "at") == expected


@pytest.mark.parametrize("written", ["soon", "9" * 30, "-5", "1e9", "0001-01-01T00:00:00+23:59"])
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(wire.MisfitError, match="no time"):
        wire.time_ms({"at": written}, "at")


def test_a_price_above_one_is_refused() -> None:
    assert wire.price({"price": "1"}, "price") == MICROS
    with pytest.raises(wire.MisfitError, match="above 1"):
        wire.price({"price": "1.01"}, "price")


def test_one_token_has_one_spelling() -> None:
    assert wire.token_id({"asset": "007"}, "asset") == "7"
    with pytest.raises(wire.MisfitError, match="uint256"):
        wire.token_id({"asset": str(2**256)}, "asset")


def test_a_lone_surrogate_does_not_travel_on() -> None:
    title = wire.text(wire.an_object(wire.document(r'{"title":"a\ud800b"}')), "title")
    assert title.encode() == b"a?b"


def test_words_for_a_side_may_be_lower_case() -> None:
    assert wire.side({"side": "sell"}) is Side.SELL


def test_the_first_name_that_is_there_counts() -> None:
    assert wire.text({"matchtime": "2"}, "match_time", "matchtime") == "2"
    with pytest.raises(wire.MisfitError, match="no match_time"):
        wire.text({}, "match_time", "matchtime")


@given(st.text(max_size=4000))
def test_no_text_is_long(written: str) -> None:
    assert len(wire.text({"title": written}, "title")) <= 1_000
