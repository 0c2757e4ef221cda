"""What leaders did: `trades.<wallet>.<event>`.

The events of one wallet are appended one after the other, each with the expected last sequence of
`trades.<wallet>.*`: of two that listen side by side only one says an increase.
"""

from enum import StrEnum

from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side

TRADE_AHEAD_MS_MAX = 5 * 60_000
"""How far the venue's clock may run ahead of ours before what it says is no time of a trade."""


class TradeDoubt(StrEnum):
    """Why a trade may not be one of its own. Nothing new is bought on it."""

    MAYBE_REHASHED = "maybe_rehashed"
    """It is like one that no source with the last word has seen, and none could be asked: it may be
    the same trade, sent again in another transaction."""
    NONE = ""


class TradeObserved(Event, frozen=True, kw_only=True):
    """A leader trade was seen, or was seen to be larger than before.

    The group (transaction hash, wallet, token, side) is the trade; `size_micros` and
    `notional_micros` are cumulative inside it, the maximum over the sources, never their sum.
    `increase_micros` is what this event adds to the size that the log already held, and
    `price_micros` the average price of the group. Times are milliseconds since the epoch:
    `traded_at_ms` by the venue (whole seconds on this feed) and at most `TRADE_AHEAD_MS_MAX` after
    `received_at_ms`, which is on our clock; `sent_at_ms` when the venue's frame left.
    `stale`: it was heard too late to be copied, whatever a strategy accepts.
    """

    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    side: Side
    condition_id: ConditionId
    size_micros: int
    increase_micros: int
    notional_micros: int
    price_micros: int
    source: str
    rows: int
    traded_at_ms: int
    received_at_ms: int
    sent_at_ms: int = 0
    outcome: str = ""
    slug: str = ""
    title: str = ""
    stale: bool = False
    doubt: TradeDoubt = TradeDoubt.NONE


class TradeRehashed(Event, frozen=True, kw_only=True):
    """A trade that the log holds went to the chain in another transaction: no new trade.

    What grows it later is said of `transaction_hash`, which stays its name. `proven`: the chain or
    the Data API has the new one and not the old one; otherwise nobody could tell in time.
    """

    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    side: Side
    rehashed_as: TransactionHash
    proven: bool
    at_ms: int


class TradeCorrected(Event, frozen=True, kw_only=True):
    """A source with the last word holds less of a trade than was said. `size_micros` is what it
    holds, 0 for nothing at all; `said_micros` what the log said before."""

    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    side: Side
    size_micros: int
    said_micros: int
    source: str
    at_ms: int


class ActivityKind(StrEnum):
    """What a leader did outside the book, in the Data API's words."""

    SPLIT = "SPLIT"
    MERGE = "MERGE"
    REDEEM = "REDEEM"
    CONVERSION = "CONVERSION"


class ActivityObserved(Event, frozen=True, kw_only=True):
    """A leader split, merged, redeemed or converted shares: an exit (or entry) without a trade.

    Like a trade a group (transaction hash, wallet, kind, condition, token) whose sizes are
    cumulative. `token_id` is empty where all outcomes move. `notional_micros` is the pUSD that
    moved, 0 for a share that lost.
    """

    transaction_hash: TransactionHash
    wallet: Wallet
    kind: ActivityKind
    condition_id: ConditionId
    size_micros: int
    increase_micros: int
    notional_micros: int
    source: str
    happened_at_ms: int
    received_at_ms: int
    token_id: TokenId = TokenId("")
    slug: str = ""
    title: str = ""


TradeEvent = TradeObserved | TradeRehashed | TradeCorrected | ActivityObserved
