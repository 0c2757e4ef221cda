"""Which leaderboards are to be read, which names to be looked up, and what is said of the answers.

The ids follow from what was known before and what was found: two processes that find the same say
one event. Where the API is away each look is repeated after a pause that grows.
"""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.schemas import ids
from polycopy.schemas.control import Pool, PoolAdded, PoolRemoved, TargetNamed, TargetNameRemoved
from polycopy.schemas.envelope import Draft, Envelope, Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import Wallet, name_key
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.traders import NameResolved, PoolMember, PoolRefreshed
from polycopy.trading import following
from polycopy.trading.following import Change, Following, FollowingEvent

SOURCE = "stream-ingest"
_DOUBLINGS_MAX = 10


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The first traders of a leaderboard, as a source lists them."""

    members: tuple[PoolMember, ...]
    source: str


class Owner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose a name is. An empty wallet: nobody's for certain, and why."""

    wallet: Wallet
    source: str
    reason: str = ""


class Cadence(msgspec.Struct, frozen=True, kw_only=True):
    """How often is looked. A leaderboard on which nobody comes or goes is said once in
    `said_every_ms`. After a failure the first pause is `pause_ms_min`; it doubles, and is never
    longer than between two looks."""

    pool_every_ms: int = 15 * 60_000
    name_every_ms: int = 10 * 60_000
    said_every_ms: int = 24 * 3_600_000
    pause_ms_min: int = 5_000


class ReadPool(msgspec.Struct, frozen=True):
    """A leaderboard is to be read."""

    pool: Pool


class FindName(msgspec.Struct, frozen=True):
    """The wallet of a trader is to be found."""

    name: str


Look = ReadPool | FindName


class Looked(msgspec.Struct, frozen=True):
    """When this process looked last, and how often in a row it failed."""

    at_ms: int
    failures: int = 0


class State(msgspec.Struct, frozen=True, kw_only=True):
    """`looked` goes by pool id and by `name_key`."""

    following: Following = Following()
    looked: Map[str, Looked] = Map()


class Due(msgspec.Struct, frozen=True):
    """What is to be looked at now, and when there is something to do again."""

    looks: tuple[Look, ...]
    next_at_ms: int


def initial() -> State:
    return State()


def feed(state: State, event: Event, envelope: Envelope) -> tuple[State, Change]:
    """What an event changes. Events that do not tell whom to follow change nothing."""
    if not isinstance(event, FollowingEvent):
        return state, Change()
    now, change = following.feed(state.following, event, envelope)
    looked = state.looked
    for key in _asked_anew(state.following, event):
        looked = looked.delete(key) if key in looked else looked
    return State(following=now, looked=looked), change


def lapse(state: State, now_ms: int) -> tuple[State, Change]:
    now, change = following.lapse(state.following, now_ms)
    return msgspec.structs.replace(state, following=now), change


def due(state: State, now_ms: int, cadence: Cadence) -> Due:
    """Pools first. Costs a step for each pool and each name."""
    looks: list[Look] = []
    next_at_ms = state.following.lapses_at_ms
    for look, at_ms in (*_pools_at(state, now_ms, cadence), *_names_at(state, now_ms, cadence)):
        if at_ms <= now_ms:
            looks.append(look)
        next_at_ms = min(next_at_ms, at_ms)
    return Due(tuple(looks), next_at_ms)


def looked(state: State, look: Look, at_ms: int, *, failed: bool) -> State:
    """Nothing was looked at where the leaderboard was defined anew meanwhile."""
    if isinstance(look, ReadPool) and not _is_defined(state, look.pool):
        return state
    key = _key(look)
    before = state.looked.get(key, Looked(0)).failures
    now = Looked(at_ms, before + 1 if failed else 0)
    return msgspec.structs.replace(state, looked=state.looked.set(key, now))


