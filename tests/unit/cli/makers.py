"""A small log: a leader trade, what was decided, what was ordered, and what became of it."""

from collections.abc import Sequence
from typing import Any

from polycopy.cli.core.venue import LeaderRow, LeaderTransaction
from polycopy.runtime.log import Recorded
from polycopy.schemas import ids
from polycopy.schemas.control import (
    LogCreated,
    ProportionalSizing,
    Strategy,
    StrategyCreated,
    VenueName,
)
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    LogId,
    OrderId,
    StrategyId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import (
    CapitalDeposited,
    ExecutorEpochStarted,
    FillConfirmed,
    OrderEvent,
    OrderFilled,
    OrderPlaced,
    OrderRequested,
)
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from polycopy.schemas.subjects import order_subject, subject_of
from polycopy.schemas.terms import Evidence, FeeCurve, FillRole, Level, OrderType
from polycopy.schemas.trades import TradeObserved

NOW_MS = 1_795_000_000_000
LOG = LogId("0d" * 16)
LEADER = Wallet("0x" + "ab" * 20)
TOKEN = TokenId("7132104567925221259")
CONDITION = ConditionId("0x" + "d2" * 32)
HASH = TransactionHash("0x" + "c1" * 32)
VENUE_ORDER = VenueOrderId("0x" + "e3" * 32)
VENUE_TRADE = VenueTradeId("match-1")
ACCOUNT = AccountId("main")
STRATEGY = StrategyId("live")
OTHER = StrategyId("forward")
EVIDENCE = Evidence(
    book_at_ms=NOW_MS,
    levels=(Level(price_micros=510_000, size_micros=30 * MICROS),),
    vwap_micros=510_000,
    worst_price_micros=510_000,
    fillable_size_micros=30 * MICROS,
    leader_price_micros=500_000,
    tick_size_micros=10_000,
    minimum_size_micros=5 * MICROS,
    free_micros=1_000 * MICROS,
    checks=("depth", "cash"),
)


