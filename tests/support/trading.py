"""Accounts, orders and books to test with. Whole numbers of shares and dollars are in micros."""

from collections.abc import Iterable

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
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    FillConfirmed,
    FillReverted,
    OrderEvent,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import Evidence, FeeCurve, FillRole, Level, OrderType, VenueAccount
from polycopy.trading.account_reports import SeenFill
from polycopy.trading.account_state import Account, Tally
from polycopy.trading.approval import Intent
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book, book_from_levels

ACCOUNT = AccountId("paper-main")
STRATEGY = StrategyId("copy-one")
LEADER = Wallet("0x" + "ab" * 20)
TOKEN = TokenId("7132104567925221259")
CONDITION = ConditionId("0x" + "d2" * 32)
FEE = FeeCurve(rate_ppm=50_000)
ONE = 1_000_000
CENT = 10_000

WIDE = AccountLimits(
    order_ppm_max=10**9,
    market_exposure_ppm_max=10**9,
    leader_exposure_ppm_max=10**9,
    total_exposure_ppm_max=10**9,
    daily_budget_ppm_max=10**9,
    daily_loss_ppm_max=10**9,
    drawdown_ppm_max=10**9,
    orders_per_minute_max=10**9,
    price_gap_micros_max=ONE,
)
"""Limits that no test reaches."""

DEPOSITED = CapitalDeposited(account=ACCOUNT, strategy_id=STRATEGY, amount_micros=1_000 * ONE)
ON_PAPER = VenueAccount(venue=VenueName.PAPER, host="clob.example")
EPOCH = ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="test")
"""By a build that did not tell whose the account is."""
OPENING = (DEPOSITED, EPOCH)

EVIDENCE = Evidence(
    book_at_ms=1,
    levels=(),
    vwap_micros=0,
    worst_price_micros=0,
    fillable_size_micros=0,
    leader_price_micros=500_000,
    tick_size_micros=10_000,
    minimum_size_micros=5 * ONE,
    free_micros=0,
)


def venue_id(name: str) -> VenueOrderId:
    return VenueOrderId(f"0x{name}")


def requested(
    name: str = "a",
    *,
    side: Side = Side.BUY,
    order_type: OrderType = OrderType.FAK,
    size: int = 20 * ONE,
    notional: int = 10 * ONE,
    lock: int | None = None,
    token: TokenId = TOKEN,
) -> OrderRequested:
    """A BUY of 20 shares for 10 dollars, unless told otherwise."""
    return OrderRequested(
        order_id=OrderId(name),
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=EventId(f"signal-{name}"),
        trade_id=EventId(f"trade-{name}"),
        venue=VenueName.PAPER,
        venue_order_id=venue_id(name),
        condition_id=CONDITION,
        token_id=token,
        side=side,
        order_type=order_type,
        size_micros=size,
        notional_micros=notional,
        limit_price_micros=500_000,
        lock_micros=(notional if side is Side.BUY else 0) if lock is None else lock,
        fee=FEE,
        evidence=EVIDENCE,
        requested_at_ms=1_000,
        request_body="{}",
        leader=LEADER,
    )


def refused(name: str = "a", at_ms: int = 1_000) -> OrderRefused:
    request = requested(name)
    return OrderRefused(
        order_id=request.order_id,
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=request.signal_id,
        trade_id=request.trade_id,
        token_id=TOKEN,
        side=Side.BUY,
        refusals=(),
        refused_at_ms=at_ms,
    )


def placed(name: str = "a") -> OrderPlaced:
    return OrderPlaced(
        order_id=OrderId(name),
        venue_order_id=venue_id(name),
        status="matched",
        placed_at_ms=1_001,
    )


def seen(
    name: str = "a", trade: str = "t1", *, size: int = 20 * ONE, notional: int, fee: int = 0
) -> SeenFill:
    return SeenFill(
        venue_trade_id=VenueTradeId(trade),
        venue_order_id=venue_id(name),
        size_micros=size,
        price_micros=notional * ONE // size if size else 0,
        notional_micros=notional,
        fee_micros=fee,
        role=FillRole.TAKER,
        source="test",
        matched_at_ms=1_002,
    )


