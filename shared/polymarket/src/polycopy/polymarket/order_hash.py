"""The venue's order id before the order is sent: the EIP-712 hash of the order's signed fields.

Written by hand because it is small and because two things must agree on it: what we post and what
we look for afterwards. A test holds it against the signing library. `expiration` is not signed.
Source: ctf-exchange-v2, polymarket-client 0.14.0 `typed_data.py`.
"""

from functools import cache, lru_cache

import msgspec
from eth_hash.auto import keccak

from polycopy.schemas.ids import TokenId, VenueOrderId
from polycopy.schemas.money import Side

POLYGON = 137
EOA = 0
POLY_PROXY = 1
GNOSIS_SAFE = 2
POLY_1271 = 3
ZERO_BYTES32 = "0x" + "0" * 64

ORDER_TYPE = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_TYPED_DATA_SIGN_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
_ORDER_TYPE_HASH = keccak(ORDER_TYPE.encode())
_SIDES = {Side.BUY: 0, Side.SELL: 1}
_WORD = 32
_RESERVED_BITS = ((1 << 64) - 1) << 40


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that settles orders, with the version of its signing domain."""

    address: str
    version: str


EXCHANGE_V2 = Exchange(address="0xE111180000d2663C0091e4f400237545B87B996B", version="2")
NEG_RISK_EXCHANGE_V2 = Exchange(address="0xe2222d279d744050d28e00520010520000310F59", version="2")
EXCHANGE_V3 = Exchange(address="0xe3333700cA9d93003F00f0F71f8515005F6c00Aa", version="3")


class SignedFields(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of an order that the signature covers. Amounts are micros: a BUY gives
    `maker_amount` pUSD for `taker_amount` shares, a SELL the other way round."""

    salt: int
    maker: str
    signer: str
    token_id: TokenId
    maker_amount: int
    taker_amount: int
    side: Side
    signature_type: int
    timestamp_ms: int
    metadata: str = ZERO_BYTES32
    builder: str = ZERO_BYTES32


def is_position_id(token_id: TokenId) -> bool:
    """Whether it is a token of the venue's protocol V2: zeros in the bits 40 to 103, which a hash
    never has."""
    return not int(token_id) & _RESERVED_BITS


def exchange_for(token_id: TokenId, *, neg_risk: bool) -> Exchange:
    """The contract that an order for this token must be signed for."""
    if is_position_id(token_id):
        return EXCHANGE_V3
    return NEG_RISK_EXCHANGE_V2 if neg_risk else EXCHANGE_V2


def order_id(order: SignedFields, *, exchange: Exchange, chain_id: int = POLYGON) -> VenueOrderId:
    """The venue's id of the order, for every signature type (0.05 ms).

    ValueError or OverflowError for a field that does not fit its type.
    """
    domain = _domain_hash(exchange, chain_id)
    return VenueOrderId("0x" + keccak(b"\x19\x01" + domain + contents_hash(order)).hex())


def signing_digest(order: SignedFields, *, exchange: Exchange, chain_id: int = POLYGON) -> bytes:
    """The 32 bytes that the key signs: for a deposit wallet (POLY_1271) the order wrapped in
    ERC-7739 TypedDataSign, otherwise the order id itself."""
    domain = _domain_hash(exchange, chain_id)
    contents = contents_hash(order)
    if order.signature_type != POLY_1271:
        return keccak(b"\x19\x01" + domain + contents)
    wrapped = keccak(
        keccak(_TYPED_DATA_SIGN_TYPE.encode())
        + contents
        + keccak(b"DepositWallet")
        + keccak(b"1")
        + _number(chain_id)
        + _address(order.signer)
        + bytes(_WORD)
    )
    return keccak(b"\x19\x01" + domain + wrapped)


def signature_trailer(order: SignedFields, *, exchange: Exchange, chain_id: int = POLYGON) -> bytes:
    """What follows the 65 bytes of a deposit wallet's signature; nothing for other types."""
    if order.signature_type != POLY_1271:
        return b""
    return (
        _domain_hash(exchange, chain_id)
        + contents_hash(order)
        + ORDER_TYPE.encode()
        + len(ORDER_TYPE).to_bytes(2)
    )


def contents_hash(order: SignedFields) -> bytes:
    """The EIP-712 struct hash of the order, without its domain."""
    return keccak(
        _ORDER_TYPE_HASH
        + _number(order.salt)
        + _address(order.maker)
        + _address(order.signer)
        + _number(int(order.token_id))
        + _number(order.maker_amount)
        + _number(order.taker_amount)
        + _number(_SIDES[order.side])
        + _number(order.signature_type)
        + _number(order.timestamp_ms)
        + _bytes32(order.metadata)
        + _bytes32(order.builder)
    )


@cache
def _domain_hash(exchange: Exchange, chain_id: int) -> bytes:
    return keccak(
        keccak(_DOMAIN_TYPE.encode())
        + keccak(b"Polymarket CTF Exchange")
        + keccak(exchange.version.encode())
        + _number(chain_id)
        + _address(exchange.address)
    )


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD)


def _address(written: str) -> bytes:
    return _fixed(written, 20).rjust(_WORD, b"\0")


def _bytes32(written: str) -> bytes:
    return _fixed(written, _WORD)


@lru_cache(maxsize=1024)
def _fixed(written: str, length: int) -> bytes:
    value = bytes.fromhex(written.removeprefix("0x"))
    if len(value) != length:
        raise ValueError(f"not {length} bytes: {written!r}")
    return value
