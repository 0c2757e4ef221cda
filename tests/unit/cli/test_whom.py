"""A wallet, a name, or something that looks like neither."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core import whom
from polycopy.cli.core.whom import ByName, meant

WALLET = "0x" + "ab" * 20


@pytest.mark.parametrize("text", [WALLET, "0x" + "aB" * 20, WALLET.upper(), f" {WALLET}\n"])
def test_a_wallet_is_meant_in_whatever_case(text: str) -> None:
    assert meant(text) == WALLET


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0x", "0x and 40 hex digits, not 0"),
        ("0xab", "0x and 40 hex digits, not 2"),
        (WALLET[:-1], "0x and 40 hex digits, not 39"),
        (WALLET + "a", "0x and 40 hex digits, not 41"),
        (WALLET[:-1] + "o", "0x and 40 hex digits, nothing else"),
        ("", "neither a wallet"),
        ("   ", "neither a wallet"),
        ("…!", "neither a wallet"),
        ("a\x00b", "neither a wallet"),
        ("x" * 65, "more than 64 letters"),
    ],
)
def test_what_looks_like_neither_is_told_why(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        meant(text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Bob", "Bob"),
        ("  the  whale ", "the whale"),
        ("0x8dxd", "0x8dxd"),
        ("Ünïcode 鯨", "Ünïcode 鯨"),
        ("ab" * 19, "ab" * 19),
    ],
)
def test_anything_else_is_a_name(text: str, name: str) -> None:
    assert meant(text) == ByName(name)


@given(st.text(max_size=80))
def test_whatever_is_typed_is_meant_or_refused(text: str) -> None:
    found: object = ""
    with suppress(ValueError):
        found = meant(text)
    assert not found or isinstance(found, ByName) or len(str(found)) == len(WALLET)


def test_a_wallet_without_its_beginning_and_the_zeros_are_refused() -> None:
    with pytest.raises(ValueError, match="is that a wallet"):
        meant("AB" * 20)
    with pytest.raises(ValueError, match="nobody has the address of zeros"):
        meant("0x" + "0" * 40)


@pytest.mark.parametrize("text", ["", "a b", "a.b", "ä", "x" * 65])
def test_a_pool_has_a_name_that_can_stand_in_the_log(text: str) -> None:
    with pytest.raises(ValueError, match="no name of a pool"):
        whom.pool_named(text)
    assert whom.pool_named("best-25_month") == "best-25_month"


def test_a_category_is_a_word_of_the_venue() -> None:
    assert whom.category_named(" Politics ") == "politics"
    for text in ("", " ", "a\x1bb", "x" * 65, "Sprots"):
        with pytest.raises(ValueError, match=r"no category of the venue's: overall, politics"):
            whom.category_named(text)
