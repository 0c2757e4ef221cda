"""A trade's way to the chain: which steps it takes, when, and what the chain says in the end.

MATCHED, then MINED at half the time and CONFIRMED at its end. A bad day adds RETRYING (mined later,
under another hash) and FAILED (nothing is mined: a ghost fill). Source: research 2.3, 3.2 and 7.
"""

from collections.abc import Sequence

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


def fate(terms: Terms, seed: str, batch: str, fault: FaultKind | None) -> FaultKind | None:
    """What goes wrong with trades on their way: what a fault says, else what their dice say, which
    are a function of their id, so that no trade moves another's."""
    return _fate(terms, identity.digest(seed, "settlement", batch), fault)


def _fate(terms: Terms, dice: str, fault: FaultKind | None) -> FaultKind | None:
    if fault is not None:
        return fault
    luck = int(dice[8:16], 16) % _PPM
    if luck < terms.failed_ppm:
        return FaultKind.SETTLE_FAILED
    return FaultKind.SETTLE_RETRIED if luck < terms.failed_ppm + terms.retried_ppm else None


def course(terms: Terms, seed: str, batch: str, fault: FaultKind | None) -> tuple[Step, ...]:
    """The steps of all trades of a batch."""
    dice = identity.digest(seed, "settlement", batch)
    span = terms.most_ms - terms.least_ms + 1
    end_ms = terms.least_ms + int(dice[:8], 16) % span
    mined_ms = end_ms // 2
    landed = (Step(TradeStatus.MINED, mined_ms), Step(TradeStatus.CONFIRMED, end_ms))
    match _fate(terms, dice, fault):
        case FaultKind.SETTLE_STUCK:
            return ()
        case FaultKind.SETTLE_FAILED:
            return (Step(TradeStatus.RETRYING, mined_ms), Step(TradeStatus.FAILED, end_ms))
        case FaultKind.SETTLE_RETRIED:
            return (Step(TradeStatus.RETRYING, mined_ms // 2), *landed)
        case _:
            return landed


def feed_delay_ms(terms: Terms, transaction_hash: str) -> int:
    """From a leader's match to the feed: a function of the hash."""
    dice = int(identity.digest("feed delay", transaction_hash)[:8], 16)
    return terms.feed_least_ms + dice % (terms.feed_most_ms - terms.feed_least_ms + 1)


def retried(transaction: Transaction) -> Transaction:
    """The same trade, sent to the chain again: another hash."""
    again = "0x" + identity.digest("sent again", transaction.transaction_hash)
    return msgspec.structs.replace(transaction, transaction_hash=again)


def of_batch(batch: Sequence[TradeMatched], transaction_hash: str, at_us: int) -> Settled:
    """What the chain keeps of the trades of one taker order: the taker's execution as a whole, at
    its average price, and one for each maker."""
    takers = [matched.taker for matched in batch]
    size = sum(leg.size_micros for leg in takers)
    notional = sum(leg.notional_micros for leg in takers)
    whole = msgspec.structs.replace(
        takers[0],
        size_micros=size,
        notional_micros=notional,
        price_micros=takers[0].price_micros if len(takers) == 1 else notional * MICROS // size,
        fee_micros=sum(leg.fee_micros for leg in takers),
    )
    legs = (whole, *(leg for matched in batch for leg in matched.makers))
    return Settled(
        transaction_hash=transaction_hash,
        kind=Movement.TRADE,
        condition_id=batch[0].condition_id,
        at_us=at_us,
        executions=tuple(_of_leg(leg) for leg in legs),
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
