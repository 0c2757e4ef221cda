"""Who may speak for which address, and which signature proves what."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine.orders import Asked
from polycopy.paper_venue.core.protocol.messages import Headers
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.signing import asking, keys, signatures
from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.polymarket import order_hash
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.order_body import PostBody, parse_post_body
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import TokenId, VenueOrderId
from tests.support.paper_venue import Key, Wish, order_bytes

KEY = Key(3)
NOW = 1_795_000_000
TOKEN = TokenId(str(2**200 + 2**50))
CREDENTIALS = keys.credentials_for("seed", KEY.address, 0)


def l1(now_s: int = NOW, **changes: str) -> Headers:
    given = KEY.l1_headers(now_s)
    fields = {
        "address": given["POLY_ADDRESS"],
        "signature": given["POLY_SIGNATURE"],
        "timestamp": given["POLY_TIMESTAMP"],
        "nonce": given["POLY_NONCE"],
    }
    return Headers(**(fields | changes))


def l2(body: bytes = b"{}", now_s: int = NOW, **changes: str) -> Headers:
    given = l2_headers(CREDENTIALS, method="POST", path="/order", body=body, timestamp_s=now_s)
    fields = {
        "address": given["POLY_ADDRESS"],
        "signature": given["POLY_SIGNATURE"],
        "timestamp": given["POLY_TIMESTAMP"],
        "api_key": given["POLY_API_KEY"],
        "passphrase": given["POLY_PASSPHRASE"],
    }
    return Headers(**(fields | changes))


def authentic(headers: Headers, body: bytes = b"{}") -> ApiCredentials | None:
    known = {CREDENTIALS.api_key: CREDENTIALS}
    return keys.authentic(headers, known, method="POST", path="/order", body=body, now_s=(NOW,))


def asked(
    wish: Wish, *, signer: Key = KEY, caller: ApiCredentials = CREDENTIALS
) -> Asked | Refusal:
    raw, _ = order_bytes(signer, CREDENTIALS, wish)
    post = parse_post_body(raw)
    assert isinstance(post, PostBody)
    order_id = asking.order_id(post.fields, neg_risk=False)
    assert order_id == order_hash.order_id(post.fields, exchange=order_hash.EXCHANGE_V2)
    assert not isinstance(order_id, Refusal)
    return asking.asked(post, caller, order_id=order_id, neg_risk=False)


def test_a_wallet_that_signs_in_gets_the_same_key_every_time() -> None:
    assert keys.signed_in(l1(), "seed", NOW) == CREDENTIALS
    assert keys.signed_in(l1(NOW - 30), "seed", NOW) == CREDENTIALS


def test_a_sign_in_that_is_old_or_somebody_else_s_is_refused() -> None:
    no = refusals.INVALID_L1_HEADERS
    assert keys.signed_in(l1(NOW - 61), "seed", NOW) == no
    assert keys.signed_in(l1(address=Key(4).address), "seed", NOW) == no
    assert keys.signed_in(l1(nonce="1"), "seed", NOW) == no
    assert keys.signed_in(l1(nonce="-1"), "seed", NOW) == no
    assert keys.signed_in(Headers(), "seed", NOW) == no


def test_a_request_is_authentic_with_every_header_right_and_only_then() -> None:
    assert authentic(l2()) == CREDENTIALS
    assert authentic(l2(), body=b"{ }") is None
    assert authentic(l2(now_s=NOW + 61)) is None
    assert authentic(l2(passphrase="no")) is None  # noqa: S106 - a wrong one
    assert authentic(l2(api_key="no")) is None
    assert authentic(l2(address=Key(4).address)) is None
    assert authentic(l2(timestamp="٣")) is None


def test_an_order_is_its_signer_s() -> None:
    assert isinstance(asked(Wish(token_id=TOKEN)), Asked)
    assert asked(Wish(token_id=TOKEN), signer=Key(4)) == refusals.SIGNER_IS_NOT_KEY
    other = keys.credentials_for("seed", Key(4).address, 0)
    assert asked(Wish(token_id=TOKEN), caller=other) == refusals.OWNER_IS_NOT_KEY


def test_a_signature_for_another_exchange_is_a_version_mismatch() -> None:
    neg_risk = Wish(token_id=TOKEN, exchange=order_hash.NEG_RISK_EXCHANGE_V2)
    third = Wish(token_id=TOKEN, exchange=order_hash.EXCHANGE_V3)

    assert asked(neg_risk) == refusals.VERSION_MISMATCH
    assert asked(third) == refusals.VERSION_MISMATCH


@pytest.mark.parametrize("version", ["1", "3"])
def test_another_version_of_the_right_exchange_is_a_version_mismatch(version: str) -> None:
    older = order_hash.Exchange(address=order_hash.EXCHANGE_V2.address, version=version)

    assert asked(Wish(token_id=TOKEN, exchange=older)) == refusals.VERSION_MISMATCH


def test_a_signature_for_another_chain_is_nobody_s() -> None:
    assert asked(Wish(token_id=TOKEN, chain_id=80002)) == refusals.INVALID_SIGNATURE


def test_a_deposit_wallet_s_wrapped_signature_proves_its_owner() -> None:
    wish = Wish(token_id=TOKEN, deposit_wallet="0x" + "d" * 40)

    order = asked(wish)

    assert isinstance(order, Asked)
    assert order.maker == wish.deposit_wallet


def test_a_deposit_wallet_s_signature_without_its_wrap_proves_nothing() -> None:
    wish = Wish(token_id=TOKEN, deposit_wallet="0x" + "d" * 40)
    raw, _ = order_bytes(KEY, CREDENTIALS, wish)
    post = parse_post_body(raw)
    assert isinstance(post, PostBody)
    bare = signatures.from_hex(post.signature)[:65]

    signer = signatures.order_signer(post.fields, bare, order_hash.EXCHANGE_V2)

    assert signer is None


@pytest.mark.parametrize("kind", [order_hash.POLY_PROXY, order_hash.GNOSIS_SAFE])
def test_the_owner_signs_for_its_proxy_and_its_safe(kind: int) -> None:
    order = asked(Wish(token_id=TOKEN, signature_type=kind))

    assert isinstance(order, Asked)
    assert order.maker == wallet_of(KEY.address, kind) != KEY.address


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"maker": "0x" + "e" * 40}, refusals.DEPOSIT_WALLET_ONLY),
        ({"signature_type": 1}, refusals.DEPOSIT_WALLET_ONLY),
        ({"signature_type": 2, "maker": wallet_of(KEY.address, 1)}, refusals.DEPOSIT_WALLET_ONLY),
        ({"signature_type": 2, "signer": "0x" + "e" * 40}, refusals.SIGNER_IS_NOT_KEY),
        ({"signature_type": 4}, refusals.INVALID_PAYLOAD),
    ],
)
def test_no_key_trades_for_a_wallet_that_is_not_its_own(
    changes: dict[str, Any], refusal: Refusal
) -> None:
    raw, order_id = order_bytes(KEY, CREDENTIALS, Wish(token_id=TOKEN))
    post = parse_post_body(raw)
    assert isinstance(post, PostBody)
    fields = msgspec.structs.replace(post.fields, **changes)
    post = msgspec.structs.replace(post, fields=fields)

    answer = asking.asked(post, CREDENTIALS, order_id=VenueOrderId(order_id), neg_risk=False)

    assert answer == refusal


@pytest.mark.parametrize(
    "changes",
    [{"maker_amount": 10**19}, {"token_id": str(2**256)}, {"timestamp_ms": 2**256}],
)
def test_numbers_that_fit_nowhere_are_no_order(changes: dict[str, Any]) -> None:
    raw, _ = order_bytes(KEY, CREDENTIALS, Wish(token_id=TOKEN))
    post = parse_post_body(raw)
    assert isinstance(post, PostBody)
    fields = msgspec.structs.replace(post.fields, **changes)

    assert asking.order_id(fields, neg_risk=False) == refusals.INVALID_PAYLOAD


@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64) + b"\x1b", b"\xff" * 64 + b"\x1c"])
def test_what_is_no_signature_is_nobody_s(signature: bytes) -> None:
    assert signatures.signer_of(bytes(32), signature) is None
    assert signatures.from_hex("0xzz") == b""


@given(st.binary(min_size=60, max_size=70))
def test_no_bytes_make_the_recovery_raise(raw: bytes) -> None:
    signatures.signer_of(bytes(32), raw)


@given(st.binary(max_size=400))
def test_no_body_makes_the_reading_raise(raw: bytes) -> None:
    assert isinstance(parse_post_body(raw), PostBody | Unreadable)
