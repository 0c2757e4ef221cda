"""Who signed: ECDSA recovery of orders and of the venue's L1 authentication."""

from functools import lru_cache

from coincurve import PublicKey
from eth_hash.auto import keccak

from polycopy.polymarket import order_hash
from polycopy.polymarket.order_hash import SignedFields
from polycopy.schemas.ids import Wallet

_SIGNATURE_BYTES = 65
_RECOVERY_OFFSET = 27
_WORD = 32
_L1_MESSAGE = "This message attests that I control the given wallet"
_L1_DOMAIN_TYPE = b"EIP712Domain(string name,string version,uint256 chainId)"
_L1_TYPE = b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"


def signer_of(digest: bytes, signature: bytes) -> Wallet | None:
    """The address whose key made the 65 bytes, or None where they are no signature."""
    if len(signature) != _SIGNATURE_BYTES:
        return None
    recovery = (
        signature[-1] - _RECOVERY_OFFSET if signature[-1] >= _RECOVERY_OFFSET else signature[-1]
    )
    if recovery not in (0, 1):
        return None
    try:
        key = PublicKey.from_signature_and_message(
            signature[:-1] + bytes([recovery]), digest, hasher=None
        )
    except Exception as error:  # noqa: BLE001 - coincurve raises bare Exception
        del error
        return None
    return _address(key.format(compressed=False))


@lru_cache(maxsize=10_000)
def _address(public_key: bytes) -> Wallet:
    return Wallet("0x" + keccak(public_key[1:])[-20:].hex())


def from_hex(written: str) -> bytes:
    """The bytes of `0x…`; nothing where it is no hex."""
    try:
        return bytes.fromhex(written.removeprefix("0x"))
    except ValueError:
        return b""


def order_signer(
    fields: SignedFields, signature: bytes, exchange: order_hash.Exchange
) -> Wallet | None:
    """Whose key signed an order; for a deposit wallet (type 3) the key inside its ERC-7739 wrap."""
    trailer = order_hash.signature_trailer(fields, exchange=exchange)
    if not signature.endswith(trailer):
        return None
    inner = signature[: len(signature) - len(trailer)]
    return signer_of(order_hash.signing_digest(fields, exchange=exchange), inner)


def l1_digest(address: Wallet, timestamp: str, nonce: int) -> bytes:
    """What `ClobAuth` signs (EIP-712, research 1.8)."""
    domain = keccak(
        keccak(_L1_DOMAIN_TYPE)
        + keccak(b"ClobAuthDomain")
        + keccak(b"1")
        + order_hash.POLYGON.to_bytes(_WORD)
    )
    message = keccak(
        keccak(_L1_TYPE)
        + from_hex(address).rjust(_WORD, b"\0")
        + keccak(timestamp.encode())
        + nonce.to_bytes(_WORD)
        + keccak(_L1_MESSAGE.encode())
    )
    return keccak(b"\x19\x01" + domain + message)
