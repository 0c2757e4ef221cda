"""Paper money and paper shares, and how much of them open orders have set aside."""

from typing import assert_never

import msgspec

from polycopy.paper_venue.core.engine.facts import (
    AccountOpened,
    Leg,
    SumLeftStale,
    SumsRefreshed,
    WalletJudged,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.orders import Order, OrderStatus
from polycopy.schemas.ids import TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side

CASH = TokenId("")
"""The key of pUSD beside the tokens."""


class Account(msgspec.Struct, kw_only=True):
    """One wallet. `cash_micros` and `shares` are what the chain says.

    Three things are set aside from that before a new order: `reserved`, which open orders can still
    take (for each pUSD of a BUY or shares of a SELL); what is matched and not yet settled; and what
    the venue's cache still holds back after that (`stale`). The key of all three is the token id,
    `CASH` for pUSD. `holder`: the address whose key signs for it. `used`: it has traded, or a
    director has named it: it is the one that its holder means.
    """

    address: Wallet
    holder: Wallet
    cash_micros: int
    signature_type: int = 0
    used: bool = False
    shares: dict[TokenId, int] = msgspec.field(default_factory=dict)
    reserved: dict[VenueOrderId, int] = msgspec.field(default_factory=dict)
    set_aside: dict[TokenId, int] = msgspec.field(default_factory=dict)
    unsettled: dict[TokenId, int] = msgspec.field(default_factory=dict)
    stale: dict[TokenId, int] = msgspec.field(default_factory=dict)
    allowance_micros: int | None = None
    legacy: bool = True
    banned: bool = False
    closed_only: bool = False

    @property
    def free_cash_micros(self) -> int:
        return self.cash_micros - self._held_back(CASH)

    def free_shares(self, token_id: TokenId) -> int:
        return self.held(token_id) - self._held_back(token_id)

    def held(self, what: TokenId) -> int:
        """What the chain says: pUSD for `CASH`, else shares."""
        return self.cash_micros if what == CASH else self.shares.get(what, 0)

    def covered(self, what: TokenId) -> int:
        """How much more than what is set aside could be paid; below 0: so much is missing."""
        free = self.held(what) - self._held_back(what)
        if what != CASH or self.allowance_micros is None:
            return free
        allowed = self.allowance_micros - self._held_back(CASH)
        return min(free, allowed)

    def _held_back(self, what: TokenId) -> int:
        return self.set_aside.get(what, 0) + self.unsettled.get(what, 0) + self.stale.get(what, 0)


def opened(fact: AccountOpened) -> Account:
    return Account(
        address=fact.address,
        holder=fact.holder,
        cash_micros=fact.cash_micros,
        signature_type=fact.signature_type,
        used=fact.named,
        legacy=fact.legacy,
        allowance_micros=fact.allowance_micros,
    )


def evolve(
    account: Account, fact: WalletMoved | WalletJudged | SumLeftStale | SumsRefreshed
) -> None:
    """The one effect of a fact that is about a wallet alone."""
    match fact:
        case WalletMoved():
            account.cash_micros += fact.cash_micros
            for token_id, change in fact.shares:
                account.shares[token_id] = account.shares.get(token_id, 0) + change
        case WalletJudged():
            account.allowance_micros = fact.allowance_micros
            account.legacy, account.banned = fact.legacy, fact.banned
            account.closed_only = fact.closed_only
        case SumLeftStale():
            _add(account.stale, fact.token_id, fact.amount_micros)
        case SumsRefreshed():
            account.stale.pop(fact.token_id, None)
        case _:
            assert_never(fact)


def reserve(account: Account, order: Order) -> None:
    """Set aside what the open rest of an order can still take; nothing once it is closed."""
    terms = order.terms
    wanted = _needed(order)
    change = wanted - account.reserved.get(terms.order_id, 0)
    _add(account.set_aside, paid_with(order), change)
    if wanted:
        account.reserved[terms.order_id] = wanted
    else:
        account.reserved.pop(terms.order_id, None)


def paid_with(order: Order) -> TokenId:
    """What an order gives away: `CASH`, or shares."""
    return CASH if order.terms.side is Side.BUY else order.terms.token_id


def settle(account: Account, leg: Leg) -> None:
    """Move money and shares for one leg of a trade."""
    _move(account, leg, 1)


def revert(account: Account, leg: Leg) -> None:
    """The leg never came to the chain. Shares that were sold on meanwhile are owed: less than
    nothing, as a ghost fill leaves it."""
    _move(account, leg, -1)


def hold(account: Account, leg: Leg) -> None:
    """Matched: what the leg gives away is spoken for until the chain has it."""
    _add(account.unsettled, *given_away(leg))


def release(account: Account, leg: Leg) -> None:
    what, amount = given_away(leg)
    _add(account.unsettled, what, -amount)


def given_away(leg: Leg) -> tuple[TokenId, int]:
    """What a leg costs its owner: `CASH` with its fee, or shares."""
    if leg.side is Side.BUY:
        return CASH, leg.notional_micros + leg.fee_micros
    return leg.token_id, leg.size_micros


def _move(account: Account, leg: Leg, sign: int) -> None:
    held = account.shares.get(leg.token_id, 0)
    if leg.side is Side.BUY:
        account.cash_micros -= sign * (leg.notional_micros + leg.fee_micros)
        if account.allowance_micros is not None:
            account.allowance_micros -= sign * (leg.notional_micros + leg.fee_micros)
        account.shares[leg.token_id] = held + sign * leg.size_micros
    else:
        account.cash_micros += sign * (leg.notional_micros - leg.fee_micros)
        account.shares[leg.token_id] = held - sign * leg.size_micros


def _add(amounts: dict[TokenId, int], what: TokenId, change: int) -> None:
    left = amounts.get(what, 0) + change
    if left:
        amounts[what] = left
    else:
        amounts.pop(what, None)


def _needed(order: Order) -> int:
    if not order.working:
        return 0
    terms = order.terms
    if order.status is OrderStatus.DELAYED:
        return order.hold_micros
    if terms.side is Side.SELL:
        return order.open_size_micros
    if terms.budget_micros:
        return max(terms.budget_micros - order.filled_notional_micros, 0)
    return -(-order.open_size_micros * terms.price_micros // MICROS)
