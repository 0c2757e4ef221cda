"""The wallets that a key has at the venue: contracts whose addresses follow from it (EIP-1014).

The exchange contracts accept a signature of type 1 or 2 only where the maker is exactly the proxy
or the Safe of the signer, so the venue has to know them. Addresses and code: Polygon, as
polymarket-client 0.14.0 derives them; a test holds these functions against it.
"""

from functools import lru_cache

from eth_hash.auto import keccak

from polycopy.schemas.ids import Wallet

_PROXY_FACTORY = bytes.fromhex("aB45c5A4B0c941a2F231C04C3f49182e1A254052")
_PROXY_CODE = bytes.fromhex("44e999d5c2F66Ef0861317f9A4805AC2e90aEB4f")
_SAFE_FACTORY = bytes.fromhex("aacFeEa03eb1561C4e67d661e40682Bd20E3541b")
_SAFE_CODE_HASH = bytes.fromhex("2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf")
_DEPOSIT_FACTORY = bytes.fromhex("00000000000Fb5C9ADea0298D729A0CB3823Cc07")
_DEPOSIT_BEACON = bytes.fromhex("7A18EDfe055488A3128f01F563e5B479D92ffc3a")

# Minimal proxies as the factories deploy them: machine code around an address.
_PROXY_HEAD = bytes.fromhex("3d3d606380380380913d393d73")
_PROXY_CALL = bytes.fromhex("5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73")
_PROXY_TAIL = bytes.fromhex("5af43d82803e903d91602b57fd5bf352e831dd" + "00" * 31 + "20" + "00" * 32)
_BEACON_HEAD = 0x6100523D8160233D3973
_BEACON_TAIL = bytes.fromhex(
    "60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)
_UUPS_HEAD = 0x61003D3D8160233D3973
_UUPS_CODE = bytes.fromhex("58CA52ebe0DadfdF531Cde7062e76746de4Db1eB")
_UUPS_TAIL = bytes.fromhex(
    "6009"
    "5155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)
_WORD = 32


@lru_cache(maxsize=10_000)
def wallet_of(owner: Wallet, signature_type: int) -> Wallet:
    """Where the key of `owner` trades from with a signature type; ValueError for no such type.

    For type 3 the deposit wallet as the factory makes them today, behind its beacon.
    """
    address = bytes.fromhex(owner.removeprefix("0x"))
    match signature_type:
        case 0:
            return owner
        case 1:
            code = _PROXY_HEAD + _PROXY_FACTORY + _PROXY_CALL + _PROXY_CODE + _PROXY_TAIL
            return _create2(_PROXY_FACTORY, keccak(address), keccak(code))
        case 2:
            return _create2(_SAFE_FACTORY, keccak(address.rjust(_WORD, b"\0")), _SAFE_CODE_HASH)
        case 3:
            told = _DEPOSIT_FACTORY.rjust(_WORD, b"\0") + address.rjust(_WORD, b"\0")
            head = (_BEACON_HEAD + (len(told) << 56)).to_bytes(10)
            code = head + _DEPOSIT_BEACON + _BEACON_TAIL + told
            return _create2(_DEPOSIT_FACTORY, keccak(told), keccak(code))
        case _:
            raise ValueError(f"there is no signature type {signature_type}")


def deposit_wallets(owner: Wallet) -> tuple[Wallet, Wallet]:
    """As the factory makes them today, and as it made them before there was a beacon."""
    address = bytes.fromhex(owner.removeprefix("0x"))
    told = _DEPOSIT_FACTORY.rjust(_WORD, b"\0") + address.rjust(_WORD, b"\0")
    head = (_UUPS_HEAD + (len(told) << 56)).to_bytes(10)
    code = head + _UUPS_CODE + _UUPS_TAIL + told
    return wallet_of(owner, 3), _create2(_DEPOSIT_FACTORY, keccak(told), keccak(code))


def _create2(factory: bytes, salt: bytes, code_hash: bytes) -> Wallet:
    return Wallet("0x" + keccak(b"\xff" + factory + salt + code_hash)[-20:].hex())
