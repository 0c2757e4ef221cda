"""Whom the operator follows, and why: wallets, traders whom he named, and those of leaderboards. A
fold of control and traders events.

A wallet is followed as long as it has one reason. Who leaves a leaderboard keeps his for LEFT_MS:
somebody may hold copies of his positions, and wants to hear that he sells.
"""

from collections.abc import Iterable
from typing import assert_never

import msgspec
from immutables import Map

from polycopy.schemas.control import (
    Pool,
    PoolAdded,
    PoolRemoved,
    TargetAdded,
    TargetNamed,
    TargetNameRemoved,
    TargetRemoved,
)
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import EventId, PoolId, Wallet, name_key
from polycopy.schemas.traders import NameResolved, PoolMember, PoolRefreshed

LEFT_MS = 30 * 24 * 3_600_000
"""So long a wallet is followed after a leaderboard was first read without it."""
NEVER_MS = 1 << 62

FollowingEvent = (
    TargetAdded
    | TargetRemoved
    | TargetNamed
    | TargetNameRemoved
    | PoolAdded
    | PoolRemoved
    | PoolRefreshed
    | NameResolved
)


class Added(msgspec.Struct, frozen=True, gc=False):
    """A wallet that the operator named by its address."""

    label: str
    since_ms: int


class Named(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trader whom the operator named. `event_id` is that wish."""

    name: str
    label: str
    event_id: EventId
    since_ms: int


class Owner(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Whose a name is; without a `wallet` the reason why nobody was found."""

    wallet: Wallet
    reason: str
    read_at_ms: int


class PoolState(msgspec.Struct, frozen=True, kw_only=True):
    """A leaderboard: who is `on` it, and who `left` it and when. `event_id` is the last event about
    it. `fresh`: it was read since it is defined as it is."""

    pool: Pool
    event_id: EventId
    since_ms: int
    on: Map[Wallet, PoolMember] = Map()
    left: Map[Wallet, int] = Map()
    read_at_ms: int = 0
    fresh: bool = False


class Following(msgspec.Struct, frozen=True, kw_only=True):
    """`wallets`: the followed ones, in lower case, and since when. Names go by their `name_key`;
    `owned` has the keys of the names that are wanted and belong to a wallet. `lapses_at_ms`:
    nobody's time is over before."""

    wallets: Map[Wallet, int] = Map()
    added: Map[Wallet, Added] = Map()
    names: Map[str, Named] = Map()
    owners: Map[str, Owner] = Map()
    owned: Map[Wallet, frozenset[str]] = Map()
    pools: Map[PoolId, PoolState] = Map()
    lapses_at_ms: int = NEVER_MS


class Change(msgspec.Struct, frozen=True):
    """Wallets that are followed from here on, and those that are no longer."""

    added: tuple[Wallet, ...] = ()
    removed: tuple[Wallet, ...] = ()


def initial() -> Following:
    return Following()


def evolve(following: Following, event: FollowingEvent, envelope: Envelope) -> Following:
    return feed(following, event, envelope)[0]


def feed(
    following: Following, event: FollowingEvent, envelope: Envelope
) -> tuple[Following, Change]:
    """Costs what the event concerns: of a leaderboard its members, else one wallet."""
    match event:
        case TargetAdded():
            following, concerned = _add(following, event, envelope)
        case TargetRemoved():
            wallet = _lower(event.wallet)
            following = _with(following, added=_without(following.added, wallet))
            concerned = {wallet}
        case TargetNamed():
            following, concerned = _name(following, event, envelope)
        case TargetNameRemoved():
            following, concerned = _forget_name(following, name_key(event.name))
        case NameResolved():
            following, concerned = _own(following, event)
        case PoolAdded():
            following, concerned = _define(following, event.pool, envelope), set()
        case PoolRemoved():
            following, concerned = _drop(following, event.pool_id)
        case PoolRefreshed():
            following, concerned = _refresh(following, event, envelope)
        case _:
            assert_never(event)
    return _settle(following, concerned, envelope.time_ms)


def lapse(following: Following, now_ms: int) -> tuple[Following, Change]:
    """Nobody is followed any longer who left the leaderboards too long ago."""
    if now_ms < following.lapses_at_ms:
        return following, Change()
    pools, concerned, lapses_at_ms = following.pools, set[Wallet](), NEVER_MS
    for pool_id, known in following.pools.items():
        over = {wallet for wallet, at_ms in known.left.items() if at_ms + LEFT_MS <= now_ms}
        if over:
            left = _without(known.left, *over)
            pools = pools.set(pool_id, msgspec.structs.replace(known, left=left))
            concerned |= over
        still = (at_ms + LEFT_MS for wallet, at_ms in known.left.items() if wallet not in over)
        lapses_at_ms = min(lapses_at_ms, *still, NEVER_MS)
    return _settle(_with(following, pools=pools, lapses_at_ms=lapses_at_ms), concerned, now_ms)


def _add(
    following: Following, event: TargetAdded, envelope: Envelope
) -> tuple[Following, set[Wallet]]:
    wallet = _lower(event.wallet)
    before = following.added.get(wallet)
    since_ms = before.since_ms if before else envelope.time_ms
    added = following.added.set(wallet, Added(event.label, since_ms))
    return _with(following, added=added), {wallet}


def _name(
    following: Following, event: TargetNamed, envelope: Envelope
) -> tuple[Following, set[Wallet]]:
    """A name whose owner was found once stays his; one that was not is looked up again."""
    key = name_key(event.name)
    before, owner = following.names.get(key), following.owners.get(key)
    named = Named(
        name=event.name,
        label=event.label,
        event_id=envelope.event_id,
        since_ms=before.since_ms if before else envelope.time_ms,
    )
    following = _with(following, names=following.names.set(key, named))
    if owner is None:
        return following, set()
    if not owner.wallet:
        owners = following.owners if before else _without(following.owners, key)
        return _with(following, owners=owners), set()
    return _claim(following, key, owner.wallet)


def _forget_name(following: Following, key: str) -> tuple[Following, set[Wallet]]:
    following = _with(following, names=_without(following.names, key))
    owner = following.owners.get(key)
    if owner is None or not owner.wallet:
        return following, set()
    keys = following.owned.get(owner.wallet, frozenset()) - {key}
    owned = following.owned.set(owner.wallet, keys)
    owned = owned if keys else owned.delete(owner.wallet)
    return _with(following, owned=owned), {owner.wallet}


def _own(following: Following, event: NameResolved) -> tuple[Following, set[Wallet]]:
    """The first answer with a wallet is the last word."""
    key, wallet = name_key(event.name), _lower(event.wallet)
    before = following.owners.get(key)
    if before is not None and (before.wallet or event.read_at_ms < before.read_at_ms):
        return following, set()
    owner = Owner(wallet=wallet, reason=event.reason, read_at_ms=event.read_at_ms)
    following = _with(following, owners=following.owners.set(key, owner))
    if not wallet or key not in following.names:
        return following, set()
    return _claim(following, key, wallet)


def _claim(following: Following, key: str, wallet: Wallet) -> tuple[Following, set[Wallet]]:
    keys = following.owned.get(wallet, frozenset()) | {key}
    return _with(following, owned=following.owned.set(wallet, keys)), {wallet}


def _define(following: Following, pool: Pool, envelope: Envelope) -> Following:
    """Who was followed because of an earlier definition stays until it is read again."""
    known = following.pools.get(pool.pool_id)
    if known is None:
        known = PoolState(pool=pool, event_id=envelope.event_id, since_ms=envelope.time_ms)
    else:
        known = msgspec.structs.replace(
            known,
            pool=pool,
            event_id=envelope.event_id,
            fresh=known.fresh and pool == known.pool,
        )
    return _with(following, pools=following.pools.set(pool.pool_id, known))


def _drop(following: Following, pool_id: PoolId) -> tuple[Following, set[Wallet]]:
    known = following.pools.get(pool_id)
    if known is None:
        return following, set()
    return _with(following, pools=following.pools.delete(pool_id)), {*known.on, *known.left}


def _refresh(
    following: Following, event: PoolRefreshed, envelope: Envelope
) -> tuple[Following, set[Wallet]]:
    """What was read before the last reading is no news."""
    known = following.pools.get(event.pool_id)
    if known is None or event.read_at_ms < known.read_at_ms:
        return following, set()
    on = Map({_lower(member.wallet): member for member in event.members})
    gone = {wallet: event.read_at_ms for wallet in known.on if wallet not in on}
    new = {wallet for wallet in on if wallet not in known.on}
    refreshed = msgspec.structs.replace(
        known,
        event_id=envelope.event_id,
        on=on,
        left=_without(known.left, *new).update(gone),
        read_at_ms=event.read_at_ms,
        fresh=True,
    )
    lapses_at_ms = following.lapses_at_ms
    if gone:
        lapses_at_ms = min(lapses_at_ms, event.read_at_ms + LEFT_MS)
    pools = following.pools.set(event.pool_id, refreshed)
    return _with(following, pools=pools, lapses_at_ms=lapses_at_ms), new


def _settle(
    following: Following, concerned: Iterable[Wallet], at_ms: int
) -> tuple[Following, Change]:
    """Follow who of these has a reason, and nobody else of them."""
    added, removed, wallets = [], [], following.wallets.mutate()
    for wallet in sorted(concerned):
        has_reason = _has_reason(following, wallet)
        if has_reason and wallet not in wallets:
            wallets[wallet] = at_ms
            added.append(wallet)
        elif not has_reason and wallet in wallets:
            del wallets[wallet]
            removed.append(wallet)
    change = Change(tuple(added), tuple(removed))
    return _with(following, wallets=wallets.finish()), change


def _has_reason(following: Following, wallet: Wallet) -> bool:
    return (
        wallet in following.added
        or wallet in following.owned
        or any(wallet in one.on or wallet in one.left for one in following.pools.values())
    )


def _lower(wallet: Wallet) -> Wallet:
    return Wallet(wallet.lower())


def _with(following: Following, **parts: object) -> Following:
    return msgspec.structs.replace(following, **parts)


def _without(table: Map, *keys: object) -> Map:  # type: ignore[type-arg]
    """The table without these keys, of which some may not be in it."""
    changed = table.mutate()
    for key in keys:
        changed.pop(key, None)
    return changed.finish()
