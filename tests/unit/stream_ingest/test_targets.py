"""What is looked at when, and what is said of what was found."""

from polycopy.schemas.control import Pool
from polycopy.schemas.envelope import Draft
from polycopy.schemas.event import Event
from polycopy.schemas.feeds import FeedConnected
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.traders import NameResolved, PoolMember, PoolRefreshed
from polycopy.stream_ingest.core import targets as core
from polycopy.stream_ingest.core.targets import (
    Board,
    Cadence,
    FindName,
    Look,
    Owner,
    ReadPool,
    State,
)
from tests.support.following import (
    ANNA,
    BERT,
    BEST,
    CARL,
    NOW_MS,
    POOL,
    added,
    envelope,
    named,
    no_pool,
    pool,
    refreshed,
    resolved,
    unnamed,
)

_MINUTE_MS = 60_000
CADENCE = Cadence()
OTHER = PoolId("other")


def state_of(*events: Event, onto: State | None = None) -> State:
    state = onto or core.initial()
    for place, event in enumerate(events):
        state, _ = core.feed(state, event, envelope(event, place))  # type: ignore[arg-type]
    return state


def looks(state: State, at_ms: int = NOW_MS) -> tuple[Look, ...]:
    return core.due(state, at_ms, CADENCE).looks


def board(*wallets: Wallet) -> Board:
    members = tuple(PoolMember(wallet=one, rank=n) for n, one in enumerate(wallets, start=1))
    return Board(members=members, source="data-v2")


def said(state: State, *wallets: Wallet, at_ms: int = NOW_MS) -> Draft | None:
    return core.refreshed(state, POOL, board(*wallets), at_ms, CADENCE)


def test_a_new_leaderboard_and_a_new_name_are_looked_at_at_once() -> None:
    assert looks(state_of(pool(), named("Bob"))) == (ReadPool(POOL), FindName("Bob"))


def test_nothing_is_due_where_only_wallets_are_followed() -> None:
    due = core.due(state_of(added(ANNA)), NOW_MS, CADENCE)
    assert due.looks == ()
    assert due.next_at_ms > NOW_MS + 10**12


def test_a_leaderboard_is_read_every_quarter_of_an_hour() -> None:
    state = state_of(pool(), refreshed([ANNA]))
    due = core.due(state, NOW_MS, CADENCE)
    assert (due.looks, due.next_at_ms) == ((), NOW_MS + 15 * _MINUTE_MS)
    assert looks(state, due.next_at_ms - 1) == ()
    assert looks(state, due.next_at_ms) == (ReadPool(POOL),)


def test_a_look_without_news_counts_as_one() -> None:
    state = state_of(pool(), refreshed([ANNA]))
    later_ms = NOW_MS + 15 * _MINUTE_MS
    state = core.looked(state, ReadPool(POOL), later_ms, failed=False)
    assert core.due(state, later_ms, CADENCE).next_at_ms == later_ms + 15 * _MINUTE_MS


def test_what_another_process_read_is_not_read_again() -> None:
    state = core.looked(state_of(pool(), refreshed([ANNA])), ReadPool(POOL), NOW_MS, failed=False)
    theirs = NOW_MS + 14 * _MINUTE_MS
    state = state_of(refreshed([BERT], theirs), onto=state)
    assert looks(state, theirs + 14 * _MINUTE_MS) == ()


def test_a_clock_that_was_ahead_does_not_stop_the_reading() -> None:
    state = state_of(pool(), refreshed([ANNA], NOW_MS + 10**9))
    assert core.due(state, NOW_MS, CADENCE).next_at_ms == NOW_MS + 15 * _MINUTE_MS


def test_a_clock_that_was_set_back_does_not_stop_the_reading() -> None:
    state = core.looked(state_of(pool()), ReadPool(POOL), NOW_MS + 10**9, failed=False)
    assert core.due(state, NOW_MS, CADENCE).next_at_ms == NOW_MS + 15 * _MINUTE_MS


def test_the_pauses_after_failures_double_up_to_the_usual_one() -> None:
    state, pauses = state_of(pool(), named("Bob")), []
    for _ in range(12):
        for look in (ReadPool(POOL), FindName("Bob")):
            state = core.looked(state, look, NOW_MS, failed=True)
        pauses.append(core.due(state, NOW_MS, CADENCE).next_at_ms - NOW_MS)
    assert pauses[:4] == [5_000, 10_000, 20_000, 40_000]
    assert pauses[-1] == 10 * _MINUTE_MS
    state = core.looked(state, ReadPool(POOL), NOW_MS, failed=False)
    state = core.looked(state, ReadPool(POOL), NOW_MS, failed=True)
    assert core.due(state, NOW_MS, CADENCE).next_at_ms == NOW_MS + 5_000


