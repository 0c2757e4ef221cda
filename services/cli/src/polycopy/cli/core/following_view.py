"""Who is followed and why, for people and for programs."""

from collections.abc import Iterable

import msgspec

from polycopy.cli.core.page import Column, Fit, Table, Tone
from polycopy.cli.core.words import command, plain
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import Pool
from polycopy.schemas.ids import Wallet, name_key
from polycopy.schemas.moments import moment
from polycopy.schemas.traders import PoolMember
from polycopy.trading import following
from polycopy.trading.following import Following, FollowingEvent, PoolState


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A followed wallet, since when, and every reason. Without a `wallet`: a name that nobody was
    found for, and why not."""

    wallet: Wallet
    label: str
    added_at_ms: int
    name: str = ""
    why: tuple[str, ...] = ()


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on a leaderboard no longer, and is followed for a while."""

    wallet: Wallet
    left_at_ms: int


class KnownPool(msgspec.Struct, frozen=True, kw_only=True):
    """A leaderboard whose traders are followed. `read_at_ms`: when somebody came or went last, or
    the day's reading; 0 where it was never read."""

    pool: Pool
    added_at_ms: int
    read_at_ms: int
    members: tuple[PoolMember, ...]
    left: tuple[Left, ...]


def folded(events: Iterable[Recorded], now_ms: int) -> Following:
    state = following.initial()
    for recorded in events:
        if isinstance(recorded.event, FollowingEvent):
            state = following.evolve(state, recorded.event, recorded.envelope)
    return following.lapse(state, now_ms)[0]


def targets(state: Following) -> list[Target]:
    """Those who are followed by the time since when, then the names that are nobody's."""
    known = sorted(state.wallets.items(), key=lambda one: (one[1], one[0]))
    return [_target(state, wallet, at_ms) for wallet, at_ms in known] + _nobody(state)


def why(state: Following, wallet: Wallet) -> tuple[str, ...]:
    """Every reason for which a wallet is followed."""
    reasons = ["added"] if wallet in state.added else []
    names = sorted(state.names[key].name for key in state.owned.get(wallet, ()))
    reasons += [f"name {plain(name)}" for name in names]
    for pool_id, known in sorted(state.pools.items()):
        if member := known.on.get(wallet):
            reasons.append(f"pool {pool_id}: rank {member.rank}")
        elif wallet in known.left:
            reasons.append(f"pool {pool_id}: left {moment(known.left[wallet])}")
    return tuple(reasons)


def owner_of(state: Following, name: str) -> Wallet:
    """An empty wallet where nobody is known to have the name."""
    owner = state.owners.get(name_key(name))
    return owner.wallet if owner else Wallet("")


def why_nobody(state: Following, name: str) -> str:
    """ "" where the name's owner is known."""
    owner = state.owners.get(name_key(name))
    if owner is None:
        return "not looked up yet"
    return "" if owner.wallet else owner.reason


def pools(state: Following) -> list[KnownPool]:
    return [_pool(known) for _, known in sorted(state.pools.items())]


def view_targets(found: Iterable[Target], stack: str = "") -> Table:
    shown = tuple(found)
    return Table(
        columns=(
            Column("wallet", fit=Fit.KEEP),
            Column("label"),
            Column("name"),
            Column("why"),
            Column("since"),
        ),
        rows=tuple(
            (
                one.wallet or "–",
                plain(one.label),
                plain(one.name),
                "\n".join(one.why),
                moment(one.added_at_ms),
            )
            for one in shown
        ),
        tones=tuple(Tone.PLAIN if one.wallet else Tone.WARN for one in shown),
        empty=f"no wallet is followed: add one with {command('target add WALLET', stack)}",
    )


def view_pools(found: Iterable[KnownPool], stack: str = "") -> Table:
    shown = tuple(found)
    return Table(
        columns=(
            Column("pool", fit=Fit.KEEP),
            Column("leaderboard"),
            Column("on it", right=True),
            Column("left it", right=True),
            Column("last read", fit=Fit.KEEP),
            Column("since"),
        ),
        rows=tuple(
            (
                one.pool.pool_id,
                leaderboard(one.pool),
                str(len(one.members)),
                str(len(one.left)),
                moment(one.read_at_ms) if one.read_at_ms else "never",
                moment(one.added_at_ms),
            )
            for one in shown
        ),
        tones=tuple(Tone.PLAIN if one.read_at_ms else Tone.WARN for one in shown),
        empty=f"no leaderboard is followed: add one with {command('pool add ID', stack)}",
    )


def leaderboard(pool: Pool) -> str:
    """`month by pnl, overall, the first 25`."""
    return f"{pool.period} by {pool.order}, {plain(pool.category)}, the first {pool.size}"


def _target(state: Following, wallet: Wallet, at_ms: int) -> Target:
    added, names = state.added.get(wallet), [state.names[k] for k in state.owned.get(wallet, ())]
    labels = [added.label if added else "", *(named.label for named in names)]
    called = [named.name for named in names] + [
        known.on[wallet].name for known in state.pools.values() if wallet in known.on
    ]
    return Target(
        wallet=wallet,
        label=next(filter(None, labels), ""),
        added_at_ms=at_ms,
        name=next(filter(None, called), ""),
        why=why(state, wallet),
    )


def _nobody(state: Following) -> list[Target]:
    wanted = sorted(state.names.values(), key=lambda named: (named.since_ms, named.name))
    return [
        Target(
            wallet=Wallet(""),
            label=named.label,
            added_at_ms=named.since_ms,
            name=named.name,
            why=(f"name {plain(named.name)}: {reason}",),
        )
        for named in wanted
        if (reason := why_nobody(state, named.name))
    ]


def _pool(known: PoolState) -> KnownPool:
    left = sorted(known.left.items(), key=lambda one: (one[1], one[0]))
    return KnownPool(
        pool=known.pool,
        added_at_ms=known.since_ms,
        read_at_ms=known.read_at_ms,
        members=tuple(sorted(known.on.values(), key=lambda one: (one.rank, one.wallet))),
        left=tuple(Left(wallet=wallet, left_at_ms=at_ms) for wallet, at_ms in left),
    )
