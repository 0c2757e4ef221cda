"""Which of a key's wallets trades: the venue's four signature types.

The exchange contracts take types 0 to 2 from the one address that follows from the key, so for
these the wallet tells the type. A deposit wallet (type 3) may lie where the pinned library does not
expect it, since its factory has been changed before: then only the setting tells what it is.
"""

import msgspec
from polymarket._internal.environment import WalletDerivationConfig
from polymarket._internal.wallet import (
    WalletType,
    derive_beacon_deposit_wallet_address,
    derive_proxy_wallet_address,
    derive_safe_wallet_address,
    signature_type_for,
    try_classify_wallet_type,
)
from polymarket.errors import UserInputError

from polycopy.polymarket.order_hash import EOA, GNOSIS_SAFE, POLY_1271, POLY_PROXY
from polycopy.runtime.errors import Halt

_SETTING = "POLYCOPY_EXECUTOR_SIGNATURE_TYPE"
_KINDS: dict[int, WalletType] = {
    EOA: "EOA",
    POLY_PROXY: "POLY_PROXY",
    GNOSIS_SAFE: "GNOSIS_SAFE",
    POLY_1271: "DEPOSIT_WALLET",
}


class TradingWallet(msgspec.Struct, frozen=True, kw_only=True):
    """Where the funds are, and how the key signs for them."""

    address: str
    signature_type: int

    @property
    def kind(self) -> WalletType:
        """In the library's words."""
        return _KINDS[self.signature_type]


def trading_wallet(
    owner: str, wallet: str, signature_type: int | None, config: WalletDerivationConfig
) -> TradingWallet:
    """The wallet that was named, or the key's own of the type that was named, or the key's address.

    Raises Halt where the two contradict each other, or where nothing tells the type.
    """
    if not wallet:
        chosen = signature_type or EOA
        return TradingWallet(address=_derived(owner, chosen, config), signature_type=chosen)
    try:
        found = try_classify_wallet_type(signer=owner, wallet=wallet, config=config)
    except UserInputError as error:
        raise Halt(f"POLYCOPY_EXECUTOR_WALLET is no address: {error}") from error
    told = None if found is None else signature_type_for(found)
    if told is None and signature_type != POLY_1271:
        raise Halt(
            f"wallet {wallet} does not follow from the key {owner}: correct "
            f"POLYCOPY_EXECUTOR_WALLET, or set {_SETTING} to 3 where the key owns a deposit wallet "
            "there"
        )
    if told is not None and signature_type not in (None, told):
        raise Halt(f"wallet {wallet} has signature type {told}, and {_SETTING} is {signature_type}")
    return TradingWallet(address=wallet, signature_type=POLY_1271 if told is None else told)


def _derived(owner: str, signature_type: int, config: WalletDerivationConfig) -> str:
    derive = {
        POLY_PROXY: derive_proxy_wallet_address,
        GNOSIS_SAFE: derive_safe_wallet_address,
        POLY_1271: derive_beacon_deposit_wallet_address,
    }.get(signature_type)
    return owner if derive is None else derive(owner, config)
