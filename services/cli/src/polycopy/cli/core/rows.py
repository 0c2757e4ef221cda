"""Rows of the read models, as the program shows and checks them."""

import msgspec

from polycopy.schemas.ids import (
    AccountId,
    EventId,
    OrderId,
    StrategyId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from polycopy.trading.order_life import OrderState


class LeaderTradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One leader trade, as large as it was seen."""

    transaction_hash: TransactionHash
    wallet: Wallet
    token_id: TokenId
    side: Side
    size_micros: int


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it stands. State `refused`: our own checks said no, for `reason`.

    `detail`: the words behind the reason, of a lost order what every source said. `operator`: who
    judged that nothing more will fill. `examined`: what every source said when it was last asked.
    """

    order_id: OrderId
    account: AccountId
    strategy_id: StrategyId
    venue: str
    venue_order_id: VenueOrderId
    token_id: TokenId
    side: str
    state: str
    size_micros: int
    notional_micros: int
    limit_price_micros: int
    filled_size_micros: int
    filled_notional_micros: int
    average_price_micros: int
    fees_micros: int
    reason: str
    title: str
    outcome: str
    trade_id: EventId
    leader_transaction_hash: TransactionHash
    requested_at_ms: int
    order_type: str = ""
    detail: str = ""
    operator: str = ""
    leader: Wallet = Wallet("")
    cancel_verdict: str = ""
    examined: str = ""
    lost_at_ms: int = 0
    cancel_requested_at_ms: int = 0
    examined_at_ms: int = 0

    @property
    def by_notional(self) -> bool:
        """Whether it was asked for in pUSD, as a BUY that takes at once is, or else in shares."""
        return self.side == Side.BUY and self.order_type in {OrderType.FAK, OrderType.FOK}


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """One match of one order. `status`: provisional, confirmed or reverted."""

    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    order_id: OrderId
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    status: str


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of one token in one account."""

    account: AccountId
    token_id: TokenId
    size_micros: int
    cost_micros: int


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """The shares of one BUY, whose order id is `lot_id`."""

    account: AccountId
    lot_id: OrderId
    token_id: TokenId
    strategy_id: StrategyId
    leader: Wallet
    trade_id: EventId
    size_micros: int
    bought_size_micros: int
    paid_micros: int
    sold_size_micros: int
    got_micros: int
    settled_size_micros: int
    paid_out_micros: int
    cost_micros: int
    realised_micros: int
    locked_size_micros: int


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """The capital of one account, and what is wrong about it. Not `caught_up`: the venue's word may
    have holes, for `behind_reason`, and nothing is bought."""

    account: AccountId
    deposited_micros: int
    free_micros: int
    locked_micros: int
    fees_micros: int
    realised_micros: int
    result_micros: int = 0
    highest_result_micros: int = 0
    open_orders: int = 0
    lost_orders: int = 0
    disputes: int = 0
    external_orders: int = 0
    caught_up: bool = False
    behind_reason: str = ""


REFUSED = "refused"
LOST = "lost"
DOUBTFUL = (LOST, "uncertain")
"""States in which nobody knows what the venue has; the worst first."""
STATES = (*(one.value for one in OrderState), REFUSED)
"""Every state that a row can have."""


class ReadModel(msgspec.Struct, frozen=True, kw_only=True):
    """The rows at one checkpoint."""

    sequence: int = 0
    leader_trades: tuple[LeaderTradeRow, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    """Without those that are closed."""
    lots: tuple[LotRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()

    @property
    def requested(self) -> tuple[OrderRow, ...]:
        """The orders that our own checks let through."""
        return tuple(order for order in self.orders if order.state != REFUSED)
