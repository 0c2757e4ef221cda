"""What is known about an account: orders, capital, positions.

Laws, after every event (`invariants`):
  free + locked + Σ position cost + fees − realised == deposited
  locked == Σ locks of the orders that are not terminal
"""

from enum import StrEnum

import msgspec
from immutables import Map

from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    OrderId,
    StrategyId,
    TokenId,
    VenueOrderId,
    VenueTradeId,
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import FeeCurve, OrderType, VenueAccount
from polycopy.trading.order_life import TERMINAL, UNRESOLVED, OrderState

DUST_MICROS = 10_000
"""0.01 share or 0.01 pUSD: an order that lacks no more than this is complete."""

FillKey = tuple[VenueTradeId, VenueOrderId]
"""One trade id can match several of our orders, so the pair is the key."""


class FillStatus(StrEnum):
    """What became of a match."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    REVERTED = "reverted"


class FillRecord(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One match, and what it did to the account.

    A confirmation or a reversal may be known before the match itself: then `size_micros` is 0.
    `realised_micros` is the profit that this fill realised; 0 while it does not count.
    """

    size_micros: int = 0
    notional_micros: int = 0
    fee_micros: int = 0
    realised_micros: int = 0
    confirmed: bool = False
    reverted: bool = False

    @property
    def seen(self) -> bool:
        return self.size_micros > 0

    @property
    def status(self) -> FillStatus:
        """The chain's word outranks the venue's: a confirmed fill stays, whatever else is said."""
        if self.confirmed:
            return FillStatus.CONFIRMED
        return FillStatus.REVERTED if self.reverted else FillStatus.PROVISIONAL

    @property
    def counts(self) -> bool:
        """Whether its money and shares are in the account."""
        return self.seen and self.status is not FillStatus.REVERTED


UNSEEN = FillRecord()


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order. `filled_*` and `fees_micros` sum the fills that count; `matched_*` all seen ones.

    `locked_micros` and `locked_size_micros` are what it still sets aside (pUSD for a BUY, shares
    for a SELL), 0 once terminal. `request` is the whole request while the venue's answer is unknown
    (its bytes may have to be sent again), None after that.
    """

    order_id: OrderId
    strategy_id: StrategyId
    venue: VenueName
    venue_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    order_type: OrderType
    size_micros: int
    notional_micros: int
    limit_price_micros: int
    lock_micros: int
    fee: FeeCurve
    requested_at_ms: int
    expires_at_ms: int
    epoch: int
    state: OrderState
    request: OrderRequested | None
    locked_micros: int = 0
    locked_size_micros: int = 0
    filled_size_micros: int = 0
    filled_notional_micros: int = 0
    fees_micros: int = 0
    matched_size_micros: int = 0
    matched_notional_micros: int = 0
    fills: Map[FillKey, FillRecord] = Map()
    answered: bool = False
    """Whether the venue's own word that it took the order is in the log."""
    heard_at_ms: int = 0
    """When its bytes last left, or the venue last had it, as far as the log tells."""
    anomalies: tuple[str, ...] = ()
    """What was heard about this order and contradicts the rest, each once."""

    @property
    def by_notional(self) -> bool:
        """A marketable BUY is limited by the dollars to spend, every other order by its shares."""
        return self.side is Side.BUY and self.order_type in (OrderType.FAK, OrderType.FOK)

    @property
    def unmatched_micros(self) -> int:
        """pUSD or shares (`by_notional`) that were asked for and not matched; < 0: overfilled."""
        if self.by_notional:
            return self.notional_micros - self.matched_notional_micros
        return self.size_micros - self.matched_size_micros

    @property
    def needs(self) -> tuple[int, int]:
        """(pUSD, shares) that it must set aside as it now is."""
        if self.state in TERMINAL:
            return 0, 0
        if self.side is Side.BUY:
            return max(0, self.lock_micros - self.filled_notional_micros - self.fees_micros), 0
        return 0, max(0, self.size_micros - self.filled_size_micros)


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of one token. Negative only where the venue reverted shares that were sold since.

    `cost_micros` has the sign of `size_micros`. `locked_size_micros` is set aside by open SELLs.
    """

    token_id: TokenId
    condition_id: ConditionId
    size_micros: int = 0
    cost_micros: int = 0
    locked_size_micros: int = 0

    @property
    def available_size_micros(self) -> int:
        """What a new SELL may sell."""
        return max(0, self.size_micros - self.locked_size_micros)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of `orders.<account>.*`.

    `free_micros` may be spent by the next decision; only the venue's facts can take it below 0.
    `version` counts the events, `anomalies` those that contradicted what was known.
    """

    account: AccountId
    deposited_micros: int = 0
    free_micros: int = 0
    locked_micros: int = 0
    fees_micros: int = 0
    realised_micros: int = 0
    epoch: int = 0
    instance: str = ""
    venue_account: VenueAccount | None = None
    """To whom it belongs, by its first epoch."""
    version: int = 0
    anomalies: int = 0
    deposits: Map[StrategyId, int] = Map()
    orders: Map[OrderId, Order] = Map()
    open_ids: Map[OrderId, None] = Map()
    refused_ids: Map[OrderId, None] = Map()
    venue_ids: Map[VenueOrderId, OrderId] = Map()
    positions: Map[TokenId, Position] = Map()
    """Without those that hold and lock nothing."""

    def order_by_venue_id(self, venue_order_id: VenueOrderId) -> Order | None:
        """Our order with the venue's id; None: not ours."""
        order_id = self.venue_ids.get(venue_order_id)
        return None if order_id is None else self.orders[order_id]

    def decided(self, order_id: OrderId) -> bool:
        """Whether this order was requested or refused before: a redelivered signal is not news."""
        return order_id in self.orders or order_id in self.refused_ids


def is_strange(account: Account, venue_account: VenueAccount) -> bool:
    """Whether the account belongs to somebody else, or somewhere else, than that."""
    return account.venue_account not in {None, venue_account}


def contradiction(state: OrderState, kind: type[Event]) -> str:
    """How an order's `anomalies` name an event that its state does not allow."""
    return f"{kind.__name__} in {state.name}"


def locked_micros(account: Account) -> int:
    """pUSD that open orders set aside."""
    return account.locked_micros


def position(account: Account, token_id: TokenId) -> Position | None:
    """None where nothing is held and nothing set aside."""
    return account.positions.get(token_id)


def available_size_micros(account: Account, token_id: TokenId) -> int:
    """Shares that a new SELL may sell."""
    held = account.positions.get(token_id)
    return held.available_size_micros if held else 0


def open_orders(account: Account) -> list[Order]:
    """All orders that are not terminal, by time of request."""
    orders = [account.orders[order_id] for order_id in account.open_ids]
    return sorted(orders, key=lambda order: (order.requested_at_ms, order.order_id))


def unresolved(account: Account) -> list[Order]:
    """The orders about which the venue must be asked, by time of request."""
    return [order for order in open_orders(account) if order.state in UNRESOLVED]
