"""The fast way to read a frame says what the careful way says, or nothing."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket import rtds, rtds_usual
from tests.support.recordings import json_lines
from tests.support.rtds_frames import TOKEN, envelope, frame, payload, recorded

STRANGE: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just({}) | st.just([])
)
NUMBERS = (
    st.decimals(allow_nan=False, allow_infinity=False).map(str)
    | st.integers(-5, 10**16).map(str)
    | st.from_regex(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,22})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
)
TEXTS = {
    "proxyWallet": st.from_regex(r"0[xX][0-9a-fA-F]{39,41}", fullmatch=True),
    "transactionHash": st.from_regex(r"(0x[0-9a-fA-F]{63,65})?", fullmatch=True),
    "conditionId": st.from_regex(r"0x[0-9a-fA-F]{0,81}", fullmatch=True),
    "asset": st.from_regex(r"[0-9]{0,79}", fullmatch=True) | st.integers(0, 2**257).map(str),
    "side": st.sampled_from(["BUY", "SELL", "buy", "HOLD"]),
    "title": st.text() | st.text(min_size=990, max_size=1_010),
}


def careful(raw: str | bytes, monkeypatch: pytest.MonkeyPatch) -> list[rtds.Row]:
    with monkeypatch.context() as patch:
        patch.setattr(rtds_usual, "row", lambda _: None)
        return rtds.feed(raw)


def same(raw: str | bytes) -> bool:
    """Whether it was usual; and then both ways said the same."""
    usual = rtds_usual.row(raw)
    if usual is not None:
        with pytest.MonkeyPatch.context() as patch:
            assert [usual] == careful(raw, patch)
    return usual is not None


def written(fields: dict[str, Any], numbers: dict[str, str]) -> str:
    """A frame whose payload has some fields replaced, and some numbers written as they are."""
    inner = payload() | fields | {name: f"#{name}#" for name in numbers}
    text = json.dumps(envelope() | {"payload": inner})
    for name, number in numbers.items():
        text = text.replace(f'"#{name}#"', number)
    return text


def test_a_frame_as_the_venue_sends_it_is_usual() -> None:
    assert same(frame())
    assert same(frame().decode())
    assert same(frame("orders_matched", side="SELL", size=0.01, price=1))


def test_every_recorded_trade_is_usual() -> None:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    assert all(same(recorded(one)) for one in rows)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("timestamp", "1e9"),
        ("timestamp", "-0"),
        ("timestamp", "1795327986.5"),
        ("size", "1e2"),
        ("size", "-0"),
        ("size", "0.0000001"),
        ("size", '"10"'),
        ("price", "1.0000006"),
    ],
)
def test_a_number_that_is_not_plain_is_read_carefully(name: str, number: str) -> None:
    assert not same(written({}, {name: number}))


def test_one_token_has_one_id() -> None:
    assert not same(frame(asset="0" + TOKEN))
    assert not same(frame(asset=str(1 << 256)))
    assert same(frame(asset=str((1 << 256) - 1)))


def test_a_field_that_comes_twice_counts_the_last_time() -> None:
    assert same(frame().replace(b'"size"', b'"size": 3, "size"'))
    assert same(frame().replace(b'"payload"', b'"payload": {"size": 3}, "payload"')) is False


def test_half_a_character_is_read_carefully() -> None:
    assert not same(frame().replace(b"Will it?", b"\\ud800"))


@given(
    st.fixed_dictionaries({}, optional=TEXTS),
    st.dictionaries(st.sampled_from(["size", "price", "timestamp"]), NUMBERS),
)
def test_what_is_nearly_usual_is_read_alike(
    fields: dict[str, Any], numbers: dict[str, str]
) -> None:
    same(written(fields, numbers))


@given(st.dictionaries(st.sampled_from([*payload()]), STRANGE, max_size=2), STRANGE)
def test_what_is_strange_is_read_alike(changes: dict[str, Any], sent: Any) -> None:
    same(json.dumps(envelope() | {"payload": payload() | changes}))
    same(json.dumps(envelope() | {"timestamp": sent}))
    same(json.dumps(envelope() | {"topic": sent}))
    same(json.dumps(envelope() | {"type": sent}))


@given(st.binary() | st.text())
def test_no_bytes_are_too_strange(raw: bytes | str) -> None:
    same(raw)
