"""Strategies, and signals for them, as a test says them to a log."""

from polycopy.paper_venue.core.engine.marks import mark_micros
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.log import Log, Recorded
from polycopy.schemas import subjects
from polycopy.schemas.control import FixedSizing, Strategy, StrategyCreated, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    StrategyId,
    TokenId,
    TransactionHash,
    Wallet,
)
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from tests.support.paper_venue import Running

LEADER = Wallet("0x" + "ab" * 20)
PAPER = AccountId("paper-one")
LIVE = AccountId("live-main")


def strategy(name: str, account: AccountId, venue: VenueName) -> Strategy:
    """A hundred dollars to copy with."""
    return Strategy(
        strategy_id=StrategyId(name),
        account=account,
        venue=venue,
        sizing=FixedSizing(notional_micros=10 * MICROS),
        capital_micros=100 * MICROS,
    )


def decision(
    of: Strategy,
    *,
    notional: int = 10 * MICROS,
    size: int = 0,
    limit: int = 990_000,
    reasons: tuple[ReasonCode, ...] = (),
) -> Decision:
    """A qualified BUY of ten dollars at nearly any price, unless told otherwise."""
    return Decision(
        strategy_id=of.strategy_id,
        strategy_version=EventId("0e" * 16),
        account=of.account,
        venue=of.venue,
        reasons=reasons,
        notional_micros=notional,
        size_micros=size,
        limit_price_micros=limit,
    )


async def create(log: Log, of: Strategy) -> None:
    event = StrategyCreated(strategy=of)
    subject = subjects.subject_of(event)
    last = await log.last(f"control.strategy.{of.strategy_id}.*")
    origin = Origin(source="test", time_ms=1, causation_id=f"create {of.strategy_id}")
    await log.append(
        draft(event, subject=subject, origin=origin), expected=last.sequence if last else 0
    )


async def signal(
    log: Log,
    venue: Running,
    *decisions: Decision,
    number: int = 1,
    side: Side = Side.BUY,
    age_ms: int = 0,
) -> Recorded:
    """A leader trade of the venue's first token at the price of its book, evaluated just now."""
    market = venue.script.markets[0]
    token_id = market.tokens[0].token_id
    book = venue.desk.exchange.books[market.condition_id]
    return await signal_of(
        log,
        market.condition_id,
        token_id,
        *decisions,
        number=number,
        side=side,
        age_ms=age_ms,
        price_micros=mark_micros(book, 0),
    )


async def signal_of(
    log: Log,
    condition_id: ConditionId,
    token_id: TokenId,
    *decisions: Decision,
    number: int = 1,
    side: Side = Side.BUY,
    age_ms: int = 0,
    price_micros: int = 500_000,
) -> Recorded:
    now_ms = SystemClock().now_ms() - age_ms
    event = TradeEvaluated(
        trade_id=EventId(f"{number:032x}"),
        wallet=LEADER,
        transaction_hash=TransactionHash("0x" + f"{number:064x}"),
        token_id=token_id,
        condition_id=condition_id,
        side=side,
        size_micros=20 * MICROS,
        price_micros=price_micros,
        notional_micros=10 * MICROS,
        decisions=decisions,
        evaluated_at_ms=now_ms,
        traded_at_ms=now_ms,
    )
    origin = Origin(source="test", time_ms=now_ms, causation_id=event.trade_id)
    sequence = await log.append(draft(event, subject=subjects.subject_of(event), origin=origin))
    recorded = await log.at(sequence)
    assert recorded is not None
    return recorded
