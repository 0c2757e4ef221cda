"""Frames in, leader trades out.

A trade is the group (transaction hash, wallet, token, side). One transaction can hold several equal
rows for one wallet, so rows are added up; the same rows come again from a second connection and as
another type, so the sums of those are never added up: the size is their maximum. Whatever is lost
or reordered, and whatever is repeated over another connection, in a new session or as another type,
a size is right or low, never double. An equal row of the same type over the same connection is
another fill: nothing tells a frame that was sent twice from a transaction with two equal rows.

A row that would make a sum larger than any amount can be is left out, and so is one from the
future: it would stay fresh.

The table of groups is bounded. What is as old as a group that was dropped can no longer be told
from news, and is not said.
"""

from enum import StrEnum

import msgspec
from immutables import Map

from polycopy.polymarket import rtds
from polycopy.polymarket.rtds import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.control import TargetAdded, TargetRemoved
from polycopy.schemas.event import Event
from polycopy.schemas.ids import Wallet, trade_group_key
from polycopy.schemas.money import LIMIT, MICROS
from polycopy.schemas.trades import TRADE_AHEAD_MS_MAX, TradeObserved

GROUPS_MAX = 50_000
"""Groups that are remembered; 0.65 kB each (measured)."""
SOURCE = "rtds"


class Frame(msgspec.Struct, frozen=True):
    """One message of the socket. `slot` numbers the connections that run side by side, `session`
    tells one connection of a slot from the next; `received_at_ms` is on our clock."""

    raw: bytes
    slot: int
    session: str
    received_at_ms: int


class Sum(msgspec.Struct, frozen=True):
    """What one type of rows over one connection adds up to. `value`: Σ size × price, micros²."""

    slot: int
    session: str
    kind: str
    size_micros: int = 0
    value: int = 0
    rows: int = 0


