"""Identifiers.

Every id that we make is a pure function of what it identifies, so that a restarted process computes
the same one. Ids from the venue keep the venue's form: lower-case `0x…` hex or a decimal text.
"""

import hashlib
from typing import NewType

EventId = NewType("EventId", str)
"""32 hex digits; also the `Nats-Msg-Id`."""
LogId = NewType("LogId", str)
StrategyId = NewType("StrategyId", str)
AccountId = NewType("AccountId", str)
PoolId = NewType("PoolId", str)
OrderId = NewType("OrderId", str)
"""Ours: a function of the signal, the strategy and the slice."""
VenueOrderId = NewType("VenueOrderId", str)
"""The venue's: the order's EIP-712 hash, `0x` and 64 hex digits."""
VenueTradeId = NewType("VenueTradeId", str)
"""One match at the venue; a fill's key is (venue trade id, venue order id)."""
ConditionId = NewType("ConditionId", str)
TokenId = NewType("TokenId", str)
"""ERC-1155 position id, decimal text of up to 78 digits."""
Wallet = NewType("Wallet", str)
"""Lower-case `0x` address of a trader."""
TransactionHash = NewType("TransactionHash", str)

_SEPARATOR = "\x1f"


def derive(*parts: str) -> str:
    """32 hex digits of SHA-256 over the parts; no part may hold the separator U+001F."""
    joined = _SEPARATOR.join(parts)
    if joined.count(_SEPARATOR) >= max(1, len(parts)):
        raise ValueError("an id part holds U+001F")
    return hashlib.sha256(joined.encode()).hexdigest()[:32]


def event_id(*, cause: str, aggregate: str, event_type: str, key: str = "") -> EventId:
    """The id of the event of `event_type` that `cause` has on `aggregate`.

    `key` tells several such events apart (a trade id, a cumulative size); it must come from what is
    identified, never from a counter or a clock.
    """
    return EventId(derive("event", cause, aggregate, event_type, key))


def order_id(
    *, signal_id: EventId, strategy_id: StrategyId, slice_number: int = 0, attempt: int = 1
) -> OrderId:
    """The one order that a signal has for a strategy; a redelivered signal names the same one. A
    further attempt is an order of its own."""
    further = [str(attempt)] if attempt > 1 else []
    return OrderId(derive("order", signal_id, strategy_id, str(slice_number), *further))


def name_key(name: str) -> str:
    """The token of a subject that stands for a trader's name, in whatever case it is written."""
    return derive("name", " ".join(name.split()).casefold())


def trade_group_key(
    *, transaction_hash: TransactionHash, wallet: Wallet, token_id: TokenId, side: str
) -> str:
    """Identity of a leader trade over all sources: a transaction hash alone is no key."""
    return derive("group", transaction_hash, wallet, token_id, side)
