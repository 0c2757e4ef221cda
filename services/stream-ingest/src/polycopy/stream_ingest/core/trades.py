"""What is heard becomes what is said of leader trades.

`hear` takes in rows, `due` is what the log does not hold yet, `evolve` folds what it holds. Several
processes may do this side by side: each says what is due after the last event of the wallet that it
has folded, and whose append comes second folds the other's first and finds nothing due.

The table of groups is bounded. A group that was dropped is still in the log: a row that may belong
to one waits until its wallet's events were looked through (`recall`).
"""

import sys
from collections.abc import Mapping
from enum import StrEnum
from hashlib import blake2b

import msgspec
from immutables import Map

from polycopy.polymarket import rtds
from polycopy.polymarket.leader_rows import HashlessRow, LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.log import Recorded
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet, trade_group_key
from polycopy.schemas.subjects import wallet_of
from polycopy.schemas.trades import (
    TRADE_AHEAD_MS_MAX,
    ActivityObserved,
    TradeCorrected,
    TradeObserved,
    TradeRehashed,
)
from polycopy.stream_ingest.core import groups, likeness
from polycopy.stream_ingest.core.groups import Group, Mark, Row
from polycopy.stream_ingest.core.reports import RTDS, Frame, Report

_SECOND_MS = 1_000
GROUPS_MAX = 30_000
"""Groups that are remembered; the rest is looked up in the log."""
TOKENS_MAX = 50_000
PENDING_MAX = 50_000
"""So many more, where so many are unsettled."""
_TURNS_MAX = 8
_DIGEST_BYTES, _PLACE_BYTES = 8, 4

Said = TradeObserved | TradeRehashed | TradeCorrected | ActivityObserved


