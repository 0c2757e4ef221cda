"""What a source says that a wallet did. Every source's parser makes these."""

import msgspec

from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.trades import ActivityKind


class LeaderRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fill, or a taker's order as a whole.

    `kind` tells how the source counts; rows of two kinds are never added up: `trades`,
    `orders_matched` (RTDS), `v2`, `v1` (Data API), `logs` (chain). `place` tells two equal rows
    of one transaction apart, where the source does (the log index); empty where it does not.
    `condition_id` is empty where the source names only the token (the chain). `notional_micros` is
    exact where the source has it, -1 where it is size times price. `sent_at_ms` is 0 where the
    frame did not say.
    """

    kind: str
    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    condition_id: ConditionId
    side: Side
    size_micros: int
    price_micros: int
    traded_at_ms: int
    notional_micros: int = -1
    place: str = ""
    sent_at_ms: int = 0
    outcome: str = ""
    slug: str = ""
    title: str = ""


class HashlessRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trade of a wallet without the hash of its transaction: it cannot be told from another, and
    a source that knows the hash has to be asked."""

    wallet: Wallet
    raw: bytes


class ActivityRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A split, merge, redemption or conversion. `token_id` is empty where all outcomes move.
    `source_kind` as `LeaderRow.kind`."""

    source_kind: str
    kind: ActivityKind
    transaction_hash: TransactionHash
    wallet: Wallet
    condition_id: ConditionId
    size_micros: int
    notional_micros: int
    happened_at_ms: int
    token_id: TokenId = TokenId("")
    slug: str = ""
    title: str = ""
