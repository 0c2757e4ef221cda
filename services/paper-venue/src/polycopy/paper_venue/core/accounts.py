"""Paper money and paper shares, and how much of them open orders have set aside."""

import msgspec

from polycopy.paper_venue.core.facts import Leg
from polycopy.paper_venue.core.orders import Order, OrderStatus
from polycopy.schemas.ids import TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side


class Account(msgspec.Struct, kw_only=True):
    """One wallet. `reserved` has, for each open order, pUSD (BUY) or shares (SELL) in micros."""

    address: Wallet
    holder: Wallet
    cash_micros: int
    shares: dict[TokenId, int] = msgspec.field(default_factory=dict)
    reserved: dict[VenueOrderId, int] = msgspec.field(default_factory=dict)
    reserved_cash_micros: int = 0
    reserved_shares: dict[TokenId, int] = msgspec.field(default_factory=dict)

    @property
    def free_cash_micros(self) -> int:
        return self.cash_micros - self.reserved_cash_micros

    def free_shares(self, token_id: TokenId) -> int:
        return self.shares.get(token_id, 0) - self.reserved_shares.get(token_id, 0)


def reserve(account: Account, order: Order) -> None:
    """Set aside what the open rest of an order can still take; nothing once it is closed."""
    terms = order.terms
    wanted = _needed(order)
    change = wanted - account.reserved.get(terms.order_id, 0)
    if terms.side is Side.BUY:
        account.reserved_cash_micros += change
    else:
        before = account.reserved_shares.get(terms.token_id, 0)
        account.reserved_shares[terms.token_id] = before + change
    if wanted:
        account.reserved[terms.order_id] = wanted
    else:
        account.reserved.pop(terms.order_id, None)


def settle(account: Account, leg: Leg) -> None:
    """Move money and shares for one leg of a trade."""
    held = account.shares.get(leg.token_id, 0)
    if leg.side is Side.BUY:
        account.cash_micros -= leg.notional_micros + leg.fee_micros
        account.shares[leg.token_id] = held + leg.size_micros
    else:
        account.cash_micros += leg.notional_micros - leg.fee_micros
        account.shares[leg.token_id] = held - leg.size_micros


def _needed(order: Order) -> int:
    if order.status is not OrderStatus.LIVE:
        return 0
    terms = order.terms
    if terms.side is Side.SELL:
        return order.open_size_micros
    if terms.budget_micros:
        return max(terms.budget_micros - order.filled_notional_micros, 0)
    return -(-order.open_size_micros * terms.price_micros // MICROS)
