"""What a demo run amounts to: counts, latency, and one line a strategy. Pure.

Latency is measured between the two ends that are not ours: the leader's frame leaving the venue
and our POST arriving there, both by the venue's clock.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

import msgspec

from polycopy.cli.core.account_rows import histories
from polycopy.cli.core.progress import group_key
from polycopy.cli.core.rows import ReadModel
from polycopy.cli.core.venue import Journal
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import StrategyCreated, VenueName
from polycopy.schemas.ids import EventId, OrderId, StrategyId, TransactionHash, VenueOrderId
from polycopy.schemas.orders import (
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.signals import TradeEvaluated
from polycopy.schemas.trades import TradeObserved
from polycopy.trading import account as accounts


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds; None where no order reached the venue."""

    p50: float | None
    p99: float | None
    max: float | None


class StrategyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the leader trades in one strategy."""

    strategy_id: StrategyId
    account: str
    venue: str
    qualified: int
    refused: Mapping[str, int]
    """Decisions against a copy, by their first reason."""
    orders: int
    orders_refused: Mapping[str, int]
    """Orders that the executor's own checks refused, by their first code."""
    fills: int


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the log holds."""

    evaluated: int
    qualified: int
    orders_requested: int
    orders_placed: int
    orders_lost: int
    orders_refused: int
    fills: int


def counts(events: Sequence[Recorded]) -> Counts:
    """`qualified` counts decisions, one a strategy. An order is placed once the venue is known to
    have it, by its answer or by a fill that was told before the answer; it is lost where it is
    LOST at the log's end."""
    kinds = Counter(type(recorded.event) for recorded in events)
    placed = {
        one.event.order_id
        for one in events
        if isinstance(one.event, OrderPlaced | OrderFilled | OrderPartiallyFilled)
    }
    folded = (accounts.fold(name, history) for name, history in histories(events).items())
    return Counts(
        evaluated=kinds[TradeEvaluated],
        qualified=sum(strategy.qualified for strategy in strategies(events)),
        orders_requested=kinds[OrderRequested],
        orders_placed=len(placed),
        orders_lost=sum(len(account.lost_ids) for account in folded),
        orders_refused=kinds[OrderRefused],
        fills=kinds[OrderFilled] + kinds[OrderPartiallyFilled],
    )


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What a run added to the log."""

    trades: int
    orders: int


def news(events: Sequence[Recorded], began_after: int) -> News:
    """Leader trades observed and orders requested after that sequence."""
    kinds = Counter(type(one.event) for one in events if one.sequence > began_after)
    return News(trades=kinds[TradeObserved], orders=kinds[OrderRequested])


def trades_wrong(sizes: Mapping[str, int], model: ReadModel) -> int:
    """How many leader trades the read model shows in another size than the venue said."""
    shown = {
        group_key(row.transaction_hash, row.wallet, row.token_id, row.side): row.size_micros
        for row in model.leader_trades
    }
    return sum(shown[key] != size for key, size in sizes.items() if key in shown)


def strategies(events: Sequence[Recorded]) -> list[StrategyReport]:
    """One for each strategy, in the order of their creation."""
    refused: dict[StrategyId, Counter[str]] = defaultdict(Counter)
    codes: dict[StrategyId, Counter[str]] = defaultdict(Counter)
    qualified, orders, fills = Counter[StrategyId](), Counter[StrategyId](), Counter[StrategyId]()
    owner: dict[OrderId, StrategyId] = {}
    created: dict[StrategyId, StrategyCreated] = {}
    for recorded in events:
        match recorded.event:
            case StrategyCreated() as event:
                created[event.strategy.strategy_id] = event
            case TradeEvaluated(decisions=decisions):
                for decision in decisions:
                    if decision.qualified:
                        qualified[decision.strategy_id] += 1
                    else:
                        refused[decision.strategy_id][decision.reasons[0]] += 1
            case OrderRequested() as event:
                orders[event.strategy_id] += 1
                owner[event.order_id] = event.strategy_id
            case OrderRefused() as event:
                codes[event.strategy_id][event.refusals[0].code] += 1
            case (OrderFilled() | OrderPartiallyFilled()) as event if event.order_id in owner:
                fills[owner[event.order_id]] += 1
    return [
        StrategyReport(
            strategy_id=name,
            account=event.strategy.account,
            venue=event.strategy.venue,
            qualified=qualified[name],
            refused=dict(refused[name].most_common()),
            orders=orders[name],
            orders_refused=dict(codes[name].most_common()),
            fills=fills[name],
        )
        for name, event in created.items()
    ]


def latency(events: Sequence[Recorded], journal: Journal) -> Latency:
    """Joined by the log: POST → OrderRequested → leader trade → transaction."""
    sent_us = {emission.transaction_hash: emission.at_us for emission in journal.emissions}
    transaction: dict[EventId, TransactionHash] = {}
    trade: dict[VenueOrderId, EventId] = {}
    for recorded in events:
        match recorded.event:
            case TradeObserved(transaction_hash=transaction_hash):
                transaction[recorded.envelope.event_id] = transaction_hash
            case OrderRequested(venue_order_id=venue_order_id, trade_id=trade_id):
                trade[venue_order_id] = trade_id
    samples_us = []
    for order in journal.orders:
        started = sent_us.get(transaction.get(trade.get(order.venue_order_id, EventId("")), _NONE))
        if started is not None:
            samples_us.append(order.received_at_us - started)
    return _figures(sorted(samples_us))


def digest(events: Sequence[Recorded], venues: Collection[VenueName] = tuple(VenueName)) -> str:
    """Equal for two runs that ordered and filled the same, whatever the clock said.

    Only what goes to `venues` counts.
    """
    transaction = {
        recorded.envelope.event_id: recorded.event.transaction_hash
        for recorded in events
        if isinstance(recorded.event, TradeObserved)
    }
    requests: dict[OrderId, str] = {}
    fills: dict[OrderId, list[str]] = defaultdict(list)
    for recorded in events:
        match recorded.event:
            case OrderRequested() as event if event.venue in venues:
                requests[event.order_id] = (
                    f"{transaction.get(event.trade_id)} {event.strategy_id} {event.token_id} "
                    f"{event.side} {event.size_micros} {event.notional_micros} "
                    f"{event.limit_price_micros}"
                )
            case (OrderFilled() | OrderPartiallyFilled()) as event:
                fills[event.order_id].append(
                    f"{event.size_micros}@{event.price_micros}+{event.fee_micros}"
                )
    lines = sorted(f"{text} {sorted(fills[order])}" for order, text in requests.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


_NONE = TransactionHash("")


def _figures(samples_us: Sequence[int]) -> Latency:
    """Nearest rank: a figure that was really measured."""
    if not samples_us:
        return Latency(p50=None, p99=None, max=None)
    count = len(samples_us)
    return Latency(
        p50=samples_us[-(-count * 50 // 100) - 1] / 1_000,
        p99=samples_us[-(-count * 99 // 100) - 1] / 1_000,
        max=samples_us[-1] / 1_000,
    )