def refreshed(
    state: State, pool: Pool, board: Board, read_at_ms: int, cadence: Cadence
) -> Draft | None:
    """What is to be said of a leaderboard that was read; None where it is no news."""
    known = state.following.pools.get(pool.pool_id)
    if known is None or known.pool != pool or read_at_ms < known.read_at_ms:
        return None
    wallets = sorted({member.wallet for member in board.members})
    is_old = read_at_ms - known.read_at_ms >= cadence.said_every_ms
    if known.fresh and not is_old and wallets == sorted(known.on):
        return None
    event = PoolRefreshed(
        pool_id=pool.pool_id, members=board.members, source=board.source, read_at_ms=read_at_ms
    )
    origin = Origin(source=SOURCE, time_ms=read_at_ms, causation_id=known.event_id)
    return draft(event, subject=subject_of(event), origin=origin, key=ids.derive(*wallets))


def resolved(state: State, name: str, owner: Owner, read_at_ms: int) -> Draft | None:
    """What is to be said of a name that was looked up; None where it is no news."""
    key = name_key(name)
    named, known = state.following.names.get(key), state.following.owners.get(key)
    if named is None:
        return None
    if known is not None and (known.wallet or (not owner.wallet and known.reason == owner.reason)):
        return None
    event = NameResolved(
        name=named.name,
        wallet=owner.wallet,
        source=owner.source,
        read_at_ms=read_at_ms,
        reason=owner.reason,
    )
    origin = Origin(source=SOURCE, time_ms=read_at_ms, causation_id=named.event_id)
    said = owner.wallet or owner.reason
    return draft(event, subject=subject_of(event), origin=origin, key=said)


def _pools_at(state: State, now_ms: int, cadence: Cadence) -> Iterable[tuple[Look, int]]:
    every_ms = cadence.pool_every_ms
    for pool_id, known in state.following.pools.items():
        read_at_ms = min(known.read_at_ms, now_ms) if known.fresh else 0
        own = _not_ahead(state.looked.get(pool_id), now_ms)
        yield ReadPool(known.pool), _next_ms(own, read_at_ms, every_ms, cadence)


def _names_at(state: State, now_ms: int, cadence: Cadence) -> Iterable[tuple[Look, int]]:
    every_ms = cadence.name_every_ms
    for key, named in state.following.names.items():
        owner = state.following.owners.get(key)
        if owner is None or not owner.wallet:
            read_at_ms = min(owner.read_at_ms, now_ms) if owner else 0
            own = _not_ahead(state.looked.get(key), now_ms)
            yield FindName(named.name), _next_ms(own, read_at_ms, every_ms, cadence)


def _not_ahead(own: Looked | None, now_ms: int) -> Looked | None:
    """A clock that was set back must not keep us waiting until it is there again."""
    return own and Looked(min(own.at_ms, now_ms), own.failures)


def _next_ms(own: Looked | None, read_at_ms: int, every_ms: int, cadence: Cadence) -> int:
    """After somebody looked, whoever it was; 0 where nobody did."""
    by_log_ms = read_at_ms + every_ms if read_at_ms else 0
    if own is None:
        return by_log_ms
    if not own.failures:
        return max(by_log_ms, own.at_ms + every_ms)
    pause_ms = cadence.pause_ms_min << min(own.failures - 1, _DOUBLINGS_MAX)
    return max(by_log_ms, own.at_ms + min(pause_ms, every_ms))


def _asked_anew(before: Following, event: FollowingEvent) -> Iterable[str]:
    """Whose time of the last look no longer counts."""
    match event:
        case PoolAdded(pool=pool):
            known = before.pools.get(pool.pool_id)
            return () if known is not None and known.pool == pool else (pool.pool_id,)
        case PoolRemoved(pool_id=pool_id):
            return (pool_id,)
        case TargetNamed(name=name) if name_key(name) in before.names:
            return ()
        case TargetNamed(name=name) | TargetNameRemoved(name=name):
            return (name_key(name),)
        case _:
            return ()


def _is_defined(state: State, pool: Pool) -> bool:
    known = state.following.pools.get(pool.pool_id)
    return known is not None and known.pool == pool


def _key(look: Look) -> str:
    match look:
        case ReadPool(pool=pool):
            return pool.pool_id
        case FindName(name=name):
            return name_key(name)