class LogMaker:
    """Appends events as the services would, with causes and correlations."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self._versions: dict[str, int] = {}
        self.say(LogCreated(log_id=LOG))

    def say(
        self,
        event: Any,
        *,
        cause: str = "test",
        correlation: str = "",
        account: AccountId = ACCOUNT,
    ) -> EventId:
        """The id of the event, appended."""
        guarded = isinstance(event, OrderEvent)
        subject = order_subject(account, event) if guarded else subject_of(event)
        version = self._versions.get(subject.rsplit(".", 1)[0], 0) + 1 if guarded else 0
        if guarded:
            self._versions[subject.rsplit(".", 1)[0]] = version
        origin = Origin(
            source="test", time_ms=NOW_MS, causation_id=cause, correlation_id=correlation
        )
        key = str(len(self.events))
        new = draft(event, subject=subject, origin=origin, key=key, aggregate_version=version)
        self.events.append(
            Recorded(
                sequence=len(self.events) + 1,
                subject=subject,
                envelope=new.envelope,
                event=event,
            )
        )
        return new.envelope.event_id


def strategy(name: StrategyId, venue: VenueName, account: AccountId) -> Strategy:
    return Strategy(
        strategy_id=name,
        account=account,
        venue=venue,
        sizing=ProportionalSizing(ratio_ppm=20_000),
        capital_micros=1_000 * MICROS,
    )


def observed(shares: int = 1_000, transaction_hash: TransactionHash = HASH) -> TradeObserved:
    size = shares * MICROS
    return TradeObserved(
        transaction_hash=transaction_hash,
        wallet=LEADER,
        token_id=TOKEN,
        side=Side.BUY,
        condition_id=CONDITION,
        size_micros=size,
        increase_micros=size,
        notional_micros=size // 2,
        price_micros=500_000,
        source="rtds",
        rows=1,
        traded_at_ms=NOW_MS - 900,
        received_at_ms=NOW_MS - 5,
        title="Will it rain?",
        outcome="Yes",
    )


def evaluated(trade: TradeObserved, trade_id: EventId) -> TradeEvaluated:
    """The live strategy copies, the other does not."""
    version = EventId("0e" * 16)
    return TradeEvaluated(
        trade_id=trade_id,
        wallet=trade.wallet,
        transaction_hash=trade.transaction_hash,
        token_id=trade.token_id,
        condition_id=trade.condition_id,
        side=trade.side,
        size_micros=trade.increase_micros,
        price_micros=trade.price_micros,
        notional_micros=trade.notional_micros,
        decisions=(
            Decision(
                strategy_id=STRATEGY,
                account=ACCOUNT,
                venue=VenueName.POLYMARKET,
                notional_micros=10 * MICROS,
                limit_price_micros=520_000,
                strategy_version=version,
            ),
            Decision(
                strategy_id=OTHER,
                account=AccountId("forward"),
                venue=VenueName.PAPER,
                reasons=(ReasonCode.PRICE_OUT_OF_RANGE, ReasonCode.SIZE_BELOW_MINIMUM),
                strategy_version=version,
            ),
        ),
        evaluated_at_ms=NOW_MS - 2,
        traded_at_ms=trade.traded_at_ms,
    )


def requested(signal: EventId, trade_id: EventId, venue_order: VenueOrderId) -> OrderRequested:
    return OrderRequested(
        order_id=ids.order_id(signal_id=signal, strategy_id=STRATEGY),
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=signal,
        trade_id=trade_id,
        venue=VenueName.POLYMARKET,
        venue_order_id=venue_order,
        condition_id=CONDITION,
        token_id=TOKEN,
        side=Side.BUY,
        order_type=OrderType.FAK,
        size_micros=20 * MICROS,
        notional_micros=10 * MICROS,
        limit_price_micros=520_000,
        lock_micros=10 * MICROS,
        fee=FeeCurve(),
        evidence=EVIDENCE,
        requested_at_ms=NOW_MS,
        request_body='{"order":{}}',
    )


def filled(order: OrderId, venue_order: VenueOrderId, venue_trade: VenueTradeId) -> OrderFilled:
    return OrderFilled(
        order_id=order,
        venue_trade_id=venue_trade,
        venue_order_id=venue_order,
        token_id=TOKEN,
        side=Side.BUY,
        size_micros=20 * MICROS,
        price_micros=500_000,
        notional_micros=10 * MICROS,
        fee_micros=0,
        role=FillRole.TAKER,
        source="user-channel",
        matched_at_ms=NOW_MS + 1,
    )


def copied_trade() -> LogMaker:
    """A log in which one leader trade was copied, filled and settled."""
    log = LogMaker()
    log.say(StrategyCreated(strategy=strategy(STRATEGY, VenueName.POLYMARKET, ACCOUNT)))
    forward = strategy(OTHER, VenueName.PAPER, AccountId("forward"))
    log.say(StrategyCreated(strategy=forward))
    deposit = CapitalDeposited(account=ACCOUNT, strategy_id=STRATEGY, amount_micros=1_000 * MICROS)
    log.say(deposit)
    log.say(ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="test"))
    trade = observed()
    trade_id = log.say(trade)
    signal = log.say(evaluated(trade, trade_id), cause=trade_id, correlation=trade_id)
    request = requested(signal, trade_id, VENUE_ORDER)
    log.say(request, cause=signal, correlation=trade_id)
    after: Sequence[Any] = (
        OrderPlaced(
            order_id=request.order_id,
            venue_order_id=VENUE_ORDER,
            status="matched",
            placed_at_ms=NOW_MS + 1,
        ),
        filled(request.order_id, VENUE_ORDER, VENUE_TRADE),
        FillConfirmed(
            order_id=request.order_id,
            venue_trade_id=VENUE_TRADE,
            venue_order_id=VENUE_ORDER,
            transaction_hash=TransactionHash("0x" + "f5" * 32),
            confirmed_at_ms=NOW_MS + 2_000,
        ),
    )
    for event in after:
        log.say(event, cause="venue", correlation=trade_id)
    return log


def transaction(*sizes: int, transaction_hash: TransactionHash = HASH) -> LeaderTransaction:
    """As the venue emitted it: a row for each size."""
    return LeaderTransaction(
        done=False,
        transaction_hash=transaction_hash,
        rows=tuple(
            LeaderRow(
                wallet=LEADER,
                token_id=TOKEN,
                condition_id=CONDITION,
                side=Side.BUY,
                size_micros=size * MICROS,
                price_micros=500_000,
            )
            for size in sizes
        ),
    )
