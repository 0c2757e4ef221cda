"""Where a key trades from, as Polymarket's client derives it."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st
from polymarket._internal import wallet as theirs
from polymarket.environments import PRODUCTION

from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.schemas.ids import Wallet

BY_TYPE: dict[int, Callable[[str, Any], str]] = {
    1: theirs.derive_proxy_wallet_address,
    2: theirs.derive_safe_wallet_address,
    3: theirs.derive_beacon_deposit_wallet_address,
}


@pytest.mark.parametrize("signature_type", BY_TYPE)
@settings(max_examples=20, deadline=None)
@given(owner=st.binary(min_size=20, max_size=20))
def test_a_key_trades_from_the_wallet_that_the_client_derives(
    signature_type: int, owner: bytes
) -> None:
    address = Wallet("0x" + owner.hex())

    config = PRODUCTION._config.wallet_derivation  # noqa: SLF001 - the client tells it nowhere else
    derived = BY_TYPE[signature_type](to_checksum_address(address), config)

    assert wallet_of(address, signature_type) == derived.lower()
    assert wallet_of(address, 0) == address
