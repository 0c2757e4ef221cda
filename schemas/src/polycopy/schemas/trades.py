"""What leaders did: `trades.<wallet>.<event>`."""

from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side

TRADE_AHEAD_MS_MAX = 5 * 60_000
"""How far the venue's clock may run ahead of ours before what it says is no time of a trade."""


class TradeObserved(Event, frozen=True, kw_only=True):
    """A leader trade was seen, or was seen to be larger than before.

    The group (transaction hash, wallet, token, side) is the trade; `size_micros` and
    `notional_micros` are cumulative inside it, the maximum over the sources, never their sum.
    `increase_micros` is what this event adds to the size that the log already held, and
    `price_micros` the average price of the group. Times are milliseconds since the epoch:
    `traded_at_ms` by the venue (whole seconds on this feed) and at most `TRADE_AHEAD_MS_MAX` after
    `received_at_ms`, which is on our clock; `sent_at_ms` when the venue's frame left.
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


TradeEvent = TradeObserved