class Group(msgspec.Struct, frozen=True):
    """A leader trade: the size that the log holds, and the sums so far. `at_ms` is when it
    happened, or when we heard of it where that was earlier."""

    at_ms: int
    said_micros: int = 0
    sums: tuple[Sum, ...] = ()


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`keys` holds the groups' keys by order of arrival, from `oldest`; `horizon_ms` is the latest
    time of a group that was dropped."""

    wallets: Map[Wallet, None] = Map()
    groups: Map[str, Group] = Map()
    keys: Map[int, str] = Map()
    oldest: int = 0
    horizon_ms: int = -1
    groups_max: int = GROUPS_MAX


class DropReason(StrEnum):
    """Why a row was left out although it could be read."""

    TOO_OLD = "older than what is remembered"
    TOO_LARGE = "beyond any real size"
    TOO_EARLY = "more than five minutes ahead of our clock"


def initial(*, groups_max: int = GROUPS_MAX) -> State:
    return State(groups_max=groups_max)


def forgetful(state: State, *, until_ms: int) -> State:
    """A state that does not know what happened until then, and says nothing about it."""
    return msgspec.structs.replace(state, horizon_ms=max(state.horizon_ms, until_ms))


def evolve(state: State, event: Event) -> State:
    """What the log holds already. Other events change nothing."""
    match event:
        case TargetAdded():
            return msgspec.structs.replace(state, wallets=state.wallets.set(event.wallet, None))
        case TargetRemoved():
            if event.wallet not in state.wallets:
                return state
            return msgspec.structs.replace(state, wallets=state.wallets.delete(event.wallet))
        case TradeObserved():
            return _remember(state, event)
        case _:
            return state


def feed(state: State, frame: Frame) -> tuple[State, list[TradeObserved | Unreadable]]:
    """The trades of followed wallets that the frame makes larger, and what could not be read.

    Never raises. A frame about nobody whom we follow costs one look at one field.
    """
    said: list[TradeObserved | Unreadable] = []
    for row in rtds.feed(frame.raw, wallets=state.wallets):
        if isinstance(row, Unreadable):
            said.append(row)
        else:
            state, more = _feed_row(state, row, frame)
            said.extend(more)
    return state, said


def group_key(trade: TradeObserved | LeaderRow) -> str:
    return trade_group_key(
        transaction_hash=trade.transaction_hash,
        wallet=trade.wallet,
        token_id=trade.token_id,
        side=trade.side,
    )


def _feed_row(
    state: State, row: LeaderRow, frame: Frame
) -> tuple[State, list[TradeObserved | Unreadable]]:
    if row.traded_at_ms > frame.received_at_ms + TRADE_AHEAD_MS_MAX:
        return state, [Unreadable(reason=DropReason.TOO_EARLY, raw=frame.raw)]
    key = group_key(row)
    group = state.groups.get(key)
    if group is None:
        at_ms = min(row.traded_at_ms, frame.received_at_ms)
        if at_ms <= state.horizon_ms:
            return state, [Unreadable(reason=DropReason.TOO_OLD, raw=frame.raw)]
        group = Group(at_ms)
    total = _added(group, row, frame)
    if max(total.size_micros, total.value // MICROS) > LIMIT:
        return state, [Unreadable(reason=DropReason.TOO_LARGE, raw=frame.raw)]
    others = tuple(s for s in group.sums if (s.slot, s.kind) != (total.slot, total.kind))
    increase_micros = total.size_micros - group.said_micros
    said_micros = max(group.said_micros, total.size_micros)
    state = _put(state, key, Group(group.at_ms, said_micros, (*others, total)))
    if increase_micros <= 0:
        return state, []
    return state, [_observed(row, total, increase_micros, frame.received_at_ms)]


def _added(group: Group, row: LeaderRow, frame: Frame) -> Sum:
    """The sum of the row's type and connection with the row in it.

    A new session starts again at nothing: nobody knows which rows its server sends again.
    """
    before = Sum(frame.slot, frame.session, row.kind)
    for known in group.sums:
        if (known.slot, known.session, known.kind) == (frame.slot, frame.session, row.kind):
            before = known
    return Sum(
        frame.slot,
        frame.session,
        row.kind,
        before.size_micros + row.size_micros,
        before.value + row.size_micros * row.price_micros,
        before.rows + 1,
    )


def _observed(
    row: LeaderRow, total: Sum, increase_micros: int, received_at_ms: int
) -> TradeObserved:
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
        source=f"{SOURCE}.{total.kind}",
        rows=total.rows,
        traded_at_ms=row.traded_at_ms,
        received_at_ms=received_at_ms,
        sent_at_ms=row.sent_at_ms,
        outcome=row.outcome,
        slug=row.slug,
        title=row.title,
    )


def _remember(state: State, trade: TradeObserved) -> State:
    key = group_key(trade)
    known = state.groups.get(key)
    if known is None:
        known = Group(min(trade.traded_at_ms, trade.received_at_ms))
    said_micros = max(known.said_micros, trade.size_micros)
    return _put(state, key, msgspec.structs.replace(known, said_micros=said_micros))


def _put(state: State, key: str, group: Group) -> State:
    if key in state.groups:
        return msgspec.structs.replace(state, groups=state.groups.set(key, group))
    groups, keys, oldest, horizon_ms = state.groups, state.keys, state.oldest, state.horizon_ms
    if len(groups) >= state.groups_max:
        dropped = keys[oldest]
        horizon_ms = max(horizon_ms, groups[dropped].at_ms)
        groups, keys, oldest = groups.delete(dropped), keys.delete(oldest), oldest + 1
    return msgspec.structs.replace(
        state,
        groups=groups.set(key, group),
        keys=keys.set(oldest + len(keys), key),
        oldest=oldest,
        horizon_ms=horizon_ms,
    )


def _rounded(dividend: int, divisor: int) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * dividend + divisor) // (2 * divisor)
