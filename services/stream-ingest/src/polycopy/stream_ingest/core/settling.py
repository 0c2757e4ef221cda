"""What is said of a trade when time has passed: which sources never brought it, and whether the
sources with the last word have less of it than was said.

A trade is looked at twice: when every source had time for it (`MISSED_AFTER_MS`), and when nobody
will say more (`SETTLED_AFTER_MS`). Then it is put away, its sums with it.
"""

from collections.abc import Callable

import msgspec

from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import TransactionHash
from polycopy.schemas.trades import TradeCorrected
from polycopy.stream_ingest.core import likeness
from polycopy.stream_ingest.core.groups import Group, Sum
from polycopy.stream_ingest.core.reports import LAST_WORD
from polycopy.stream_ingest.core.trades import State

MISSED_AFTER_MS = 60_000
SETTLED_AFTER_MS = 300_000
NAMED_AFTER_MS_MAX = 24 * 3_600_000
"""So long a trade waits for the market of its token, while nobody can be asked."""

Covers = Callable[[str, int, int], bool]
"""Whether a source delivered all the time from a moment to another (milliseconds)."""


class Missed(msgspec.Struct, frozen=True):
    """A trade that a source should have brought and did not."""

    source: str
    transaction_hash: TransactionHash
    traded_at_ms: int


def ripe(state: State, now_ms: int) -> tuple[str, ...]:
    """Groups of which more may be said because time has passed. Costs one look at each that is
    not settled."""
    return tuple(
        key
        for key in state.pending
        if (group := state.groups.get(key)) is None
        or (group.likes and not group.said_micros)
        or now_ms - group.heard_at_ms >= (SETTLED_AFTER_MS if group.is_counted else MISSED_AFTER_MS)
    )


def counted(
    state: State, key: str, now_ms: int, sources: frozenset[str], covers: Covers
) -> tuple[State, tuple[Missed, ...]]:
    """Once for each trade: the sources that delivered while it happened and did not bring it."""
    group = state.groups.get(key)
    if group is None or group.is_counted or now_ms - group.heard_at_ms < MISSED_AFTER_MS:
        return state, ()
    state = _with(state, key, msgspec.structs.replace(group, is_counted=True))
    if not isinstance(group.row, LeaderRow) or not _was_followed(state, group.row):
        return state, ()
    from_ms, until_ms = group.row.traded_at_ms, group.heard_at_ms + MISSED_AFTER_MS
    missed = tuple(
        Missed(source, group.transaction_hash, from_ms)
        for source in sorted(sources)
        if not group.heard_of_by(source) and covers(source, from_ms, until_ms)
    )
    return state, missed


def correction(
    state: State, key: str, now_ms: int, sources: frozenset[str], covers: Covers
) -> TradeCorrected | None:
    """What the last word leaves of a settled trade, where that is less than was said and not told
    already. Nothing where no such source was there all the time."""
    group = state.groups.get(key)
    if group is None or group.same_as or not isinstance(group.row, LeaderRow):
        return None
    if not group.said_micros or now_ms - group.heard_at_ms < SETTLED_AFTER_MS:
        return None
    is_fresh = now_ms - group.grown_at_ms < MISSED_AFTER_MS  # Read again, maybe half of it.
    if is_fresh or not _was_followed(state, group.row):
        return None
    until_ms = group.heard_at_ms + SETTLED_AFTER_MS
    settled = _last_words(state, group)
    by = sorted({one.source for one in settled}) or [
        source
        for source in sorted(sources & LAST_WORD)
        if covers(source, group.row.traded_at_ms, until_ms)
    ]
    if not by:
        return None
    settled_micros = max((one.size_micros for one in settled), default=0)
    before = group.said_micros if group.corrected_micros < 0 else group.corrected_micros
    if settled_micros == before or settled_micros > group.said_micros:
        return None
    return TradeCorrected(
        transaction_hash=group.transaction_hash,
        wallet=group.row.wallet,
        token_id=group.row.token_id,
        side=group.row.side,
        size_micros=settled_micros,
        said_micros=group.said_micros,
        source="+".join(by),
        at_ms=now_ms,
    )


def _was_followed(state: State, row: LeaderRow) -> bool:
    """Whether the wallet is followed without a break since before the trade: nobody was asked about
    it in a break."""
    since_ms = state.wallets.get(row.wallet)
    return since_ms is not None and since_ms <= row.traded_at_ms


def _last_words(state: State, group: Group) -> list[Sum]:
    """What the sources with the last word have of it, under either hash."""
    further = state.groups.get(group.goes_on_as)
    sums = (*group.sums, *(further.sums if further else ()))
    return [one for one in sums if one.source in LAST_WORD]


def put_away(state: State, key: str, now_ms: int) -> State:
    """A settled group without its rows and sums: what is heard of it later begins anew."""
    group = state.groups.get(key)
    if group is not None:
        after_ms = NAMED_AFTER_MS_MAX if _waits_for_a_name(state, group) else SETTLED_AFTER_MS
        if now_ms - group.heard_at_ms < after_ms:
            return state
    state = msgspec.structs.replace(state, pending=state.pending.delete(key))
    if group is None:
        return state
    bare = msgspec.structs.replace(group, row=None, sums=(), sizes=frozenset(), likes=())
    return _with(state, key, bare)


def tidied(state: State, now_ms: int) -> State:
    """Without what can be like nothing any more. Costs a look at each recent trade."""
    return msgspec.structs.replace(state, alike=likeness.pruned(state.alike, now_ms))


def _waits_for_a_name(state: State, group: Group) -> bool:
    """Nobody said yet in which market it is: put away, it would never be said."""
    row = group.row
    return (
        isinstance(row, LeaderRow)
        and not row.condition_id
        and row.token_id not in state.conditions
        and not group.said_micros
    )


def _with(state: State, key: str, group: Group) -> State:
    return msgspec.structs.replace(state, groups=state.groups.set(key, group))
