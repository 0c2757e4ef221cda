"""Who trades with real money."""

from pathlib import Path

import msgspec
from pydantic import SecretStr


class WalletKey(msgspec.Struct, frozen=True, kw_only=True):
    """`wallet` holds the funds; empty means the key's own, of the signature type. Without a type
    the wallet tells it, or else it is the key's address. `api_file`: the credentials."""

    key: SecretStr
    wallet: str
    chain_id: int
    api_file: Path
    signature_type: int | None = None
