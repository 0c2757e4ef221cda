"""Rows of the read models, as the program shows and checks them."""

import msgspec

from polycopy.schemas.ids import (
    AccountId,
    OrderId,
    StrategyId,
    TokenId,
    VenueOrderId,
    VenueTradeId,
)


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One order as it stands."""

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
    fees_micros: int
    requested_at_ms: int


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


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """The capital of one account."""

    account: AccountId
    deposited_micros: int
    free_micros: int
    locked_micros: int
    fees_micros: int
    realised_micros: int


class ReadModel(msgspec.Struct, frozen=True, kw_only=True):
    """The rows at one checkpoint."""

    sequence: int = 0
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    accounts: tuple[AccountRow, ...] = ()
