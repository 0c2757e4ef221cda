"""What is known about an account: orders, capital, positions.

Laws, after every event (`invariants`):
  free + locked + Σ position cost + fees − realised == deposited
  locked == Σ locks of the orders that are not unlocked
"""

import msgspec
from immutables import Map

from polycopy.schemas.accounts import BalanceDisputed
from polycopy.schemas.ids import AccountId, OrderId, StrategyId, TokenId, VenueOrderId
from polycopy.schemas.terms import VenueAccount
from polycopy.trading.lots import Lot, Position
from polycopy.trading.order_life import UNRESOLVED
from polycopy.trading.order_state import Order

KEPT_MS = 48 * 3_600_000
"""An order that is over is forgotten so long after the last word about it, by the account's clock;
what it bought is kept as its lot. The log forgets nothing."""


DAY_MS = 86_400_000


class Day(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A day that was over when one of our clocks said so first."""

    day: int
    result_at_midnight_micros: int
    spent_micros: int


class Tally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the limits count. It remembers the way the account went, where all else is only where it
    stands. The result is what was realised, less fees; a day is a UTC day since the epoch."""

    day: int = 0
    result_at_midnight_micros: int = 0
    highest_result_micros: int = 0
    spent_today_micros: int = 0
    """Spent, or still locked, by the entries that were requested on this day."""
    before: tuple[Day, ...] = ()
    """The last few days before it, oldest first: a clock that was ahead may be set back."""
    set_back: bool = False
    """Whether the last of our clocks to speak said an earlier day."""
    entries_ms: tuple[int, ...] = ()
    """When the entries of the last minute were requested."""


class Account(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The fold of `orders.<account>.*`.

    `free_micros` may be spent by the next decision; only the venue's facts can take it below 0.
    `version` counts the events, `anomalies` those that contradicted what was known. `clock_ms` is
    the latest time that one of our own services put into an event.
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
    clock_ms: int = 0
    caught_up_epoch: int = 0
    """The executor epoch for which all that the venue knows is in the log; 0: none."""
    behind_reason: str = ""
    tally: Tally = Tally()
    deposits: Map[StrategyId, int] = Map()
    orders: Map[OrderId, Order] = Map()
    open_ids: Map[OrderId, None] = Map()
    """Neither ended nor lost."""
    lost_ids: Map[OrderId, None] = Map()
    refused_ids: Map[OrderId, int] = Map()
    """With the time of the refusal."""
    venue_ids: Map[VenueOrderId, OrderId] = Map()
    positions: Map[TokenId, Position] = Map()
    """Without those that hold and lock nothing."""
    lots: Map[OrderId, Lot] = Map()
    external_ids: Map[VenueOrderId, int] = Map()
    """Orders of somebody else with this wallet, with the time that they were first seen."""
    disputes: Map[TokenId, BalanceDisputed] = Map()
    forgotten_before_ms: int = 0
    """Orders that were over before this time may be forgotten; 0: none is."""
    forget_at: int = 1_000
    """So many orders and refusals are held before it is looked which can be forgotten."""

    @property
    def caught_up(self) -> bool:
        """Whether all that the venue knows is in the log, for the executor that holds it now."""
        return 0 < self.caught_up_epoch == self.epoch

    @property
    def result_micros(self) -> int:
        """Profit or loss so far, at cost."""
        return self.realised_micros - self.fees_micros

    def order_by_venue_id(self, venue_order_id: VenueOrderId) -> Order | None:
        """Our order with the venue's id; None: not ours, or forgotten."""
        order_id = self.venue_ids.get(venue_order_id)
        return None if order_id is None else self.orders[order_id]

    def decided(self, order_id: OrderId) -> bool:
        """Whether this order was requested or refused before: a redelivered signal is not news."""
        return order_id in self.orders or order_id in self.refused_ids


def is_strange(account: Account, venue_account: VenueAccount) -> bool:
    """Whether the account belongs to somebody else, or somewhere else, than that."""
    return account.venue_account not in {None, venue_account}


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
    """All orders that are neither ended nor lost, by time of request."""
    return _by_time([account.orders[order_id] for order_id in account.open_ids])


def lost_orders(account: Account) -> list[Order]:
    """Those that every source denied, by time of request."""
    return _by_time([account.orders[order_id] for order_id in account.lost_ids])


def unresolved(account: Account) -> list[Order]:
    """The orders about which the venue must be asked, by time of request."""
    return [order for order in open_orders(account) if order.state in UNRESOLVED]


def _by_time(orders: list[Order]) -> list[Order]:
    return sorted(orders, key=lambda order: (order.requested_at_ms, order.order_id))
