"""The body of POST /order."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.polymarket.order_body import SALT_BELOW, PostBody, build_post_body, parse_post_body
from polycopy.polymarket.order_hash import SignedFields
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType

MAKER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
POST = PostBody(
    fields=SignedFields(
        salt=8_256_064_603_538_378,
        maker=MAKER,
        signer=MAKER,
        token_id=TokenId("7132"),
        maker_amount=4_500_000,
        taker_amount=10_000_000,
        side=Side.BUY,
        signature_type=0,
        timestamp_ms=1_795_327_986_814,
    ),
    signature="0x1234",
    order_type=OrderType.GTC,
    owner="3e2c94ca",
)
WIRE = (
    '{"deferExec":false,"order":{"builder":"0x' + "0" * 64 + '","expiration":"0","maker":"'
    f"{MAKER}"
    '","makerAmount":"4500000","metadata":"0x' + "0" * 64 + '","salt":8256064603538378,'
    f'"side":"BUY","signature":"0x1234","signatureType":0,"signer":"{MAKER}",'
    '"takerAmount":"10000000","timestamp":"1795327986814","tokenId":"7132"},"orderType":"GTC",'
    '"owner":"3e2c94ca"}'
)


def test_the_bytes_are_those_that_were_captured() -> None:
    assert build_post_body(POST).decode() == WIRE


POSTS = st.builds(
    PostBody,
    fields=st.builds(
        SignedFields,
        salt=st.integers(0, SALT_BELOW - 1),
        maker=st.just(MAKER),
        signer=st.just("0x" + "ab" * 20),
        token_id=st.integers(0, 2**256 - 1).map(str),
        maker_amount=st.integers(0, 10**18),
        taker_amount=st.integers(0, 10**18),
        side=st.sampled_from(Side),
        signature_type=st.integers(0, 3),
        timestamp_ms=st.integers(0, 2**53),
        metadata=st.just("0x" + "0f" * 32),
    ),
    signature=st.binary(max_size=400).map(lambda raw: "0x" + raw.hex()),
    order_type=st.sampled_from(OrderType),
    owner=st.uuids().map(str),
    expires_at_s=st.integers(0, 2**40),
    defer_exec=st.booleans(),
    post_only=st.booleans(),
)


@given(POSTS)
def test_what_was_built_is_read_back(post: PostBody) -> None:
    assert parse_post_body(build_post_body(post)) == post


@pytest.mark.parametrize("salt", [-1, SALT_BELOW])
def test_a_salt_that_a_json_number_cannot_hold_is_refused(salt: int) -> None:
    fields = msgspec.structs.replace(POST.fields, salt=salt)
    with pytest.raises(ValueError, match="salt"):
        build_post_body(msgspec.structs.replace(POST, fields=fields))


def reason(changes: dict[str, Any], order_changes: dict[str, Any]) -> str:
    body = json.loads(WIRE) | changes
    body["order"] = body["order"] | order_changes
    found = parse_post_body(json.dumps(body).encode())
    assert isinstance(found, Unreadable), found
    return found.reason


@pytest.mark.parametrize(
    ("changes", "order_changes", "expected"),
    [
        ({"orderType": "LIMIT"}, {}, "orderType is unknown: 'LIMIT'"),
        ({"owner": None}, {}, "no owner"),
        ({"deferExec": "no"}, {}, "deferExec is no boolean"),
        ({}, {"salt": "8256064603538378"}, "salt is no JSON number below 2^53"),
        ({}, {"salt": 2**53}, "salt is no JSON number below 2^53"),
        ({}, {"salt": 1.5}, "salt is no uint256: '1.5'"),
        ({}, {"signatureType": 4}, "signatureType is unknown: 4"),
        ({}, {"maker": "0x12"}, "maker is no address: '0x12'"),
        ({}, {"builder": "0x12"}, "builder is no 32 bytes: '0x12'"),
        ({}, {"makerAmount": "1.5"}, "makerAmount is no uint256: '1.5'"),
        ({}, {"side": 0}, "side is neither BUY nor SELL: '0'"),
        ({}, {"tokenId": str(2**256)}, f"tokenId is no uint256: '{2**256}'"),
        ({}, {"signature": None}, "no signature"),
    ],
)
def test_a_body_that_cannot_be_an_order_says_why(
    changes: dict[str, Any], order_changes: dict[str, Any], expected: str
) -> None:
    assert reason(changes, order_changes) == expected


@given(st.binary())
def test_no_body_is_too_strange(raw: bytes) -> None:
    assert isinstance(parse_post_body(raw), Unreadable)
