"""Trades that may be one: a transaction that fails can be sent again, and has another hash then.

Such a trade is like the first one: same wallet, token and side, a row of the same size, soon after.
So are the trades of somebody who buys five shares every minute. The chain and the Data API tell
them apart: what they have under its first hash stands by itself.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from itertools import takewhile

import msgspec
from immutables import Map

from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.schemas.ids import TokenId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest.core.groups import Group
from polycopy.stream_ingest.core.reports import CHAIN

WITHIN_MS = 120_000
"""No longer after the first one a trade is sent again. Source: research 4.4."""
CHAIN_SETTLES_MS, POLL_SETTLES_MS = 15_000, 45_000
"""What the chain, or the Data API, does not have this long after we heard of it, while it has the
later one, it will not have. The Data API was seen 35 s late."""
WHOLE_MS = 2_000
"""No rows of one transaction come from the chain so long one after the other."""
WAIT_MS_MAX = 60_000
"""Longer no trade waits: if nobody has either by then, it is not copied."""

Likeness = tuple[Wallet, TokenId, Side]
Index = Map[Likeness, tuple[tuple[str, int], ...]]
"""Keys of groups and when they were heard of."""


class Fate(Enum):
    """What a trade that is like another one turned out to be."""

    OPEN = "nobody can tell yet"
    OWN = "a trade of its own"
    PROVEN = "the other one, under the hash that the chain has"
    DOUBTED = "a settled trade; whether the other one was settled too, an earlier process knew"
    ASSUMED = "maybe the other one, and nobody could tell in time"


class Judgement(msgspec.Struct, frozen=True):
    """`key`: of the other one."""

    fate: Fate
    key: str = ""


def noted(index: Index, trade: LeaderRow | TradeObserved, key: str, at_ms: int) -> Index:
    """The index with a trade in it."""
    likeness = (trade.wallet, trade.token_id, trade.side)
    known = index.get(likeness, ())
    if any(other == key for other, _ in known):
        return index
    recent = tuple(one for one in known if at_ms - one[1] <= WITHIN_MS)
    return index.set(likeness, (*recent, (key, at_ms)))


def pruned(index: Index, now_ms: int) -> Index:
    """Without what is too old to be sent again."""
    kept = {}
    for likeness, known in index.items():
        recent = tuple(one for one in known if now_ms - one[1] <= WITHIN_MS)
        if recent:
            kept[likeness] = recent
    return Map(kept)


def found(
    index: Index,
    groups: Mapping[str, Group],
    row: LeaderRow,
    key: str,
    at_ms: int,
    sizes: set[int],
) -> tuple[str, ...]:
    """The trades that this one may be: those that no source with the last word has. `sizes`: of
    its row, and of it as a whole, for the other may have come in other rows."""
    return tuple(
        other
        for other, then_ms in _before(index.get((row.wallet, row.token_id, row.side), ()), key)
        if abs(at_ms - then_ms) <= WITHIN_MS
        and (group := groups.get(other)) is not None
        and not group.confirmed
        and not group.same_as
        and not sizes.isdisjoint(group.sizes)
    )


def _nearest_first(groups: Mapping[str, Group], group: Group) -> list[str]:
    """Those of its size before others: what is sent again is sent whole."""

    def is_other(key: str) -> bool:
        other = groups.get(key)
        return other is None or (other.size_micros or other.said_micros) != group.size_micros

    return sorted(group.likes, key=is_other)


def goes_on_otherwise(first: Group, key: str) -> bool:
    """Whether the last word has the first one under a third hash: it cannot have two."""
    return first.proven and first.goes_on_as != key


def _before(known: tuple[tuple[str, int], ...], key: str) -> Iterable[tuple[str, int]]:
    """Those that were heard of before it: two never wait for each other."""
    return takewhile(lambda one: one[0] != key, known)


def _likeness(group: Group) -> Likeness:
    assert isinstance(group.row, LeaderRow)  # noqa: S101 - nothing else waits
    return group.row.wallet, group.row.token_id, group.row.side


def _is_claimed(groups: Mapping[str, Group], rivals: Iterable[str], of: str, own: Group) -> bool:
    """Whether an earlier trade of the same size waits for the same one: one hash has one other."""
    return any(
        (rival := groups.get(key)) is not None
        and of in rival.likes
        and not rival.said_micros
        and rival.size_micros == own.size_micros
        for key in rivals
    )


def judged(groups: Mapping[str, Group], index: Index, own: str, now_ms: int) -> Judgement:
    """What became of a trade that waits."""
    is_open = False
    group = groups[own]
    rivals = [key for key, _ in _before(index.get(_likeness(group), ()), own)]
    settles_ms = CHAIN_SETTLES_MS if group.heard_of_by(CHAIN) else POLL_SETTLES_MS
    for like in _nearest_first(groups, group):
        key, other = like, groups.get(like)
        while other is not None and other.same_as:
            key, other = other.same_as, groups.get(other.same_as)
        if other is None or other.confirmed or key == own:
            continue
        if _is_claimed(groups, rivals, like, group):
            is_open = True
            continue
        if group.confirmed and goes_on_otherwise(other, own):
            continue
        if not other.said_micros:  # It waits itself: there is nothing that could be doubled.
            is_open |= not group.confirmed
            continue
        if group.confirmed and not other.heard_at_ms:
            if now_ms - group.heard_at_ms >= WAIT_MS_MAX:
                return Judgement(Fate.DOUBTED, key)
            is_open = True
            continue  # What was known of it ended with another process: see what is read again.
        is_whole = group.confirmed and now_ms - group.grown_at_ms >= WHOLE_MS
        if is_whole and group.size_micros != (other.size_micros or other.said_micros):
            continue  # What is sent again is sent whole.
        if is_whole and now_ms - (other.heard_at_ms or other.at_ms) >= settles_ms:
            return Judgement(Fate.PROVEN, key)
        if now_ms - group.heard_at_ms >= WAIT_MS_MAX:
            return Judgement(Fate.ASSUMED, key)
        is_open = True
    return Judgement(Fate.OPEN if is_open else Fate.OWN)
