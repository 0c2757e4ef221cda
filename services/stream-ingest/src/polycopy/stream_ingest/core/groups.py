"""One leader trade as its sources tell it.

The trade is the group (transaction hash, wallet, token, side). Rows that one source brings in one
session add up; the size of the trade is the largest of these sums, never their sum. So whatever is
lost, reordered or repeated over another connection, in a new session or by another source, a size
is right or low, never double.

Two equal rows of one transaction are real (1 in 120 of a recorded session), and so are frames that
a socket brings twice. What tells them apart differs: a log index (chain); a walk over pages that
repeat nothing (Data API). The activity feed has nothing. There a frame that is equal to the last
byte counts once where a source with the last word is on, which says seconds later whether there
were two; where none is, it counts each time: recordings have many such rows, and reports of such
repetitions are unknown.
"""

import msgspec

from polycopy.polymarket.leader_rows import ActivityRow, LeaderRow
from polycopy.schemas.ids import TransactionHash, derive, trade_group_key
from polycopy.schemas.money import LIMIT, MICROS
from polycopy.schemas.trades import ActivityObserved
from polycopy.stream_ingest.core.reports import LAST_WORD

ROWS_MAX = 2_000
"""Of one sum; the largest real transactions have some dozens."""

Row = LeaderRow | ActivityRow
Mark = str | bytes


class Sum(msgspec.Struct, frozen=True, gc=False):
    """What one session of a source adds up to. `value`: Σ pUSD × 10⁶ × 10⁶. `marks`: what tells the
    counted rows from repetitions."""

    source: str
    session: str
    kind: str
    size_micros: int = 0
    value: int = 0
    rows: int = 0
    marks: tuple[Mark, ...] = ()


class Group(msgspec.Struct, frozen=True, gc=False):
    """`at_ms` is when the trade happened, or when we heard of it where that was earlier;
    `heard_at_ms` when we first did, 0 where only the log knows it, `grown_at_ms` when it was
    last heard to be larger. `said_micros` is the size in the
    log, `corrected_micros` what the last TradeCorrected left of it (-1: none). `likes` are the
    trades that this one may be, under another hash, and for which it waits; `same_as` is the one
    that it is, `goes_on_as` the other way round (`proven`: the last word has that one). `row` is
    gone where nothing more is expected;
    `is_counted`: it was told which sources missed it."""

    transaction_hash: TransactionHash
    at_ms: int
    said_micros: int = 0
    corrected_micros: int = -1
    heard_at_ms: int = 0
    grown_at_ms: int = 0
    row: Row | None = None
    sums: tuple[Sum, ...] = ()
    sizes: frozenset[int] = frozenset()
    likes: tuple[str, ...] = ()
    same_as: str = ""
    goes_on_as: str = ""
    proven: bool = False
    doubtful: bool = False
    is_counted: bool = False

    @property
    def confirmed(self) -> bool:
        """Whether a source with the last word has it."""
        return any(one.source in LAST_WORD for one in self.sums)

    @property
    def largest(self) -> Sum | None:
        """The sum that counts."""
        if len(self.sums) == 1:
            return self.sums[0]
        return max(self.sums, key=lambda one: (one.size_micros, one.value), default=None)

    @property
    def size_micros(self) -> int:
        """As far as it was heard of here."""
        return self.largest.size_micros if self.largest else 0

    def heard_of_by(self, source: str) -> bool:
        return any(one.source == source for one in self.sums)


def key_of(row: Row) -> str:
    """The identity of the trade or activity that a row belongs to."""
    if isinstance(row, LeaderRow):
        return trade_group_key(
            transaction_hash=row.transaction_hash,
            wallet=row.wallet,
            token_id=row.token_id,
            side=row.side,
        )
    return activity_key(row)


def activity_key(row: ActivityRow | ActivityObserved) -> str:
    return derive(
        "activity", row.transaction_hash, row.wallet, row.kind, row.condition_id, row.token_id
    )


def time_of(row: Row) -> int:
    return row.traded_at_ms if isinstance(row, LeaderRow) else row.happened_at_ms


def added(group: Group, row: Row, *, source: str, session: str, mark: Mark) -> Group | None:
    """The group with the row in it; the very same group where the row was counted already; None
    where a sum would be larger than any amount can be. `mark` empty: every row is another one."""
    kind = row.kind if isinstance(row, LeaderRow) else row.source_kind
    before = _sum_of(group.sums, source, session, kind)
    if mark and mark in before.marks:
        return group
    after = Sum(
        source,
        session,
        kind,
        before.size_micros + row.size_micros,
        before.value + _value(row),
        before.rows + 1,
        (*before.marks, mark) if mark else (),
    )
    if max(after.size_micros, after.value // MICROS) > LIMIT or after.rows > ROWS_MAX:
        return None
    return msgspec.structs.replace(
        group,
        row=_fuller(group.row, row),
        sums=(*_others(group, before, after), after),
        sizes=group.sizes | {row.size_micros, after.size_micros},
    )


def _sum_of(sums: tuple[Sum, ...], source: str, session: str, kind: str) -> Sum:
    for one in sums:
        if one.session == session and one.kind == kind and one.source == source:
            return one
    return Sum(source, session, kind)


def _others(group: Group, before: Sum, after: Sum) -> tuple[Sum, ...]:
    """The sums that are kept. Of ended sessions of a source only the largest tells anything: one
    session each is enough while their number has no other bound."""
    kept = [one for one in group.sums if one is not before]
    if len(kept) < _SESSIONS_MAX:
        return tuple(kept)
    same = [s for s in kept if (s.source, s.kind) == (after.source, after.kind)]
    if len(same) < _SESSIONS_MAX:
        return tuple(kept)
    smallest = min(same, key=lambda one: one.size_micros)
    return tuple(one for one in kept if one is not smallest)


_SESSIONS_MAX = 6


def _value(row: Row) -> int:
    if row.notional_micros >= 0:
        return row.notional_micros * MICROS
    return row.size_micros * row.price_micros if isinstance(row, LeaderRow) else 0


def _fuller(known: Row | None, row: Row) -> Row:
    """The row with the most words: the chain names no condition, and only a feed names titles."""
    if known is None:
        return row
    if not known.condition_id and row.condition_id:
        return row
    return row if not known.title and row.title and row.condition_id else known
