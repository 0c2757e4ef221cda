"""One order as the account knows it, with its matches."""

from enum import StrEnum

import msgspec
from immutables import Map

from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    ConditionId,
    EventId,
    OrderId,
    StrategyId,
    TokenId,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRequested
from polycopy.schemas.terms import CancelVerdict, FailureCode, FeeCurve, OrderType
from polycopy.trading.order_life import TERMINAL, UNLOCKED, OrderState

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
    """One match. A confirmation or a reversal may be known before the match itself: then
    `size_micros` is 0."""

    size_micros: int = 0
    notional_micros: int = 0
    fee_micros: int = 0
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
        return self.size_micros > 0 and (self.confirmed or not self.reverted)


UNSEEN = FillRecord()


class Allotment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """So many shares of the lot of that BUY are for sale by an order."""

    lot_id: OrderId
    size_micros: int


class Order(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order. `filled_*` and `fees_micros` sum the fills that count; `matched_*` all seen ones.

    `locked_micros` and `locked_size_micros` are what it still sets aside (pUSD for a BUY, shares
    for a SELL), 0 once unlocked. `request` is the whole request while the venue's answer is unknown
    (its bytes may have to be sent again), None after that.
    """

    order_id: OrderId
    strategy_id: StrategyId
    trade_id: EventId
    leader: Wallet
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
    day: int = 0
    """The account's day at its request, by its own clock."""
    number: int = 0
    """The account's version after its request: orders in the order of the log."""
    allotments: tuple[Allotment, ...] = ()
    """Of a SELL: which lots it sells, in this order, decided with its request."""
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
    touched_at_ms: int = 0
    """The account's clock at the last event about it."""
    failure_code: FailureCode | None = None
    """Why the venue rejected it, where it did."""
    cancel_requested_at_ms: int = 0
    cancel_verdict: CancelVerdict | None = None
    """The venue's last answer to a cancel; None while none is known since it was requested."""
    anomalies: tuple[str, ...] = ()
    """What was heard about this order and contradicts the rest, each once."""

    @property
    def by_notional(self) -> bool:
        """A marketable BUY is limited by the dollars to spend, every other order by its shares."""
        return self.side is Side.BUY and self.order_type in (OrderType.FAK, OrderType.FOK)

    @property
    def rests(self) -> bool:
        """Whether it stays in the book until it is filled, cancelled or expired."""
        return self.order_type in (OrderType.GTC, OrderType.GTD)

    @property
    def unmatched_micros(self) -> int:
        """pUSD or shares (`by_notional`) that were asked for and not matched; < 0: overfilled."""
        if self.by_notional:
            return self.notional_micros - self.matched_notional_micros
        return self.size_micros - self.matched_size_micros

    @property
    def needs(self) -> tuple[int, int]:
        """(pUSD, shares) that it must set aside as it now is."""
        if self.state in UNLOCKED:
            return 0, 0
        if self.side is Side.BUY:
            return max(0, self.lock_micros - self.filled_notional_micros - self.fees_micros), 0
        return 0, max(0, self.size_micros - self.filled_size_micros)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is expected of it: it ended, and each of its matches settled."""
        return self.state in TERMINAL and all(
            fill.confirmed or fill.reverted for fill in self.fills.values()
        )


def contradiction(state: OrderState, kind: type[Event]) -> str:
    """How an order's `anomalies` name an event that its state does not allow."""
    return f"{kind.__name__} in {state.name}"
