"""Events that tell whom to follow, with their envelopes."""

from collections.abc import Iterable, Sequence

from polycopy.schemas.control import (
    Pool,
    PoolAdded,
    PoolRemoved,
    TargetAdded,
    TargetNamed,
    TargetNameRemoved,
    TargetRemoved,
)
from polycopy.schemas.envelope import Envelope, Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.traders import NameResolved, PoolMember, PoolRefreshed
from polycopy.trading import following
from polycopy.trading.following import Following, FollowingEvent

NOW_MS = 1_795_000_000_000
WALLETS = tuple(Wallet(f"0x{number:040x}") for number in range(1, 7))
ANNA, BERT, CARL, DORA, EMIL, FRED = WALLETS
BEST = PoolId("best")
POOL = Pool(pool_id=BEST, size=3)


def added(wallet: Wallet, label: str = "") -> TargetAdded:
    return TargetAdded(wallet=wallet, label=label)


def removed(wallet: Wallet) -> TargetRemoved:
    return TargetRemoved(wallet=wallet)


def named(name: str) -> TargetNamed:
    return TargetNamed(name=name)


def unnamed(name: str) -> TargetNameRemoved:
    return TargetNameRemoved(name=name)


def resolved(name: str, wallet: str, at_ms: int = NOW_MS, reason: str = "") -> NameResolved:
    return NameResolved(
        name=name, wallet=Wallet(wallet), source="data-v2", read_at_ms=at_ms, reason=reason
    )


def pool(pool_id: PoolId = BEST, size: int = 3) -> PoolAdded:
    return PoolAdded(pool=Pool(pool_id=pool_id, size=size))


def no_pool(pool_id: PoolId = BEST) -> PoolRemoved:
    return PoolRemoved(pool_id=pool_id)


def refreshed(
    wallets: Iterable[Wallet], at_ms: int = NOW_MS, pool_id: PoolId = BEST
) -> PoolRefreshed:
    members = tuple(PoolMember(wallet=wallet, rank=n) for n, wallet in enumerate(wallets, start=1))
    return PoolRefreshed(pool_id=pool_id, members=members, source="data-v2", read_at_ms=at_ms)


def envelope(event: FollowingEvent, place: int = 0, at_ms: int = NOW_MS) -> Envelope:
    """`place` tells equal events apart."""
    origin = Origin(source="test", time_ms=at_ms, causation_id=str(place))
    return draft(event, subject=subject_of(event), origin=origin).envelope


def folded(events: Sequence[Event], onto: Following | None = None) -> Following:
    state = onto or following.initial()
    for place, event in enumerate(events):
        assert isinstance(event, FollowingEvent)
        state = following.evolve(state, event, envelope(event, place, NOW_MS + place))
    return state


def who(state: Following) -> set[Wallet]:
    return set(state.wallets)
