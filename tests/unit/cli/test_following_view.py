"""Who is followed and why, as it is shown."""

from polycopy.cli.core import following_view
from polycopy.cli.core.page import Tone
from polycopy.runtime.log import Recorded
from polycopy.schemas.event import Event
from polycopy.schemas.ids import PoolId, Wallet
from polycopy.schemas.moments import moment
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.traders import PoolMember, PoolRefreshed
from polycopy.trading.following import LEFT_MS, FollowingEvent
from tests.support.following import (
    ANNA,
    BERT,
    BEST,
    CARL,
    NOW_MS,
    added,
    envelope,
    named,
    pool,
    refreshed,
    removed,
    resolved,
)


def recorded(*events: Event) -> list[Recorded]:
    found = []
    for place, event in enumerate(events, start=1):
        assert isinstance(event, FollowingEvent)
        about = envelope(event, place, NOW_MS + place)
        found.append(
            Recorded(sequence=place, subject=subject_of(event), envelope=about, event=event)
        )
    return found


def shown(*events: Event, now_ms: int = NOW_MS) -> list[following_view.Target]:
    return following_view.targets(following_view.folded(recorded(*events), now_ms))


def test_a_wallet_is_listed_with_every_reason() -> None:
    [anna, bert] = shown(
        added(ANNA, "a friend"),
        pool(),
        refreshed([BERT, ANNA]),
        named("Anna"),
        resolved("anna", ANNA),
        refreshed([ANNA], NOW_MS + 60_000),
    )
    assert (anna.wallet, anna.label, anna.name) == (ANNA, "a friend", "Anna")
    assert anna.why == ("added", "name Anna", "pool best: rank 1")
    assert anna.added_at_ms == NOW_MS + 1
    assert bert.why == (f"pool best: left {moment(NOW_MS + 60_000)}",)


def test_a_name_of_the_leaderboard_is_shown() -> None:
    member = PoolMember(wallet=ANNA, rank=1, name="Whale")
    event = PoolRefreshed(pool_id=BEST, members=(member,), source="data-v2", read_at_ms=NOW_MS)
    assert [one.name for one in shown(pool(), event)] == ["Whale"]


def test_a_name_that_is_nobody_s_is_listed_with_the_reason() -> None:
    events = (named("Bob"), named("Eve"), resolved("eve", "", reason="2 traders have this name"))
    found = shown(*events)
    assert [(one.wallet, one.why) for one in found] == [
        (Wallet(""), ("name Bob: not looked up yet",)),
        (Wallet(""), ("name Eve: 2 traders have this name",)),
    ]
    table = following_view.view_targets(found)
    assert table.tones == (Tone.WARN, Tone.WARN)
    assert table.rows[0][0] == "–"


def test_who_left_too_long_ago_is_not_listed() -> None:
    left = (pool(), refreshed([ANNA]), refreshed([], NOW_MS + 1))
    assert len(shown(*left, now_ms=NOW_MS + LEFT_MS)) == 1
    assert shown(*left, now_ms=NOW_MS + 1 + LEFT_MS) == []


def test_who_is_followed_no_longer_is_not_listed() -> None:
    assert [one.wallet for one in shown(added(ANNA), added(CARL), removed(ANNA))] == [CARL]


def test_a_leaderboard_is_listed_with_its_members_and_its_last_reading() -> None:
    state = following_view.folded(
        recorded(pool(), refreshed([BERT, ANNA]), refreshed([ANNA], NOW_MS + 9), pool(PoolId("a"))),
        NOW_MS,
    )
    other, best = following_view.pools(state)
    assert (other.pool.pool_id, other.read_at_ms, other.members) == ("a", 0, ())
    assert [one.wallet for one in best.members] == [ANNA]
    assert [(one.wallet, one.left_at_ms) for one in best.left] == [(BERT, NOW_MS + 9)]
    table = following_view.view_pools([other, best])
    assert [row[:5] for row in table.rows] == [
        ("a", "month by pnl, overall, the first 3", "0", "0", "never"),
        ("best", "month by pnl, overall, the first 3", "1", "1", moment(NOW_MS + 9)),
    ]


def test_a_stranger_s_name_cannot_move_the_cursor() -> None:
    member = PoolMember(wallet=ANNA, rank=1, name="\x1b[2J")
    event = PoolRefreshed(pool_id=BEST, members=(member,), source="data-v2", read_at_ms=NOW_MS)
    table = following_view.view_targets(shown(pool(), event))
    assert "\x1b" not in "".join(table.rows[0])
