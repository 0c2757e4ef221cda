"""What the paper venue's control port tells. Times in microseconds of the venue's clock."""

from collections.abc import Mapping

import msgspec

from polycopy.schemas.ids import (
    ConditionId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.money import Side


class VenueUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Where the venue listens."""

    clob: str
    user_ws: str
    market_ws: str
    rtds: str
    data: str = ""
    gamma: str = ""
    rpc: str = ""
    rpc_ws: str = ""
    control: str = ""


class VenueStatus(msgspec.Struct, frozen=True, kw_only=True):
    """Who listens, what there is to emit, and where it comes from. `payouts`: what a share of each
    token paid in the end, in price micros, where the recording tells."""

    rtds_subscribers: int
    user_subscribers: int
    leader_trades: int
    emitted: int
    wallets: tuple[Wallet, ...]
    source_note: str = ""
    payouts: Mapping[TokenId, int] = {}


class LeaderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a leader's transaction."""

    wallet: Wallet
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    price_micros: int


class LeaderTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """What one step of the venue emitted; `done` with no rows when there was nothing left."""

    done: bool
    index: int = 0
    transaction_hash: TransactionHash = TransactionHash("")
    rows: tuple[LeaderRow, ...] = ()
    emitted_at_us: int = 0


class VenueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One POST as it arrived."""

    venue_order_id: VenueOrderId
    received_at_us: int
    accepted: bool


class VenueFill(msgspec.Struct, frozen=True, kw_only=True):
    """One match of one of our orders."""

    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    size_micros: int
    price_micros: int


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """When a leader's transaction left on the socket."""

    transaction_hash: TransactionHash
    at_us: int


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """All that the venue saw and did."""

    orders: tuple[VenueOrder, ...] = ()
    fills: tuple[VenueFill, ...] = ()
    emissions: tuple[Emission, ...] = ()
