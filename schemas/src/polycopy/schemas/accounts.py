"""What happened to an account as a whole, told by status-sync: `orders.<account>.<event>`.

The venue's word about the account is complete (caught up) or may have holes (fell behind); orders
and balances that are not from our log are recorded, and never invented or copied.
"""

from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, ConditionId, TokenId, VenueOrderId
from polycopy.schemas.money import Side


class AccountFellBehind(Event, frozen=True, kw_only=True):
    """From here on something may have happened at the venue that the log does not hold: no new
    entries until AccountCaughtUp."""

    account: AccountId
    reason: str
    fell_behind_at_ms: int


class AccountCaughtUp(Event, frozen=True, kw_only=True):
    """All that the venue knows of the account since `read_from_ms` is in the log. It counts for the
    executor epoch that it names."""

    account: AccountId
    epoch: int
    read_from_ms: int
    orders_read: int = 0
    trades_read: int = 0
    caught_up_at_ms: int


class ExternalOrderSeen(Event, frozen=True, kw_only=True):
    """The venue has an order of this account that our log never requested: somebody else trades
    with the wallet. `seen_in`: the source that showed it first."""

    account: AccountId
    venue_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    seen_in: str
    seen_at_ms: int


class BalanceDisputed(Event, frozen=True, kw_only=True):
    """The venue holds less or more than the log explains, and did so at several looks in a row.
    `token_id` empty: pUSD, of which only too little is disputed. Nothing is corrected by this."""

    account: AccountId
    token_id: TokenId
    expected_micros: int
    venue_micros: int
    checked_at_ms: int


class BalanceAgreed(Event, frozen=True, kw_only=True):
    """A balance that was disputed is explained again."""

    account: AccountId
    token_id: TokenId
    venue_micros: int
    checked_at_ms: int


AccountEvent = (
    AccountFellBehind | AccountCaughtUp | ExternalOrderSeen | BalanceDisputed | BalanceAgreed
)
