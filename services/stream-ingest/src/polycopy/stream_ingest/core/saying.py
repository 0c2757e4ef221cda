"""What of a trade is not in the log yet."""

from typing import assert_never

import msgspec

from polycopy.polymarket.leader_rows import ActivityRow, LeaderRow
from polycopy.schemas.money import MICROS
from polycopy.schemas.trades import (
    ActivityObserved,
    TradeDoubt,
    TradeObserved,
    TradeRehashed,
)
from polycopy.stream_ingest.core import likeness
from polycopy.stream_ingest.core.groups import Group, Sum
from polycopy.stream_ingest.core.likeness import Fate
from polycopy.stream_ingest.core.trades import Said, State

STALE_MS = 60_000


def due(state: State, key: str, now_ms: int, *, stale_ms: int = STALE_MS) -> Said | None:
    """The next event about a group; None where the log holds all, or where it has to wait: for the
    market of its token (`nameless`), or for a judgement about what it is like."""
    group = state.groups.get(key)
    if group is None or group.row is None:
        return None
    match group.row:
        case ActivityRow() as row:
            return _activity(group, row)
        case LeaderRow() as row:
            return _trade(state, key, _named(state, row), now_ms, stale_ms)
        case _:
            assert_never(group.row)


def nameless(state: State, key: str) -> LeaderRow | None:
    """A row of the group whose market is not known."""
    group = state.groups.get(key)
    if group is None or not isinstance(group.row, LeaderRow):
        return None
    return None if _named(state, group.row).condition_id else group.row


def _named(state: State, row: LeaderRow) -> LeaderRow:
    if row.condition_id or row.token_id not in state.conditions:
        return row
    return msgspec.structs.replace(row, condition_id=state.conditions[row.token_id])


def _trade(
    state: State, key: str, row: LeaderRow, now_ms: int, stale_ms: int
) -> TradeObserved | TradeRehashed | None:
    group = state.groups[key]
    largest = group.largest
    if not row.condition_id or largest is None:
        return None
    if group.same_as:
        return _goes_on(state, key, largest, row, now_ms, stale_ms)
    if group.likes and not group.said_micros:
        judgement = likeness.judged(state.groups, state.alike, key, now_ms)
        match judgement.fate:
            case Fate.OPEN:
                return None
            case Fate.PROVEN | Fate.ASSUMED:
                return _rehashed(state, judgement, row, now_ms)
            case Fate.DOUBTED:
                group = msgspec.structs.replace(group, doubtful=True)
            case Fate.OWN:
                pass
    return _observed(row, largest, group, now_ms, stale_ms)


def _goes_on(
    state: State, key: str, largest: Sum, row: LeaderRow, now_ms: int, stale_ms: int
) -> TradeObserved | None:
    """Growth of a trade whose hash changed is said under its first one. Where the last word has
    both, they were two."""
    group = state.groups[key]
    first = state.groups.get(group.same_as)
    if first is None:
        return None
    if group.confirmed and (first.confirmed or likeness.goes_on_otherwise(first, key)):
        return _observed(row, largest, group, now_ms, stale_ms)
    if not group.confirmed:
        return None  # That it is the same one is a guess, and nothing grows by a guess.
    named = msgspec.structs.replace(row, transaction_hash=first.transaction_hash)
    return _observed(named, largest, first, now_ms, stale_ms)


def _rehashed(
    state: State, judgement: likeness.Judgement, row: LeaderRow, now_ms: int
) -> TradeRehashed:
    return TradeRehashed(
        transaction_hash=state.groups[judgement.key].transaction_hash,
        wallet=row.wallet,
        token_id=row.token_id,
        side=row.side,
        rehashed_as=row.transaction_hash,
        proven=judgement.fate is Fate.PROVEN,
        at_ms=now_ms,
    )


def _observed(
    row: LeaderRow, total: Sum, group: Group, now_ms: int, stale_ms: int
) -> TradeObserved | None:
    increase_micros = total.size_micros - group.said_micros
    if increase_micros <= 0:
        return None
    received_at_ms = group.heard_at_ms if not group.said_micros else now_ms
    return TradeObserved(
        transaction_hash=row.transaction_hash,
        wallet=row.wallet,
        token_id=row.token_id,
        side=row.side,
        condition_id=row.condition_id,
        size_micros=total.size_micros,
        increase_micros=increase_micros,
        notional_micros=total.value // MICROS,
        price_micros=_rounded(total.value, total.size_micros),
        source=f"{total.source}.{total.kind}",
        rows=total.rows,
        traded_at_ms=row.traded_at_ms,
        received_at_ms=received_at_ms,
        sent_at_ms=row.sent_at_ms,
        outcome=row.outcome,
        slug=row.slug,
        title=row.title,
        stale=now_ms - row.traded_at_ms > stale_ms,
        doubt=TradeDoubt.MAYBE_REHASHED if group.doubtful else TradeDoubt.NONE,
    )


def _activity(group: Group, row: ActivityRow) -> ActivityObserved | None:
    total = group.largest
    if total is None or total.size_micros <= group.said_micros:
        return None
    return ActivityObserved(
        transaction_hash=row.transaction_hash,
        wallet=row.wallet,
        kind=row.kind,
        condition_id=row.condition_id,
        token_id=row.token_id,
        size_micros=total.size_micros,
        increase_micros=total.size_micros - group.said_micros,
        notional_micros=total.value // MICROS,
        source=f"{total.source}.{total.kind}",
        happened_at_ms=row.happened_at_ms,
        received_at_ms=group.heard_at_ms,
        slug=row.slug,
        title=row.title,
    )


def _rounded(dividend: int, divisor: int) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * dividend + divisor) // (2 * divisor)
