"""Laws of who is followed, whatever is said in whatever order."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.control import PoolRemoved, TargetNameRemoved
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.subjects import aggregate_of, subject_of
from polycopy.trading import following
from polycopy.trading.following import LEFT_MS, Following, FollowingEvent
from tests.support.following import (
    NOW_MS,
    WALLETS,
    added,
    envelope,
    folded,
    named,
    no_pool,
    pool,
    refreshed,
    removed,
    resolved,
    unnamed,
    who,
)

POOLS = tuple(map(PoolId, ("one", "two")))
NAMES = ("anna", "bert")
TIMES = st.integers(NOW_MS, NOW_MS + 2 * LEFT_MS)
wallets = st.sampled_from(WALLETS)
pools = st.sampled_from(POOLS)
names = st.sampled_from(NAMES)
events: st.SearchStrategy[FollowingEvent] = st.one_of(
    st.builds(added, wallets),
    st.builds(removed, wallets),
    st.builds(named, names),
    st.builds(unnamed, names),
    st.builds(resolved, names, st.sampled_from([*WALLETS, ""]), TIMES),
    st.builds(pool, pools, st.sampled_from([2, 3])),
    st.builds(no_pool, pools),
    st.builds(refreshed, st.lists(wallets, unique=True, max_size=3), TIMES, pools),
)
histories = st.lists(events, max_size=30)


def reasons(state: Following) -> set[Wallet]:
    """The union that the state must come to, computed from its parts."""
    found = set(state.added)
    for one in state.pools.values():
        found |= {*one.on, *one.left}
    for key, owner in state.owners.items():
        if owner.wallet and key in state.names:
            found.add(owner.wallet)
    return found


@given(histories)
def test_the_followed_are_the_union_of_all_reasons(history: Sequence[FollowingEvent]) -> None:
    assert who(folded(history)) == reasons(folded(history))


@given(histories, TIMES)
def test_the_changes_add_up_to_the_followed(history: Sequence[FollowingEvent], now_ms: int) -> None:
    state, told = following.initial(), set[Wallet]()
    changes = []
    for place, event in enumerate(history):
        state, change = following.feed(state, event, envelope(event, place))
        changes.append(change)
    state, change = following.lapse(state, now_ms)
    for one in (*changes, change):
        assert not told & set(one.added)
        assert told >= set(one.removed)
        told = (told | set(one.added)) - set(one.removed)
    assert told == who(state) == reasons(state)


@given(histories)
def test_folded_twice_is_folded_once(history: Sequence[FollowingEvent]) -> None:
    """Where nothing ends and begins again under the same name: that is another one."""
    lasting = [one for one in history if not isinstance(one, PoolRemoved | TargetNameRemoved)]
    lasting = [*map(pool, POOLS), *lasting]
    once = folded(lasting)
    twice = folded(lasting, once)
    assert who(twice) == who(once)
    assert twice.owners == once.owners
    for pool_id, known in twice.pools.items():
        assert (known.on, known.left) == (once.pools[pool_id].on, once.pools[pool_id].left)


@given(histories)
def test_an_event_that_is_delivered_twice_counts_once(history: Sequence[FollowingEvent]) -> None:
    state = following.initial()
    for place, event in enumerate(history):
        state = following.evolve(state, event, envelope(event, place))
        again, change = following.feed(state, event, envelope(event, place))
        assert not change.added
        assert not change.removed
        assert again == state


@given(histories, st.randoms(use_true_random=False))
def test_events_of_unrelated_things_may_come_in_any_order(
    history: Sequence[FollowingEvent], dice: random.Random
) -> None:
    """The order within one wallet, one name or one leaderboard stays."""
    queues: dict[str, list[FollowingEvent]] = {}
    for event in history:
        queues.setdefault(_about(event), []).append(event)
    mixed = []
    while queues:
        about = dice.choice(sorted(queues))
        mixed.append(queues[about].pop(0))
        if not queues[about]:
            del queues[about]
    assert who(folded(mixed)) == who(folded(history))


@given(histories, TIMES, TIMES)
def test_time_only_takes_away_and_twice_is_once(
    history: Sequence[FollowingEvent], first_ms: int, second_ms: int
) -> None:
    early, late = sorted((first_ms, second_ms))
    state = folded(history)
    step = following.lapse(following.lapse(state, early)[0], late)[0]
    assert who(step) == who(following.lapse(state, late)[0])
    assert who(step) <= who(following.lapse(state, early)[0]) <= who(state)
    assert step.lapses_at_ms > late


def test_one_more_wallet_is_one_change_beside_twenty_thousand() -> None:
    state = folded([added(Wallet(f"0x{number:040x}")) for number in range(20_000)])
    one = Wallet("0x" + "f" * 40)
    state, change = following.feed(state, added(one), envelope(added(one)))
    assert change.added == (one,)
    assert len(state.wallets) == 20_001


def _about(event: FollowingEvent) -> str:
    return aggregate_of(subject_of(event)).rpartition(".")[2]
