"""An order's terms, and what becomes of it."""

from enum import StrEnum

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine.market import Market, buys_primary, own_price
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.schemas.ids import TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.money import MICROS, Side, decimal_text
from polycopy.schemas.terms import OrderType

EXPIRES_EARLY_S = 60
"""A GTD order is good until a minute before its expiration."""
_DOLLAR_MICROS = MICROS
_HUNDREDTH = 10_000
_AMOUNT_DECIMALS = {
    100_000: 3,
    10_000: 4,
    5_000: 5,
    2_500: 6,
    1_000: 5,
    100: 6,
}


class OrderStatus(StrEnum):
    """The venue's words."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    MATCHED = "MATCHED"
    CANCELED = "CANCELED"
    CANCELED_EXPIRED_ORDER = "CANCELED_EXPIRED_ORDER"
    CANCELED_NOT_ENOUGH_BALANCE = "CANCELED_NOT_ENOUGH_BALANCE"
    CANCELED_MARKET_RESOLVED = "CANCELED_MARKET_RESOLVED"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A signed order as it came, its signature proven: amounts, not yet a price."""

    order_id: VenueOrderId
    owner: str
    maker: Wallet
    token_id: TokenId
    side: Side
    order_type: OrderType
    maker_amount_micros: int
    taker_amount_micros: int
    signature_type: int = 0
    expiration_s: int = 0
    post_only: bool = False


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the market's rules allow.

    `price_micros` is the limit and `size_micros` the shares. `budget_micros` is what a FAK or FOK
    BUY may spend, its only limit in quantity; 0 for every other order.
    """

    order_id: VenueOrderId
    owner: str
    maker: Wallet
    token_id: TokenId
    index: int
    side: Side
    order_type: OrderType
    price_micros: int
    size_micros: int
    budget_micros: int = 0
    expiration_s: int = 0
    post_only: bool = False

    def over(self, at_us: int) -> bool:
        """Whether a GTD order's time is over, which is a minute before its expiration."""
        end_us = (self.expiration_s - EXPIRES_EARLY_S) * MICROS
        return self.expiration_s > 0 and end_us <= at_us

    @property
    def immediate(self) -> bool:
        """Whether it is filled now or never."""
        return self.order_type in (OrderType.FAK, OrderType.FOK)

    @property
    def buys_primary(self) -> bool:
        return buys_primary(self.index, self.side)

    @property
    def primary_price_micros(self) -> int:
        return own_price(self.index, self.price_micros)

    @property
    def notional_micros(self) -> int:
        """The most that a BUY can spend, the least that a SELL can bring."""
        return self.budget_micros or -(-self.size_micros * self.price_micros // MICROS)


class Order(msgspec.Struct, kw_only=True):
    """An order that the venue took. Changed by `exchange.evolve` and nothing else."""

    terms: Terms
    number: int
    accepted_at_us: int
    status: OrderStatus = OrderStatus.LIVE
    reason: str = ""
    hold_micros: int = 0
    filled_size_micros: int = 0
    filled_notional_micros: int = 0
    trade_ids: list[VenueTradeId] = msgspec.field(default_factory=list)

    @property
    def working(self) -> bool:
        """Whether it may still fill: in the book, or waiting for the end of its taker delay."""
        return self.status in (OrderStatus.LIVE, OrderStatus.DELAYED)

    @property
    def resting(self) -> bool:
        """Whether it stands in the book."""
        return self.status is OrderStatus.LIVE and not self.terms.immediate

    @property
    def open_size_micros(self) -> int:
        if not self.working:
            return 0
        return max(self.terms.size_micros - self.filled_size_micros, 0)


def terms(asked: Asked, market: Market, now_s: int) -> Terms | Refusal:
    """What the market's rules make of an order. Sources: research 2.5 and 2.7."""
    buys = asked.side is Side.BUY
    size = asked.taker_amount_micros if buys else asked.maker_amount_micros
    notional = asked.maker_amount_micros if buys else asked.taker_amount_micros
    immediate = asked.order_type in (OrderType.FAK, OrderType.FOK)
    if size <= 0 or notional <= 0 or (asked.post_only and immediate):
        return refusals.INVALID_PAYLOAD
    decimals = _AMOUNT_DECIMALS.get(market.tick_size_micros, 6)
    if immediate and not _precise(asked, decimals):
        return refusals.too_precise(asked.side, decimals)
    price = _price_on_tick(notional, size, market.tick_size_micros)
    if price is None:
        shown = decimal_text(notional * MICROS // size)
        return refusals.off_tick(asked.order_id, shown, market.tick_size_micros)
    if not immediate and size < market.minimum_size_micros:
        return refusals.too_small(asked.order_id, size, market.minimum_size_micros)
    if immediate and buys and notional < _DOLLAR_MICROS:
        return refusals.below_one_dollar(notional)
    if not _expiration_fits(asked, now_s):
        return refusals.INVALID_EXPIRATION
    return Terms(
        order_id=asked.order_id,
        owner=asked.owner,
        maker=asked.maker,
        token_id=asked.token_id,
        index=market.index(asked.token_id),
        side=asked.side,
        order_type=asked.order_type,
        price_micros=price,
        size_micros=size,
        budget_micros=notional if immediate and buys else 0,
        expiration_s=asked.expiration_s,
        post_only=asked.post_only,
    )


def _precise(asked: Asked, decimals: int) -> bool:
    """What the matcher takes of a FAK or FOK: cents or hundredths of a share for so many decimals
    of the other (2.7; the text with 4 and with 5 has been quoted by users)."""
    return (
        asked.maker_amount_micros % _HUNDREDTH == 0
        and asked.taker_amount_micros % 10 ** (6 - decimals) == 0
    )


def _price_on_tick(notional: int, size: int, tick: int) -> int | None:
    """The tick that the two amounts mean, or None.

    An order has no price, only amounts, and a client rounds one of them to the market's decimals:
    the amounts may miss the tick by that rounding and by no more.
    """
    price = (notional * MICROS + size * tick // 2) // (size * tick) * tick
    rounding = 10 ** (6 - _AMOUNT_DECIMALS.get(tick, 6))
    missed = abs(notional * MICROS - price * size)
    on_grid = missed <= rounding * MICROS and tick <= price <= MICROS - tick
    return price if on_grid else None


def _expiration_fits(asked: Asked, now_s: int) -> bool:
    if asked.order_type is OrderType.GTD:
        return asked.expiration_s - EXPIRES_EARLY_S > now_s
    return asked.expiration_s == 0
