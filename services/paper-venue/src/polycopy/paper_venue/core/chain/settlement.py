"""A trade's way to the chain: which steps it takes, when, and what the chain says in the end.

MATCHED, then MINED at half the time and CONFIRMED at its end. A bad day adds RETRYING (mined later,
under another hash) and FAILED (nothing is mined: a ghost fill). Source: research 2.3, 3.2 and 7.
"""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.facts import Leg, TradeMatched, TradeStatus
from polycopy.paper_venue.core.engine.ledger import Execution, Movement, Settled
from polycopy.paper_venue.core.faults.rules import FaultKind
from polycopy.paper_venue.core.sources.script import Row, Transaction
from polycopy.schemas.ids import ConditionId, VenueOrderId
from polycopy.schemas.money import MICROS

_PPM = 1_000_000


class Step(msgspec.Struct, frozen=True):
    """`due_ms` counts from the match."""

    status: TradeStatus
    due_ms: int


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How long a trade takes from the match to its end, and how many of a million go wrong.
    `feed_*`: how long after its match a leader's trade is mined and told by the activity feed."""

    least_ms: int = 2_000
    most_ms: int = 2_000
    failed_ppm: int = 0
    retried_ppm: int = 0
    feed_least_ms: int = 0
    feed_most_ms: int = 0


def course(terms: Terms, seed: str, trade_id: str, fault: FaultKind | None) -> tuple[Step, ...]:
    """The steps of one trade: a function of its id, so that no trade moves another's dice."""
    dice = identity.digest(seed, "settlement", trade_id)
    span = terms.most_ms - terms.least_ms + 1
    end_ms = terms.least_ms + int(dice[:8], 16) % span
    luck = int(dice[8:16], 16) % _PPM
    if fault is FaultKind.SETTLE_STUCK:
        return ()
    if fault is FaultKind.SETTLE_FAILED or (fault is None and luck < terms.failed_ppm):
        return (Step(TradeStatus.RETRYING, end_ms // 2), Step(TradeStatus.FAILED, end_ms))
    mined_ms = end_ms // 2
    tail = (Step(TradeStatus.MINED, mined_ms), Step(TradeStatus.CONFIRMED, end_ms))
    retried = fault is None and luck < terms.failed_ppm + terms.retried_ppm
    if fault is FaultKind.SETTLE_RETRIED or retried:
        return (Step(TradeStatus.RETRYING, mined_ms // 2), *tail)
    return tail


def feed_delay_ms(terms: Terms, transaction_hash: str) -> int:
    """From a leader's match to the feed: a function of the hash."""
    dice = int(identity.digest("feed delay", transaction_hash)[:8], 16)
    return terms.feed_least_ms + dice % (terms.feed_most_ms - terms.feed_least_ms + 1)


def retried(transaction: Transaction) -> Transaction:
    """The same trade, sent to the chain again: another hash."""
    again = "0x" + identity.digest("sent again", transaction.transaction_hash)
    return msgspec.structs.replace(transaction, transaction_hash=again)


def of_trade(matched: TradeMatched, transaction_hash: str, at_us: int) -> Settled:
    """What the chain keeps of a trade of the venue's users: an execution a leg."""
    return Settled(
        transaction_hash=transaction_hash,
        kind=Movement.TRADE,
        condition_id=matched.condition_id,
        at_us=at_us,
        executions=tuple(_of_leg(leg) for leg in (matched.taker, *matched.makers)),
    )


def of_script(transaction: Transaction, at_us: int) -> list[Settled]:
    """What the chain keeps of a leader's transaction: one entry a market, under one hash."""
    by_market: dict[ConditionId, list[Execution]] = {}
    for place, row in enumerate(transaction.rows):
        execution = _of_row(transaction.transaction_hash, place, row)
        by_market.setdefault(row.condition_id, []).append(execution)
    return [
        Settled(
            transaction_hash=transaction.transaction_hash,
            kind=Movement.TRADE,
            condition_id=condition,
            at_us=at_us,
            executions=tuple(executions),
        )
        for condition, executions in by_market.items()
    ]


def _of_leg(leg: Leg) -> Execution:
    return Execution(
        order_id=leg.order_id,
        wallet=leg.address,
        token_id=leg.token_id,
        index=leg.index,
        side=leg.side,
        size_micros=leg.size_micros,
        price_micros=leg.price_micros,
        notional_micros=leg.notional_micros,
        fee_micros=leg.fee_micros,
    )


def _of_row(transaction_hash: str, place: int, row: Row) -> Execution:
    return Execution(
        order_id=VenueOrderId("0x" + identity.digest("leader order", transaction_hash, place)),
        wallet=row.wallet,
        token_id=row.token_id,
        index=row.index,
        side=row.side,
        size_micros=row.size_micros,
        price_micros=row.price_micros,
        notional_micros=row.size_micros * row.price_micros // MICROS,
    )
