"""Addresses that cannot be read, and what of an address may be shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.runtime.addresses import nats_addresses, without_credentials
from polycopy.runtime.errors import Halt
from polycopy.runtime.nats_connection import connect

BAD = [
    "",
    "::::",
    "nats://",
    "nats://:4222",
    "nats://host:port",
    "nats://host:0",
    "nats://host:99999",
    "nats://host:-1",
    "nats://[::1",
    "nats://a b:4222",
    "nats://host:4222\nnats",
    "host:4222,",
    "host:4222,::::",
    "http://host:4222",
    "nats://host:4222,ws://host:80",
    "nats://me:hush/hush@host:4222",
    "nats://me:12/hush@host:4222",
    "nats://me:12#hush@host:4222",
    "nats://me:hush?hush@host:4222",
]
WORDS = st.text(alphabet="abn:/@,.?#[] 12", max_size=30)


@pytest.mark.parametrize("url", BAD)
async def test_what_is_no_address_is_refused_before_anything_is_opened(url: str) -> None:
    with pytest.raises(Halt) as caught:
        async with connect(url, name="test", within_s=1):
            pass
    line = str(caught.value)
    assert line.startswith("NATS_URL: this is no address of a NATS server: write nats://host:4222")
    assert "\n" not in line
    assert "hush" not in line


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("nats://host:4222", ["nats://host:4222"]),
        ("host", ["nats://host"]),
        ("host:4222, tls://me:hush@other", ["nats://host:4222", "tls://me:hush@other"]),
        ("wss://host/path", ["wss://host/path"]),
        ("nats://me:p@ss@[::1]:4222", ["nats://me:p@ss@[::1]:4222"]),
    ],
)
def test_addresses_are_named_with_commas_between(url: str, expected: list[str]) -> None:
    assert nats_addresses(url) == expected


@given(WORDS | st.text(max_size=30))
def test_no_text_is_too_strange_for_an_address(url: str) -> None:
    without_credentials(url)
    try:
        assert nats_addresses(url)
    except ValueError as error:
        assert str(error).startswith("this is no address")  # noqa: PT017 - either is fine


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nats://me:hush@host:4222", "nats://host:4222"),
        ("me:hush@host:4222", "host:4222"),
        ("nats://me:hush@one,nats://me:hush@other:1", "nats://one,nats://other:1"),
        ("nats://me:hu@sh@host", "nats://host"),
        ("nats://me:hu://sh@host", "nats://host"),
        ("http://[::1", "http://[::1"),
        ("http://host:8222/x", "http://host:8222/x"),
    ],
)
def test_a_shown_url_has_no_password(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
