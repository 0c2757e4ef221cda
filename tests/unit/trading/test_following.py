"""Who is followed, by which reason, and for how long."""

from polycopy.schemas.ids import PoolId, Wallet
from polycopy.trading import following
from polycopy.trading.following import LEFT_MS, Change
from tests.support.following import (
    ANNA,
    BERT,
    BEST,
    CARL,
    DORA,
    NOW_MS,
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

MIXED = Wallet("0x" + "aB" * 20)
_DAY_MS = 24 * 3_600_000


def test_a_wallet_is_followed_in_lower_case_however_it_is_written() -> None:
    assert who(folded([added(MIXED)])) == {MIXED.lower()}
    assert who(folded([added(MIXED), removed(Wallet(MIXED.upper().replace("X", "x")))])) == set()
    assert who(folded([named("Bob"), resolved("bob", MIXED)])) == {MIXED.lower()}
    assert who(folded([pool(), refreshed([MIXED])])) == {MIXED.lower()}


def test_a_change_names_who_comes_and_who_goes() -> None:
    state = folded([pool(), refreshed([ANNA, BERT]), added(ANNA)])
    state, change = following.feed(state, no_pool(), envelope(no_pool()))
    assert change == Change(removed=(BERT,))
    state, change = following.feed(state, added(ANNA), envelope(added(ANNA)))
    assert change == Change()
    _, change = following.feed(state, added(CARL), envelope(added(CARL)))
    assert change == Change(added=(CARL,))


def test_a_wallet_with_another_reason_is_followed_on() -> None:
    reasons = [added(ANNA), named("anna"), resolved("anna", ANNA), pool(), refreshed([ANNA])]
    ends = [removed(ANNA), unnamed("ANNA "), no_pool()]
    for last in range(3):
        others = [end for place, end in enumerate(ends) if place != last]
        assert who(folded([*reasons, *others])) == {ANNA}
    assert who(folded([*reasons, *ends])) == set()


def test_who_leaves_a_leaderboard_is_followed_for_thirty_days_more() -> None:
    state = folded([pool(), refreshed([ANNA, BERT]), refreshed([BERT], NOW_MS + 1_000)])
    assert who(state) == {ANNA, BERT}
    over_ms = NOW_MS + 1_000 + LEFT_MS
    assert LEFT_MS == 30 * _DAY_MS
    assert following.lapse(state, over_ms - 1) == (state, Change())
    state, change = following.lapse(state, over_ms)
    assert change == Change(removed=(ANNA,))
    assert who(state) == {BERT}


def test_who_comes_back_to_a_leaderboard_has_no_end() -> None:
    state = folded([pool(), refreshed([ANNA]), refreshed([], NOW_MS + 1)])
    state = folded([refreshed([ANNA], NOW_MS + 2)], state)
    assert who(following.lapse(state, NOW_MS + 2 * LEFT_MS)[0]) == {ANNA}


def test_the_end_of_a_leaderboard_is_the_end_of_those_who_left_it() -> None:
    left = [pool(), refreshed([ANNA, BERT]), refreshed([BERT], NOW_MS + 1)]
    assert who(folded([*left, no_pool()])) == set()
    assert who(folded([*left, added(ANNA), no_pool()])) == {ANNA}


def test_a_wallet_that_left_one_leaderboard_stays_because_of_another() -> None:
    other = PoolId("other")
    state = folded(
        [
            *(pool(), pool(other)),
            *(refreshed([ANNA]), refreshed([ANNA], NOW_MS, other)),
            refreshed([], NOW_MS + 1),
        ]
    )
    assert who(following.lapse(state, NOW_MS + 2 * LEFT_MS)[0]) == {ANNA}


def test_what_was_read_earlier_does_not_undo_what_was_read_later() -> None:
    late = [pool(), refreshed([ANNA], NOW_MS + 2)]
    assert set(folded([*late, refreshed([BERT], NOW_MS + 1)]).pools[BEST].on) == {ANNA}


def test_a_leaderboard_that_nobody_follows_is_not_followed_because_it_was_read() -> None:
    assert who(folded([refreshed([ANNA])])) == set()
    assert who(folded([pool(), no_pool(), refreshed([ANNA]), pool()])) == set()


def test_another_definition_keeps_who_was_on_the_old_one_until_it_is_read() -> None:
    state = folded([pool(size=2), refreshed([ANNA, BERT]), pool(size=1)])
    assert who(state) == {ANNA, BERT}
    assert not state.pools[BEST].fresh
    state = folded([refreshed([CARL], NOW_MS + 1)], state)
    assert who(following.lapse(state, NOW_MS + 2 * LEFT_MS)[0]) == {CARL}


def test_the_same_definition_again_changes_nothing() -> None:
    assert folded([pool(), refreshed([ANNA]), pool()]).pools[BEST].fresh


def test_a_name_is_resolved_once_whoever_takes_it_later() -> None:
    first = [named("Whale"), resolved("whale", ANNA)]
    assert who(folded([*first, resolved("WHALE", BERT, NOW_MS + 1)])) == {ANNA}
    again = [*first, unnamed("Whale"), resolved("whale", BERT, NOW_MS + 1), named("Whale")]
    assert who(folded(again)) == {ANNA}


def test_a_name_without_an_owner_is_resolved_later() -> None:
    empty = [named("Whale"), resolved("whale", "", reason="nobody")]
    assert who(folded(empty)) == set()
    assert who(folded([*empty, resolved("whale", ANNA, NOW_MS + 1)])) == {ANNA}


def test_a_name_that_is_wanted_again_is_looked_up_again() -> None:
    empty = [named("Whale"), resolved("whale", "", reason="nobody"), unnamed("whale")]
    assert not folded([*empty, named("whale")]).owners


def test_two_names_of_one_wallet_are_two_reasons() -> None:
    both = [named("a"), named("b"), resolved("a", ANNA), resolved("b", ANNA)]
    assert who(folded([*both, unnamed("a")])) == {ANNA}
    assert who(folded([*both, unnamed("a"), unnamed("b")])) == set()


def test_since_when_is_since_the_first_of_the_reasons_that_still_hold() -> None:
    state = folded([added(ANNA), named("x"), resolved("x", ANNA), removed(ANNA), added(ANNA)])
    assert state.wallets[ANNA] == NOW_MS
    assert folded([added(DORA), removed(DORA), added(DORA)]).wallets[DORA] == NOW_MS + 2
