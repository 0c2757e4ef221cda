"""Our signing, hashing and wording, held against the venue's own client."""

import json
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_hash.auto import keccak
from hypothesis import given
from hypothesis import strategies as st
from polymarket._internal.actions.account import build_update_balance_allowance_request
from polymarket._internal.actions.orders.allowance import resolve_order_balance_allowance_target
from polymarket._internal.actions.orders.context import resolve_order_exchange_address
from polymarket._internal.actions.orders.post import build_post_order_request
from polymarket._internal.actions.orders.typed_data import (
    build_order_signature,
    build_order_typed_data,
)
from polymarket._internal.actions.orders.types import UnsignedOrder
from polymarket._internal.environment import PRODUCTION_CONFIG
from polymarket._internal.hmac import build_hmac_signature
from polymarket.models.clob.orders import SignedOrder

from polycopy.polymarket import order_hash
from polycopy.polymarket.auth import l2_signature
from polycopy.polymarket.balance_query import UPDATE_PATH, balance_query
from polycopy.polymarket.order_body import PostBody, build_post_body
from polycopy.polymarket.order_hash import (
    EXCHANGE_V2,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE_V2,
    Exchange,
    SignedFields,
    exchange_for,
)
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType

KEY = "0x" + "11" * 32
HMAC_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
UINT256 = st.integers(0, 2**256 - 1)
ADDRESSES = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
BYTES32 = st.binary(min_size=32, max_size=32).map(lambda raw: "0x" + raw.hex())
TOKENS = UINT256.map(str) | st.integers(0, 2**40 - 1).map(str)
ORDERS = st.builds(
    SignedFields,
    salt=st.integers(0, 2**53 - 1),
    maker=ADDRESSES,
    signer=ADDRESSES,
    token_id=TOKENS,
    maker_amount=UINT256,
    taker_amount=UINT256,
    side=st.sampled_from(Side),
    signature_type=st.sampled_from([0, 1, 2, 3]),
    timestamp_ms=st.integers(0, 2**60),
    metadata=BYTES32,
    builder=BYTES32,
)
EXCHANGES = st.sampled_from([EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3])


def theirs(ours: SignedFields, exchange: Exchange) -> UnsignedOrder:
    """The same order in the words of the venue's client."""
    values: Any = {
        "chain_id": 137,
        "builder": ours.builder,
        "exchange_address": exchange.address,
        "expiration": 0,
        "maker": ours.maker,
        "maker_amount": ours.maker_amount,
        "metadata": ours.metadata,
        "order_type": "FAK",
        "salt": ours.salt,
        "side": ours.side.value,
        "signature_type": ours.signature_type,
        "signer": ours.signer,
        "taker_amount": ours.taker_amount,
        "timestamp": ours.timestamp_ms,
        "token_id": ours.token_id,
        "protocol_version": exchange.version,
    }
    return UnsignedOrder(**values)


def digest(typed_data: dict[str, Any]) -> bytes:
    signable = encode_typed_data(full_message=typed_data)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


@given(ORDERS, EXCHANGES)
def test_the_client_signs_the_same_digest(ours: SignedFields, exchange: Exchange) -> None:
    expected = digest(build_order_typed_data(theirs(ours, exchange)))
    assert order_hash.signing_digest(ours, exchange=exchange) == expected


@given(ORDERS, EXCHANGES)
def test_the_id_is_the_hash_of_the_inner_order_for_every_signature_type(
    ours: SignedFields, exchange: Exchange
) -> None:
    plain = build_order_typed_data(theirs(ours, exchange))
    if ours.signature_type == order_hash.POLY_1271:
        inner = {name: kind for name, kind in plain["types"].items() if name != "TypedDataSign"}
        plain = {
            "types": inner,
            "primaryType": "Order",
            "domain": plain["domain"],
            "message": plain["message"]["contents"],
        }
    assert order_hash.order_id(ours, exchange=exchange) == "0x" + digest(plain).hex()


@given(ORDERS, EXCHANGES)
def test_a_whole_signature_ends_with_our_trailer(ours: SignedFields, exchange: Exchange) -> None:
    typed_data = build_order_typed_data(theirs(ours, exchange))
    signed = Account.sign_typed_data(KEY, full_message=typed_data)
    assert signed.message_hash == order_hash.signing_digest(ours, exchange=exchange)
    ecdsa: Any = "0x" + signed.signature.hex()
    whole = build_order_signature(theirs(ours, exchange), ecdsa)
    assert whole == ecdsa + order_hash.signature_trailer(ours, exchange=exchange).hex()


@given(TOKENS, st.booleans())
def test_an_order_goes_to_the_same_exchange(token_id: TokenId, neg_risk: bool) -> None:  # noqa: FBT001 - from hypothesis
    expected = resolve_order_exchange_address(
        PRODUCTION_CONFIG, asset_id=token_id, neg_risk=neg_risk
    )
    assert exchange_for(token_id, neg_risk=neg_risk).address.lower() == expected.lower()


@pytest.mark.parametrize("order_type", ["GTC", "GTD", "FOK", "FAK"])
@given(order=ORDERS)
def test_the_body_of_a_post_is_the_same(order_type: str, order: SignedFields) -> None:
    post_only = order_type in ("GTC", "GTD")
    values: Any = {
        "builder": order.builder,
        "expiration": 1_795_330_000,
        "maker": order.maker,
        "maker_amount": order.maker_amount,
        "metadata": order.metadata,
        "order_type": order_type,
        "salt": order.salt,
        "side": order.side.value,
        "signature": "0x1234",
        "signature_type": order.signature_type,
        "signer": order.signer,
        "taker_amount": order.taker_amount,
        "timestamp": order.timestamp_ms,
        "token_id": order.token_id,
        "post_only": post_only,
    }
    path, expected = build_post_order_request(SignedOrder(**values), owner_api_key="3e2c94ca")
    post = PostBody(
        fields=order,
        signature="0x1234",
        order_type=OrderType(order_type),
        owner="3e2c94ca",
        expires_at_s=1_795_330_000,
        post_only=post_only,
    )
    assert path == "/order"
    assert build_post_body(post) == json.dumps(expected, separators=(",", ":")).encode()


@given(st.integers(0, 2**40), st.text(max_size=50))
def test_a_request_is_signed_the_same(timestamp_s: int, body: str) -> None:
    sent = body.encode(errors="replace")
    expected = build_hmac_signature(
        secret=HMAC_KEY, timestamp=timestamp_s, method="POST", path="/order", body=sent.decode()
    )
    ours = l2_signature(HMAC_KEY, method="POST", path="/order", body=sent, timestamp_s=timestamp_s)
    assert ours == expected


@given(TOKENS | st.none(), st.sampled_from([0, 1, 2, 3]))
def test_a_balance_is_asked_for_the_same(token_id: TokenId | None, signature_type: int) -> None:
    side: Any = "BUY" if token_id is None else "SELL"
    token: Any = token_id or "1"
    kind, asset = resolve_order_balance_allowance_target(side=side, asset_id=token)
    path, expected = build_update_balance_allowance_request(
        asset_type=kind, asset_id=asset, signature_type=signature_type
    )
    told = {name: str(value) for name, value in expected.items()}
    assert (UPDATE_PATH, balance_query(token_id, signature_type=signature_type)) == (path, told)