def filled(
    name: str = "a",
    trade: str = "t1",
    *,
    size: int = 20 * ONE,
    notional: int = 10 * ONE,
    fee: int = 0,
    side: Side = Side.BUY,
    partially: bool = False,
) -> OrderFilled | OrderPartiallyFilled:
    kind = OrderPartiallyFilled if partially else OrderFilled
    return kind(
        order_id=OrderId(name),
        venue_trade_id=VenueTradeId(trade),
        venue_order_id=venue_id(name),
        token_id=TOKEN,
        side=side,
        size_micros=size,
        price_micros=notional * ONE // size,
        notional_micros=notional,
        fee_micros=fee,
        role=FillRole.TAKER,
        source="test",
        matched_at_ms=1_002,
    )


def confirmed(name: str = "a", trade: str = "t1") -> FillConfirmed:
    return FillConfirmed(
        order_id=OrderId(name),
        venue_trade_id=VenueTradeId(trade),
        venue_order_id=venue_id(name),
        transaction_hash=TransactionHash("0xc1"),
        confirmed_at_ms=1_003,
    )


def reverted(name: str = "a", trade: str = "t1") -> FillReverted:
    return FillReverted(
        order_id=OrderId(name),
        venue_trade_id=VenueTradeId(trade),
        venue_order_id=venue_id(name),
        reason="failed",
        reverted_at_ms=1_004,
    )


def many_orders(count: int) -> list[OrderEvent]:
    """The opening, and so many orders from request to confirmation; every third is a SELL."""
    events: list[OrderEvent] = [*OPENING]
    for number in range(count):
        name, side = f"o{number}", Side.SELL if number % 3 == 2 else Side.BUY
        events += [requested(name, side=side), placed(name)]
        events += [filled(name, f"t{number}", side=side), confirmed(name, f"t{number}")]
    return events


def essence(account: Account) -> Account:
    """Where the account stands, without what remembers the way: the tally, the clock, the counts of
    events and contradictions."""
    orders = {
        key: msgspec.structs.replace(order, anomalies=(), touched_at_ms=0, number=0, request=None)
        for key, order in account.orders.items()
    }
    lots = {key: msgspec.structs.replace(lot, number=0) for key, lot in account.lots.items()}
    return msgspec.structs.replace(
        account,
        orders=Map(orders),
        lots=Map(lots),
        tally=Tally(),
        clock_ms=0,
        version=0,
        anomalies=0,
    )


def levels(*pairs: tuple[int, int]) -> tuple[Level, ...]:
    return tuple(Level(price_micros=price, size_micros=size) for price, size in pairs)


def book(
    *,
    bids: Iterable[tuple[int, int]] = ((480_000, 100 * ONE), (490_000, 50 * ONE)),
    asks: Iterable[tuple[int, int]] = ((530_000, 90 * ONE), (510_000, 120 * ONE)),
    tick: int = 10_000,
) -> Book:
    """Worst price first, as the venue sends it."""
    return book_from_levels(
        token_id=TOKEN,
        bids=levels(*bids),
        asks=levels(*asks),
        at_ms=900,
        tick_size_micros=tick,
        minimum_size_micros=5 * ONE,
    )


def market(*, fee: FeeCurve = FEE, accepting_orders: bool = True) -> MarketRules:
    return MarketRules(
        condition_id=CONDITION,
        tick_size_micros=10_000,
        minimum_size_micros=5 * ONE,
        fee=fee,
        accepting_orders=accepting_orders,
    )


def intent(
    side: Side = Side.BUY, *, amount: int = 50 * ONE, limit: int = 520_000, valid_until: int = 0
) -> Intent:
    return Intent(
        order_id=OrderId("a"),
        strategy_id=STRATEGY,
        signal_id=EventId("signal"),
        trade_id=EventId("trade"),
        venue=VenueName.POLYMARKET,
        condition_id=CONDITION,
        token_id=TOKEN,
        side=side,
        limit_price_micros=limit,
        leader_price_micros=500_000,
        notional_micros=amount if side is Side.BUY else 0,
        size_micros=amount if side is Side.SELL else 0,
        valid_until_ms=valid_until,
        leader=LEADER,
        outcome="Yes",
        title="Will it rain?",
    )
