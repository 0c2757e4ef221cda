"""Who trades with real money."""

import re
from pathlib import Path

import msgspec
from pydantic import SecretStr

_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def private_key(value: SecretStr) -> SecretStr:
    """The same. ValueError where it cannot be one; what it is instead is never repeated."""
    if not _KEY.fullmatch(value.get_secret_value()):
        raise ValueError("the file holds no private key: 0x and 64 hex digits")
    return value


def wallet_address(value: str) -> str:
    """The same; empty for the key's own. ValueError where it is no address."""
    if value and not _ADDRESS.fullmatch(value):
        raise ValueError("must be an address: 0x and 40 hex digits")
    return value


class WalletKey(msgspec.Struct, frozen=True, kw_only=True):
    """`wallet` holds the funds; empty means the key's own, of the signature type. Without a type
    the wallet tells it, or else it is the key's address. `api_file`: the credentials."""

    key: SecretStr
    wallet: str
    chain_id: int
    api_file: Path
    signature_type: int | None = None