def test_a_name_is_looked_up_every_ten_minutes_until_it_is_somebody_s() -> None:
    state = state_of(named("Bob"), resolved("bob", "", NOW_MS, "nobody"))
    assert core.due(state, NOW_MS, CADENCE).next_at_ms == NOW_MS + 10 * _MINUTE_MS
    assert looks(state, NOW_MS + 10 * _MINUTE_MS) == (FindName("Bob"),)
    state = state_of(resolved("bob", ANNA, NOW_MS + 1), onto=state)
    assert looks(state, NOW_MS + 10**12) == ()


def test_who_is_followed_no_longer_is_not_looked_at() -> None:
    state = state_of(pool(), named("Bob"), no_pool(), unnamed("BOB"))
    assert looks(state) == ()


def test_another_definition_is_read_at_once_and_the_same_one_is_not() -> None:
    state = state_of(pool(), refreshed([ANNA]))
    state = core.looked(state, ReadPool(POOL), NOW_MS, failed=False)
    assert looks(state_of(pool(), onto=state)) == ()
    assert looks(state_of(pool(size=2), onto=state)) == (ReadPool(Pool(pool_id=BEST, size=2)),)


def test_a_reading_of_what_was_defined_anew_meanwhile_is_none() -> None:
    state = state_of(pool(size=2))
    assert said(state, ANNA) is None
    state = core.looked(state, ReadPool(POOL), NOW_MS, failed=False)
    assert looks(state) == (ReadPool(Pool(pool_id=BEST, size=2)),)


def test_a_leaderboard_on_which_somebody_is_new_is_said() -> None:
    state = state_of(pool(), refreshed([ANNA, BERT]))
    assert said(state, BERT, ANNA, at_ms=NOW_MS + 1) is None
    new = said(state, BERT, CARL, at_ms=NOW_MS + 1)
    assert new is not None
    assert new.event == PoolRefreshed(
        pool_id=BEST, members=board(BERT, CARL).members, source="data-v2", read_at_ms=NOW_MS + 1
    )
    assert new.subject == "traders.pool-best.refreshed"


def test_a_leaderboard_is_said_for_the_first_time_and_once_a_day() -> None:
    assert said(state_of(pool()), at_ms=NOW_MS) is not None
    state = state_of(pool(), refreshed([ANNA]))
    assert said(state, ANNA, at_ms=NOW_MS + CADENCE.said_every_ms - 1) is None
    assert said(state, ANNA, at_ms=NOW_MS + CADENCE.said_every_ms) is not None


def test_two_processes_that_find_the_same_say_one_event() -> None:
    state = state_of(pool(), refreshed([ANNA]))
    ours, theirs = said(state, BERT, at_ms=NOW_MS + 1), said(state, BERT, at_ms=NOW_MS + 2)
    others = said(state, CARL, at_ms=NOW_MS + 1)
    ids = {one and one.envelope.event_id for one in (ours, theirs, others)}
    assert None not in ids
    assert len(ids) == 2


def test_a_name_is_said_when_it_is_found_and_once_when_it_is_not() -> None:
    nobody = Owner(wallet=Wallet(""), source="data-v2", reason="nobody has it")
    state = state_of(named("Bob"))
    first = core.resolved(state, "bob", nobody, NOW_MS)
    assert first is not None
    assert first.event == NameResolved(
        name="Bob", wallet=Wallet(""), source="data-v2", read_at_ms=NOW_MS, reason="nobody has it"
    )
    state = state_of(first.event, onto=state)
    assert core.resolved(state, "Bob", nobody, NOW_MS + 1) is None
    found = core.resolved(state, "Bob", Owner(wallet=ANNA, source="data-v1"), NOW_MS + 2)
    assert found is not None
    state = state_of(found.event, onto=state)
    assert core.resolved(state, "Bob", Owner(wallet=BERT, source="data-v1"), NOW_MS + 3) is None


def test_what_nobody_wants_any_longer_is_not_said() -> None:
    assert core.resolved(core.initial(), "Bob", Owner(wallet=ANNA, source="x"), NOW_MS) is None
    assert said(core.initial(), ANNA) is None


def test_other_events_change_nothing() -> None:
    event = FeedConnected(source="rtds", connection="1", at_ms=NOW_MS)
    state = state_of(added(ANNA))
    assert core.feed(state, event, envelope(added(BERT)))[0] is state