class State(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`wallets` are followed, each since a time. `versions`: the last sequence of each wallet's
    events that was folded. `keys` holds the groups' keys by order of arrival, from `oldest`;
    `horizon_ms` is the latest time of a group that was dropped. `pending` are groups of which more
    may be said because time passes. `asked`: whether a source with the last word is on."""

    wallets: Map[Wallet, int] = Map()
    groups: Map[str, Group] = Map()
    versions: Map[Wallet, int] = Map()
    conditions: Map[TokenId, ConditionId] = Map()
    alike: likeness.Index = Map()
    pending: Map[str, None] = Map()
    keys: Map[int, str] = Map()
    oldest: int = 0
    horizon_ms: int = -1
    groups_max: int = GROUPS_MAX
    asked: bool = False


class DropReason(StrEnum):
    """Why a row was left out although it could be read."""

    TOO_LARGE = "beyond any real size"
    TOO_EARLY = "more than five minutes ahead of our clock"


class Hearing(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a report: the groups that changed, what is captured instead, and the wallets in
    whose rows there is a doubt that a source with the last word can end."""

    state: State
    touched: tuple[str, ...] = ()
    unread: tuple[Unreadable, ...] = ()
    doubts: tuple[Wallet, ...] = ()


def initial(*, groups_max: int = GROUPS_MAX, asked: bool = False) -> State:
    return State(groups_max=groups_max, asked=asked)


def forgetful(state: State, *, until_ms: int) -> State:
    """A state that does not know what happened until then, and will look it up."""
    return msgspec.structs.replace(state, horizon_ms=max(state.horizon_ms, until_ms))


def follow(state: State, wallets: Mapping[Wallet, int]) -> State:
    """Follow these, each since a time in ms, and nobody else."""
    return msgspec.structs.replace(state, wallets=Map(wallets))


def learn(state: State, conditions: Mapping[TokenId, ConditionId]) -> State:
    """Which market a token belongs to: the chain does not say. Nobody ever takes that back."""
    if all(token in state.conditions for token in conditions):
        return state
    known = state.conditions if len(state.conditions) < TOKENS_MAX else Map()
    return msgspec.structs.replace(state, conditions=known.update(conditions))


def read(state: State, frame: Frame) -> Report | None:
    """A frame of the activity feed as a report; None where it is about nobody whom we follow, at
    the cost of one look at one field. Never raises."""
    rows = rtds.feed(frame.raw, wallets=state.wallets)
    if not rows:
        return None
    return Report(
        source=RTDS,
        session=sys.intern(f"{frame.slot}/{frame.session}"),  # Every row of the session keeps it.
        received_at_ms=frame.received_at_ms,
        rows=tuple(rows),
        raw=frame.raw,
    )


def hear(state: State, report: Report) -> Hearing:
    """Take in the rows. Never raises. Rows of strangers, and of the time before a wallet was
    followed, are let pass silently."""
    touched: dict[str, None] = {}
    unread: list[Unreadable] = []
    doubts: dict[Wallet, None] = {}
    marked = report.source == RTDS and state.asked
    digest = blake2b(report.raw, digest_size=_DIGEST_BYTES).digest() if marked else b""
    for place, row in enumerate(report.rows):
        match row:
            case Unreadable():
                unread.append(row)
            case HashlessRow():
                unread.append(Unreadable(reason="no transaction hash", raw=row.raw))
                doubts[row.wallet] = None
            case _ if not is_wanted(state, row):
                pass
            case _ if groups.time_of(row) > report.received_at_ms + TRADE_AHEAD_MS_MAX:
                unread.append(Unreadable(reason=DropReason.TOO_EARLY, raw=report.raw))
            case _:
                mark = digest + place.to_bytes(_PLACE_BYTES) if marked else _place(row)
                heard = _hear_row(state, row, report, mark)
                if isinstance(heard, DropReason):
                    unread.append(Unreadable(reason=heard, raw=report.raw))
                    continue
                state, key, is_doubtful = heard
                touched[key] = None
                if is_doubtful:
                    doubts[row.wallet] = None
    return Hearing(state=state, touched=tuple(touched), unread=tuple(unread), doubts=tuple(doubts))


def evolve(state: State, recorded: Recorded) -> State:
    """What the log holds. Other events change nothing."""
    event = recorded.event
    if isinstance(event, UnknownEvent):
        return _counted(state, wallet_of(recorded.subject), recorded.sequence)
    if not isinstance(event, TradeObserved | TradeRehashed | TradeCorrected | ActivityObserved):
        return state
    state = _counted(state, event.wallet, recorded.sequence)
    key = key_of(event)
    known = state.groups.get(key)
    match event:
        case TradeObserved():
            state = put(state, key, _told(known, event, event.traded_at_ms))
            alike = likeness.noted(state.alike, event, key, event.received_at_ms)
            state = msgspec.structs.replace(state, alike=alike)
            return learn(state, {event.token_id: event.condition_id})
        case ActivityObserved():
            return put(state, key, _told(known, event, event.happened_at_ms))
        case TradeCorrected():
            group = known or Group(
                event.transaction_hash, event.at_ms, said_micros=event.said_micros
            )
            left_micros = event.size_micros
            return put(state, key, msgspec.structs.replace(group, corrected_micros=left_micros))
        case TradeRehashed():
            return _renamed(state, event)


def _counted(state: State, wallet: Wallet | None, sequence: int) -> State:
    """An event that a newer build said is one that an append has to come after, too."""
    if wallet is None:
        return state
    version = max(sequence, state.versions.get(wallet, 0))
    return msgspec.structs.replace(state, versions=state.versions.set(wallet, version))


def _told(
    known: Group | None, event: TradeObserved | ActivityObserved, happened_at_ms: int
) -> Group:
    group = known or Group(event.transaction_hash, min(happened_at_ms, event.received_at_ms))
    return msgspec.structs.replace(
        group,
        said_micros=max(group.said_micros, event.size_micros),
        sizes=group.sizes | {event.size_micros, event.increase_micros},
        likes=(),
    )


def _renamed(state: State, event: TradeRehashed) -> State:
    old, new = key_of(event), key_of(event, event.rehashed_as)
    before = state.groups.get(old)
    after = state.groups.get(new) or Group(event.rehashed_as, event.at_ms)
    # What was said of one that is not remembered is not known: an empty one would be said again.
    if before is not None and (event.proven or not before.proven):
        proven = before.proven or event.proven
        state = put(state, old, msgspec.structs.replace(before, goes_on_as=new, proven=proven))
    return put(state, new, msgspec.structs.replace(after, same_as=old, likes=()))


def key_of(event: Said, transaction_hash: TransactionHash | None = None) -> str:
    """The key of the group that an event is about, or of the same under another hash."""
    if isinstance(event, ActivityObserved):
        return groups.activity_key(event)
    return trade_group_key(
        transaction_hash=transaction_hash or event.transaction_hash,
        wallet=event.wallet,
        token_id=event.token_id,
        side=event.side,
    )


def is_wanted(state: State, row: Row) -> bool:
    """Whether it is of a wallet that was followed then. Times of trades are whole seconds."""
    since_ms = state.wallets.get(row.wallet)
    return since_ms is not None and groups.time_of(row) + _SECOND_MS > since_ms


def _place(row: Row) -> str:
    return row.place if isinstance(row, LeaderRow) else ""


def _hear_row(
    state: State, row: Row, report: Report, mark: Mark
) -> tuple[State, str, bool] | DropReason:
    key, received_at_ms = groups.key_of(row), report.received_at_ms
    known = state.groups.get(key)
    group = known or Group(
        row.transaction_hash,
        min(groups.time_of(row), received_at_ms),
        heard_at_ms=received_at_ms,
    )
    if not group.heard_at_ms:
        group = msgspec.structs.replace(group, heard_at_ms=received_at_ms)
    after = groups.added(group, row, source=report.source, session=report.session, mark=mark)
    if after is None:
        return DropReason.TOO_LARGE
    is_repeated = after is group and not after.confirmed
    if after.size_micros > group.size_micros:
        after = msgspec.structs.replace(after, grown_at_ms=received_at_ms)
    if isinstance(row, LeaderRow) and not after.said_micros and not after.same_as:
        sizes = {row.size_micros, after.size_micros}
        found = likeness.found(state.alike, state.groups, row, key, received_at_ms, sizes)
        likes = tuple(dict.fromkeys((*after.likes, *found)))
        after = msgspec.structs.replace(
            after,
            likes=likes if state.asked else (),
            doubtful=after.doubtful or bool(likes and not state.asked),
        )
        alike = likeness.noted(state.alike, row, key, received_at_ms)
        state = msgspec.structs.replace(state, alike=alike)
    state = put(state, key, after)
    if key not in state.pending:
        state = msgspec.structs.replace(state, pending=state.pending.set(key, None))
    return state, key, is_repeated or bool(after.likes)


def put(state: State, key: str, group: Group) -> State:
    """The state with the group. Where there is no room, one goes of which nothing is expected."""
    if key in state.groups:
        return msgspec.structs.replace(state, groups=state.groups.set(key, group))
    if len(state.groups) >= state.groups_max:
        state = _with_room(state)
    return msgspec.structs.replace(
        state,
        groups=state.groups.set(key, group),
        keys=state.keys.set(state.oldest + len(state.keys), key),
    )


def _with_room(state: State) -> State:
    """Those that wait for something go to the end of the line, unless the table is far too full."""
    keys, oldest = state.keys, state.oldest
    for _ in range(_TURNS_MAX):
        key = keys[oldest]
        keys, oldest = keys.delete(oldest), oldest + 1
        if key in state.pending and len(state.groups) < state.groups_max + PENDING_MAX:
            keys = keys.set(oldest + len(keys), key)
            continue
        return msgspec.structs.replace(
            state,
            groups=state.groups.delete(key),
            keys=keys,
            oldest=oldest,
            horizon_ms=max(state.horizon_ms, state.groups[key].at_ms),
            pending=state.pending.delete(key) if key in state.pending else state.pending,
        )
    return msgspec.structs.replace(state, keys=keys, oldest=oldest)
