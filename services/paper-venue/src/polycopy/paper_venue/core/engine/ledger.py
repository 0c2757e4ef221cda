"""What is on the chain: every settled transaction, in the order of its blocks. Append-only.

The activity feed, the Data API and the JSON-RPC node are three views of this one list, so they
cannot tell different stories unless a fault makes them.
"""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import Side

BLOCK_US = 2_000_000
NO_OUTCOME = 999
"""The venue's `outcomeIndex` for a row that is about no single outcome."""


class Movement(StrEnum):
    """What a transaction did, in the Data API's words."""

    TRADE = "TRADE"
    SPLIT = "SPLIT"
    MERGE = "MERGE"
    REDEEM = "REDEEM"
    CONVERSION = "CONVERSION"


class Execution(msgspec.Struct, frozen=True, kw_only=True):
    """One order's part of a settled trade, in its own token's terms. A BUY gives
    `notional_micros` pUSD and gets `size_micros` shares; the fee comes on top."""

    order_id: VenueOrderId
    wallet: Wallet
    token_id: TokenId
    index: int
    side: Side
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int = 0


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Collateral against shares outside the book. `token_id` is empty where both outcomes move
    (split, merge); a redemption has one transfer an outcome, of 0 pUSD for a loser."""

    wallet: Wallet
    size_micros: int
    notional_micros: int
    token_id: TokenId = TokenId("")
    index: int = NO_OUTCOME


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """One transaction. A trade has executions, the taker's first; anything else has transfers."""

    transaction_hash: str
    kind: Movement
    condition_id: ConditionId
    at_us: int
    executions: tuple[Execution, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    @property
    def block(self) -> int:
        """Polygon makes a block every two seconds; here its number is a function of its time."""
        return self.at_us // BLOCK_US

    @property
    def block_s(self) -> int:
        """The block's own time in seconds, which is what the chain and the Data API tell."""
        return self.block * BLOCK_US // 1_000_000

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        traded = [execution.wallet for execution in self.executions]
        return tuple(dict.fromkeys([*traded, *(each.wallet for each in self.transfers)]))


class Ledger:
    """All transactions, and those of a wallet or a market. `add` costs O(parties)."""

    def __init__(self) -> None:
        self._settled: list[Settled] = []
        self._of_wallet: dict[Wallet, list[int]] = {}
        self._of_market: dict[ConditionId, list[int]] = {}

    def add(self, settled: Settled) -> None:
        place = len(self._settled)
        self._settled.append(settled)
        self._of_market.setdefault(settled.condition_id, []).append(place)
        for wallet in settled.wallets:
            self._of_wallet.setdefault(wallet, []).append(place)

    def __len__(self) -> int:
        return len(self._settled)

    def __getitem__(self, place: int) -> Settled:
        return self._settled[place]

    def __iter__(self) -> Iterator[Settled]:
        return iter(self._settled)

    def places_of_wallet(self, wallet: Wallet) -> list[int]:
        """Where the wallet's transactions stand, oldest first. Lower-case addresses."""
        return self._of_wallet.get(wallet, [])

    def places_of_market(self, condition_id: ConditionId) -> list[int]:
        return self._of_market.get(condition_id, [])
