"""The checks before a trade: what of an intent can be had, and all that speaks against it."""

from collections.abc import Iterator

import msgspec

from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import ConditionId, EventId, OrderId, StrategyId, TokenId, Wallet
from polycopy.schemas.money import MICROS, Side, decimal_text
from polycopy.schemas.terms import FeeCurve, Level, Refusal, RefusalCode
from polycopy.trading.account_state import Account, available_size_micros
from polycopy.trading.fees import affordable_notional_micros
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import (
    Book,
    levels_within,
    price_for_notional,
    price_for_volume,
)
from polycopy.trading.ticks import (
    AMOUNT_UNITS,
    CENT_MICROS,
    FINEST_TICK_MICROS,
    buy_amounts,
    round_price,
    sell_amounts,
    whole_cents,
)

MARKETABLE_BUY_MINIMUM_MICROS = 1 * MICROS
"""The venue: `invalid amount for a marketable BUY order … min size: $1`."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy wants: for a BUY spend `notional_micros`, for a SELL sell `size_micros`.

    Nowhere worse than `limit_price_micros`, for a BUY not with less than `notional_min_micros`, and
    not after `valid_until_ms` (0: no limit). `leader` is whose trade it copies; empty: nobody's.
    """

    order_id: OrderId
    strategy_id: StrategyId
    signal_id: EventId
    trade_id: EventId
    venue: VenueName
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    limit_price_micros: int
    leader_price_micros: int
    notional_micros: int = 0
    size_micros: int = 0
    notional_min_micros: int = MARKETABLE_BUY_MINIMUM_MICROS
    valid_until_ms: int = 0
    leader: Wallet = Wallet("")
    attempt: int = 1
    outcome: str = ""
    title: str = ""

    def is_late(self, at_ms: int) -> bool:
        return 0 < self.valid_until_ms < at_ms


class Amounts(msgspec.Struct, frozen=True, kw_only=True):
    """pUSD for a BUY, shares for a SELL, in whole cents: what was asked for, what of it the account
    can back, what the account's limits leave of it, what the book has within the price limit, and
    the least that is allowed.

    `offer` is what the order would say to the venue, (maker, taker); None: it cannot be said.
    """

    asked: int
    backed: int
    left: int
    reachable: int
    minimum: int
    offer: tuple[int, int] | None

    @property
    def offered(self) -> int:
        return min(self.asked, self.backed, self.left, self.reachable)


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the market and the book say to an intent. `within`: the levels within the limit."""

    tick_micros: int
    limit_micros: int
    fee: FeeCurve
    within: tuple[Level, ...]


def terms_of(intent: Intent, book: Book | None, market: MarketRules | None) -> Terms:
    """The tick is the book's, which is newer than the market's."""
    tick = book.tick_size_micros if book else 0
    if tick not in AMOUNT_UNITS:
        tick = FINEST_TICK_MICROS
    limit = round_price(intent.limit_price_micros, tick, intent.side)
    levels = book.taken_by(intent.side) if book else ()
    return Terms(
        tick_micros=tick,
        limit_micros=limit,
        fee=market.fee if market else FeeCurve(),
        within=levels_within(levels, intent.side, limit),
    )


def amounts_of(
    account: Account, intent: Intent, terms: Terms, room_micros: int | None = None
) -> Amounts:
    """As much as was asked for, is backed, is left and can be reached. `room_micros`: the most that
    the account's limits let a BUY lock; None: no limits."""
    if intent.side is Side.BUY:
        asked = whole_cents(intent.notional_micros)
        backed = affordable_cents(account.free_micros, terms)
        left = asked if room_micros is None else affordable_cents(room_micros, terms)
        reachable = price_for_notional(terms.within, asked).notional_micros
        offered = min(asked, backed, left, reachable)
        offer = buy_amounts(offered, terms.limit_micros, terms.tick_micros)
        minimum = max(intent.notional_min_micros, MARKETABLE_BUY_MINIMUM_MICROS)
    else:
        asked = left = whole_cents(intent.size_micros)
        backed = whole_cents(available_size_micros(account, intent.token_id))
        reachable = price_for_volume(terms.within, asked).filled_size_micros
        offer = sell_amounts(min(asked, backed, reachable), terms.limit_micros)
        minimum = CENT_MICROS
    return Amounts(
        asked=asked,
        backed=backed,
        left=left,
        reachable=whole_cents(reachable),
        minimum=minimum,
        offer=offer,
    )


def affordable_cents(pusd_micros: int, terms: Terms) -> int:
    """The largest BUY that so much pays for together with its highest fee."""
    return whole_cents(affordable_notional_micros(pusd_micros, terms.limit_micros, terms.fee))


def market_refusals(
    intent: Intent, book: Book | None, market: MarketRules | None, at_ms: int
) -> Iterator[Refusal]:
    """May this market be traded, and in time?"""
    if market is None or not market.accepting_orders:
        yield Refusal(code=RefusalCode.MARKET_NOT_TRADABLE)
    elif book is not None and book.tick_size_micros not in AMOUNT_UNITS:
        detail = f"no such tick size: {decimal_text(book.tick_size_micros)}"
        yield Refusal(code=RefusalCode.MARKET_NOT_TRADABLE, detail=detail)
    yield from age_refusals(intent, at_ms)


def age_refusals(intent: Intent, at_ms: int) -> Iterator[Refusal]:
    """Is the signal still good?"""
    if intent.is_late(at_ms):
        detail = f"{at_ms - intent.valid_until_ms} ms too late"
        yield Refusal(code=RefusalCode.SIGNAL_TOO_OLD, detail=detail)


def book_refusals(intent: Intent, book: Book | None, terms: Terms) -> Iterator[Refusal]:
    """Is there a price that the limit allows?"""
    if book is None:
        yield Refusal(code=RefusalCode.NO_BOOK)
    elif not book.taken_by(intent.side):
        yield Refusal(code=RefusalCode.BOOK_EMPTY)
    elif not terms.within:
        best = decimal_text(book.taken_by(intent.side)[0].price_micros)
        detail = f"best {best}, limit {decimal_text(terms.limit_micros)}"
        yield Refusal(code=RefusalCode.PRICE_OFF_MARKET, detail=detail)


def amount_refusals(side: Side, amounts: Amounts, terms: Terms) -> Iterator[Refusal]:
    """Is it enough: what was asked for, what is backed, what is within the limit?"""
    minimum = decimal_text(amounts.minimum)
    if amounts.asked < amounts.minimum:
        detail = f"asked {decimal_text(amounts.asked)}, minimum {minimum}"
        yield Refusal(code=RefusalCode.SIZE_BELOW_MINIMUM, detail=detail)
        return
    if amounts.backed < amounts.minimum:
        code = RefusalCode.INSUFFICIENT_CASH if side is Side.BUY else RefusalCode.NO_POSITION
        detail = f"backed {decimal_text(amounts.backed)}, minimum {minimum}"
        yield Refusal(code=code, detail=detail)
    if terms.within and amounts.reachable < amounts.minimum:
        detail = f"within the limit {decimal_text(amounts.reachable)}, minimum {minimum}"
        yield Refusal(code=RefusalCode.INSUFFICIENT_DEPTH, detail=detail)
    if amounts.offered >= amounts.minimum and amounts.offer is None:
        detail = f"too little for a limit of {decimal_text(terms.limit_micros)}"
        yield Refusal(code=RefusalCode.SIZE_BELOW_MINIMUM, detail=detail)
