"""The id of an order before it is sent. The venue's own client is held against it in
tests/contract/polymarket; the values here come from there."""

from typing import Any

import msgspec
import pytest

from polycopy.polymarket import order_hash
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

MAKER = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
TOKEN = TokenId("71321045679252212594626385532706912750332728571942532289631379312455583992563")
POSITION = TokenId(str((1 << 248) + (0xABCDEF << 104) + 1))
ORDER = SignedFields(
    salt=8_256_064_603_538_378,
    maker=MAKER,
    signer=MAKER,
    token_id=TOKEN,
    maker_amount=4_500_000,
    taker_amount=10_000_000,
    side=Side.BUY,
    signature_type=order_hash.EOA,
    timestamp_ms=1_795_327_986_814,
)
ORDER_ID = "0x6c7632aea4d5b8c5856d48e41d89ccec9309ae4c4758ee4e3595f90a5fc6a5d4"


def test_an_id_is_what_it_was() -> None:
    assert order_hash.order_id(ORDER, exchange=EXCHANGE_V2) == ORDER_ID


def test_an_owner_signs_the_id_and_a_deposit_wallet_signs_it_wrapped() -> None:
    wrapped = msgspec.structs.replace(ORDER, signature_type=order_hash.POLY_1271)
    assert order_hash.signing_digest(ORDER, exchange=EXCHANGE_V2).hex() == ORDER_ID[2:]
    assert order_hash.signature_trailer(ORDER, exchange=EXCHANGE_V2) == b""
    assert order_hash.signing_digest(wrapped, exchange=EXCHANGE_V2).hex() == (
        "f0b33840055e4e173b96bc8a5166009498f90d68d44dd3df423f52d6d31ddeb3"
    )
    assert order_hash.signature_trailer(wrapped, exchange=EXCHANGE_V2).endswith(b"builder)\x00\xba")


def test_every_exchange_gives_an_id_of_its_own() -> None:
    exchanges = (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)
    assert len({order_hash.order_id(ORDER, exchange=exchange) for exchange in exchanges}) == 3


@pytest.mark.parametrize("field", ["salt", "maker_amount", "taker_amount", "timestamp_ms"])
def test_every_signed_number_counts(field: str) -> None:
    changed = msgspec.structs.replace(ORDER, **{field: getattr(ORDER, field) + 1})
    assert order_hash.order_id(changed, exchange=EXCHANGE_V2) != ORDER_ID


def test_the_case_of_an_address_changes_nothing() -> None:
    lowered = Exchange(address=EXCHANGE_V2.address.lower(), version="2")
    assert order_hash.order_id(ORDER, exchange=lowered) == ORDER_ID


@pytest.mark.parametrize(
    ("token_id", "is_neg_risk", "expected"),
    [
        (TOKEN, 0, EXCHANGE_V2),
        (TOKEN, 1, NEG_RISK_EXCHANGE_V2),
        (POSITION, 0, EXCHANGE_V3),
        (POSITION, 1, EXCHANGE_V3),
    ],
)
def test_the_token_tells_the_exchange(
    token_id: TokenId, is_neg_risk: int, expected: Exchange
) -> None:
    assert exchange_for(token_id, neg_risk=bool(is_neg_risk)) == expected


@pytest.mark.parametrize(
    "change",
    [{"maker": "0x12"}, {"builder": "0x" + "0" * 63}, {"metadata": "zz"}, {"salt": -1}],
)
def test_a_field_that_does_not_fit_has_no_hash(change: dict[str, Any]) -> None:
    with pytest.raises((ValueError, OverflowError)):
        order_hash.order_id(msgspec.structs.replace(ORDER, **change), exchange=EXCHANGE_V2)
