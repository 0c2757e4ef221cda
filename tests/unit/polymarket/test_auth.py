"""How a request is signed."""

import pytest

from polycopy.polymarket.auth import ApiCredentials, l2_headers, l2_signature, verify_l2

WORDS = {"secret": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", "passphrase": "word"}
CREDENTIALS = ApiCredentials(address="0xAbCd", api_key="3e2c94ca-8124", **WORDS)
BODY = b'{"orderID":"0xab"}'


def headers(path: str = "/order") -> dict[str, str]:
    return l2_headers(CREDENTIALS, method="POST", path=path, body=BODY, timestamp_s=1_795_327_986)


def test_the_query_is_not_signed() -> None:
    assert headers("/data/orders?market=0xab") == headers("/data/orders")


def test_a_signature_is_what_it_was() -> None:
    """The value comes from the venue's own client (tests/contract/polymarket)."""
    assert headers()["POLY_SIGNATURE"] == "XRroW3AHe_XlZtaAhhzPc-DrBiB5CvPKynM-iOoRxL0="


def test_all_five_headers_are_there() -> None:
    assert set(headers()) == {
        "POLY_ADDRESS",
        "POLY_SIGNATURE",
        "POLY_TIMESTAMP",
        "POLY_API_KEY",
        "POLY_PASSPHRASE",
    }


def test_a_signed_request_is_recognised_whatever_the_case_of_its_headers() -> None:
    lowered = {name.lower(): value for name, value in headers().items()}
    lowered["poly_address"] = "0xabcd"
    assert verify_l2(CREDENTIALS, lowered, method="POST", path="/order?x=1", body=BODY)


@pytest.mark.parametrize(
    "change",
    [
        {"POLY_SIGNATURE": "AAAA"},
        {"POLY_SIGNATURE": "\udc80"},
        {"POLY_TIMESTAMP": "1795327987"},
        {"POLY_TIMESTAMP": "soon"},
        {"POLY_TIMESTAMP": "9" * 99},
        {"POLY_TIMESTAMP": "٣"},
        {"POLY_API_KEY": "another"},
        {"POLY_PASSPHRASE": ""},
        {"POLY_ADDRESS": "0x1"},
    ],
)
def test_a_changed_header_is_noticed(change: dict[str, str]) -> None:
    changed = headers() | change
    assert not verify_l2(CREDENTIALS, changed, method="POST", path="/order", body=BODY)


def test_a_changed_request_is_noticed() -> None:
    given_headers = headers()
    assert not verify_l2(CREDENTIALS, given_headers, method="DELETE", path="/order", body=BODY)
    assert not verify_l2(CREDENTIALS, given_headers, method="POST", path="/orders", body=BODY)
    assert not verify_l2(CREDENTIALS, given_headers, method="POST", path="/order", body=BODY + b" ")
    assert not verify_l2(CREDENTIALS, {}, method="POST", path="/order", body=BODY)


def test_a_secret_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match="no base64url"):
        l2_signature("abc", method="GET", path="/", body=b"", timestamp_s=0)


def test_credentials_do_not_show_their_secrets() -> None:
    shown = f"{CREDENTIALS!r} {CREDENTIALS}"
    assert not [word for word in [*WORDS.values(), "3e2c94ca-8124"] if word in shown]
