"""The last word before money moves: an intent becomes an approved order, or a refusal.

`ApprovedOrder` is permission as a type: the venue port takes it and nothing else, and only this
module makes it. Every order is sent as FAK: take what is there within the limit, leave nothing.

An intent that can be had in part is approved in part, as large as cash, limits, position and book
allow, unless that is below the minimum. Nothing is ever made larger than asked.
"""

import msgspec
from immutables import Map

from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    OrderId,
    StrategyId,
    TokenId,
    VenueOrderId,
    Wallet,
)
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import Evidence, FeeCurve, OrderType, Refusal, RefusalCode
from polycopy.trading import limits as account_limits
from polycopy.trading import pretrade
from polycopy.trading.account_state import Account, available_size_micros
from polycopy.trading.fees import highest_fee_micros
from polycopy.trading.limits import Bounds, bounds_of
from polycopy.trading.lots import Position
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book, price_for_notional, price_for_volume
from polycopy.trading.pretrade import Amounts, Intent, Terms

__all__ = [
    "ApprovedOrder",
    "Intent",
    "approve",
    "approved_again",
    "decided_again",
    "refuse",
    "refuse_unseen",
    "requested",
]

CHECKS = ("market", "age", "book", "price", "minimum", "funds", "depth")
"""What every approved order has passed, in this order. After them come those of the limits."""

_DEFAULTS = AccountLimits()


class ApprovedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that may be sent: every check passed, amounts and price as the venue takes them.

    BUY: offers `notional_micros` for at least `size_micros` shares. SELL: offers `size_micros`
    shares for at least `notional_micros`. `lock_micros` is the most it can cost, with the fee.
    """

    order_id: OrderId
    account: AccountId
    strategy_id: StrategyId
    signal_id: EventId
    trade_id: EventId
    venue: VenueName
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    order_type: OrderType
    size_micros: int
    notional_micros: int
    limit_price_micros: int
    lock_micros: int
    fee: FeeCurve
    evidence: Evidence
    requested_at_ms: int
    leader: Wallet = Wallet("")
    attempt: int = 1
    outcome: str = ""
    title: str = ""

    @property
    def maker_micros(self) -> int:
        """What the order offers: pUSD for a BUY, shares for a SELL."""
        return self.notional_micros if self.side is Side.BUY else self.size_micros

    @property
    def taker_micros(self) -> int:
        """What it asks for in return."""
        return self.size_micros if self.side is Side.BUY else self.notional_micros


def approve(
    account: Account,
    intent: Intent,
    book: Book | None,
    market: MarketRules | None,
    at_ms: int,
    *,
    limits: AccountLimits = _DEFAULTS,
) -> ApprovedOrder | OrderRefused:
    """Every check is made; a refusal names all that failed, in the order of the checks.
    O(open lots + open orders) for a BUY, whose limits look at all of them."""
    bounds = bounds_of(account, intent, at_ms, limits)
    return _decide(account, intent, book, market, at_ms, bounds)


def _decide(
    account: Account,
    intent: Intent,
    book: Book | None,
    market: MarketRules | None,
    at_ms: int,
    bounds: Bounds,
) -> ApprovedOrder | OrderRefused:
    terms = pretrade.terms_of(intent, book, market)
    amounts = pretrade.amounts_of(account, intent, terms, account_limits.room_micros(bounds))
    refusals = (
        *pretrade.market_refusals(intent, book, market, at_ms),
        *pretrade.book_refusals(intent, book, terms),
        *pretrade.amount_refusals(intent.side, amounts, terms),
        *account_limits.refusals(bounds, intent, book, terms, amounts),
    )
    if refusals or book is None or amounts.offer is None:  # The latter two are among the refusals.
        return refuse(account.account, intent, refusals, at_ms)
    maker, taker = amounts.offer
    buys = intent.side is Side.BUY
    highest_fee = highest_fee_micros(maker, terms.limit_micros, terms.fee)
    return ApprovedOrder(
        order_id=intent.order_id,
        account=account.account,
        strategy_id=intent.strategy_id,
        signal_id=intent.signal_id,
        trade_id=intent.trade_id,
        venue=intent.venue,
        condition_id=intent.condition_id,
        token_id=intent.token_id,
        side=intent.side,
        order_type=OrderType.FAK,
        size_micros=taker if buys else maker,
        notional_micros=maker if buys else taker,
        limit_price_micros=terms.limit_micros,
        lock_micros=maker + highest_fee if buys else 0,
        fee=terms.fee,
        evidence=_evidence(account, intent, book, terms, amounts, bounds),
        requested_at_ms=at_ms,
        leader=intent.leader,
        attempt=intent.attempt,
        outcome=intent.outcome,
        title=intent.title,
    )


def refuse_unseen(account: AccountId, intent: Intent, why: str, at_ms: int) -> OrderRefused:
    """The refusal of an intent that is too old to look at its market, or else of one whose market
    cannot be looked at."""
    late = tuple(pretrade.age_refusals(intent, at_ms))
    unseen = (Refusal(code=RefusalCode.NO_BOOK, detail=why),)
    return refuse(account, intent, late or unseen, at_ms)


def requested(
    approved: ApprovedOrder, *, venue_order_id: VenueOrderId, request_body: str = ""
) -> OrderRequested:
    """The event that locks the capital; append it before anything is sent."""
    return OrderRequested(
        **msgspec.structs.asdict(approved),
        venue_order_id=venue_order_id,
        request_body=request_body,
    )


def approved_again(request: OrderRequested) -> ApprovedOrder:
    """The permission to send the same bytes again: a request in the log was approved."""
    return msgspec.convert(request, ApprovedOrder, from_attributes=True)


def decided_again(request: OrderRequested) -> ApprovedOrder | OrderRefused:
    """Decide again from nothing but the event. Anything but `approved_again(request)` means that it
    was decided by other rules than these, or not on this evidence. Without limits where the event
    tells none: so it was decided then."""
    evidence = request.evidence
    held = Position(
        token_id=request.token_id,
        condition_id=request.condition_id,
        size_micros=evidence.available_size_micros,
    )
    account = Account(
        account=request.account,
        free_micros=evidence.free_micros,
        positions=Map({held.token_id: held}),
    )
    book = Book(
        token_id=request.token_id,
        bids=evidence.levels if request.side is Side.SELL else (),
        asks=evidence.levels if request.side is Side.BUY else (),
        at_ms=evidence.book_at_ms,
        tick_size_micros=evidence.tick_size_micros,
        minimum_size_micros=evidence.minimum_size_micros,
    )
    market = MarketRules(
        condition_id=request.condition_id,
        tick_size_micros=evidence.tick_size_micros,
        minimum_size_micros=evidence.minimum_size_micros,
        fee=request.fee,
    )
    bounds = Bounds(limits=evidence.limits, standing=evidence.standing)
    at_ms = request.requested_at_ms
    return _decide(account, _intent_of(request), book, market, at_ms, bounds)


def _intent_of(request: OrderRequested) -> Intent:
    return Intent(
        order_id=request.order_id,
        strategy_id=request.strategy_id,
        signal_id=request.signal_id,
        trade_id=request.trade_id,
        venue=request.venue,
        condition_id=request.condition_id,
        token_id=request.token_id,
        side=request.side,
        limit_price_micros=request.limit_price_micros,
        leader_price_micros=request.evidence.leader_price_micros,
        notional_micros=request.evidence.asked_micros,
        size_micros=request.evidence.asked_micros,
        leader=request.leader,
        attempt=request.attempt,
        outcome=request.outcome,
        title=request.title,
    )


def refuse(
    account: AccountId, intent: Intent, refusals: tuple[Refusal, ...], at_ms: int
) -> OrderRefused:
    """`refusals`: all that speaks against the order, the first is the reason."""
    return OrderRefused(
        order_id=intent.order_id,
        account=account,
        strategy_id=intent.strategy_id,
        signal_id=intent.signal_id,
        trade_id=intent.trade_id,
        token_id=intent.token_id,
        side=intent.side,
        refusals=refusals,
        refused_at_ms=at_ms,
    )


def _evidence(
    account: Account,
    intent: Intent,
    book: Book,
    terms: Terms,
    amounts: Amounts,
    bounds: Bounds,
) -> Evidence:
    """The levels that the order would take if the book stayed as it is, and what limited it."""
    walk = price_for_notional if intent.side is Side.BUY else price_for_volume
    depth = walk(terms.within, amounts.offered)
    return Evidence(
        book_at_ms=book.at_ms,
        levels=depth.levels,
        vwap_micros=depth.vwap_micros or 0,
        worst_price_micros=depth.worst_price_micros or 0,
        fillable_size_micros=depth.filled_size_micros,
        leader_price_micros=intent.leader_price_micros,
        tick_size_micros=terms.tick_micros,
        minimum_size_micros=book.minimum_size_micros,
        free_micros=account.free_micros,
        checks=CHECKS + account_limits.checks(bounds),
        asked_micros=amounts.asked,
        available_size_micros=available_size_micros(account, intent.token_id),
        limits=bounds.limits,
        standing=bounds.standing,
    )
