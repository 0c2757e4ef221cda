"""What is told of the sources of leader trades."""

from hypothesis import given
from hypothesis import strategies as st

from polycopy.cli.core import feed_view, feeds
from polycopy.cli.core.feeds import State
from polycopy.cli.core.page import Table, Tone
from polycopy.schemas.event import Event
from polycopy.schemas.feeds import (
    FeedConnected,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
    FeedMissed,
)

AT_MS = 1_795_000_000_000


def connected(connection: str, at_ms: int = AT_MS, source: str = "rtds") -> FeedConnected:
    return FeedConnected(source=source, connection=connection, at_ms=at_ms)


def lost(connection: str, at_ms: int = AT_MS, source: str = "rtds") -> FeedLost:
    return FeedLost(
        source=source, connection=connection, reason="no data", at_ms=at_ms, last_frame_at_ms=at_ms
    )


def opened(from_ms: int = AT_MS, source: str = "rtds") -> FeedGapOpened:
    return FeedGapOpened(source=source, from_ms=from_ms, reason="all lost", at_ms=from_ms)


def closed(from_ms: int = AT_MS, recovered: int = 2, unknown: int = 1) -> FeedGapClosed:
    return FeedGapClosed(
        source="rtds",
        from_ms=from_ms,
        to_ms=from_ms + 90_000,
        by="poll",
        wallets=5,
        recovered=recovered,
        unknown_wallets=unknown,
        at_ms=from_ms + 95_000,
    )


def missed(trades: int) -> FeedMissed:
    return FeedMissed(
        source="rtds", from_ms=AT_MS, to_ms=AT_MS, trades=trades, transactions=(), at_ms=AT_MS
    )


def source(*events: Event) -> feeds.Source:
    [one] = feeds.folded(events).sources
    return one


def test_a_connection_that_was_made_again_is_the_same_one() -> None:
    one = source(connected("1-1795000000000"), connected("1-1795000009999", AT_MS + 9))
    assert [(each.name, each.session) for each in one.connections] == [("1", "1-1795000009999")]
    assert (one.state, one.since_ms) == (State.DELIVERS, AT_MS + 9)


def test_a_source_delivers_while_one_connection_does() -> None:
    one = source(connected("1"), connected("2", AT_MS + 1), lost("1", AT_MS + 2))
    assert (one.state, one.since_ms) == (State.DELIVERS, AT_MS + 1)
    assert [each.delivering for each in one.connections] == [False, True]
    assert one.connections[0].reason == "no data"
    silent = source(connected("1"), lost("1", AT_MS + 2))
    assert (silent.state, silent.since_ms) == (State.SILENT, AT_MS + 2)


def test_a_gap_that_is_open_while_a_connection_delivers_is_looked_into() -> None:
    one = source(connected("1"), lost("1", AT_MS + 6), opened(AT_MS + 5))
    assert (one.state, one.since_ms, one.gaps) == (State.SILENT, AT_MS + 5, 1)
    assert one.last_gap is not None
    assert one.last_gap.to_ms == 0
    again = source(connected("1"), opened(AT_MS + 5), connected("1", AT_MS + 7))
    assert (again.state, again.since_ms) == (State.CATCHING_UP, AT_MS + 5)


def test_a_source_that_is_off_and_a_stack_that_is_stopped_are_no_silence() -> None:
    found = feeds.folded([connected("1"), connected("a", source="poll")])
    on = feeds.as_it_runs(found, {"rtds": "live"})
    assert [one.state for one in on.sources] == [State.OFF, State.DELIVERS]
    stopped = feeds.as_it_runs(found, None)
    assert {one.state for one in stopped.sources} == {State.NOT_RUNNING}


def test_gaps_add_up_with_what_was_found_out() -> None:
    one = source(
        connected("1"),
        opened(),
        closed(),
        opened(AT_MS + 10**6),
        closed(AT_MS + 10**6, recovered=3, unknown=0),
        missed(4),
        missed(1),
    )
    assert (one.gaps, one.recovered, one.unknown_wallets, one.missed) == (2, 5, 1, 5)
    assert one.last_gap is not None
    assert one.last_gap.from_ms == AT_MS + 10**6
    assert one.last_gap.reason == "all lost"
    assert one.state is State.DELIVERS


def test_gaps_are_listed_the_latest_first_over_all_sources() -> None:
    found = feeds.folded([opened(), opened(AT_MS + 5, "chain"), opened(AT_MS + 2)])
    assert [(gap.source, gap.from_ms - AT_MS) for gap in found.gaps] == [
        ("chain", 5),
        ("rtds", 2),
        ("rtds", 0),
    ]


def test_silence_and_what_stays_unknown_stand_out() -> None:
    found = feeds.folded([connected("1"), lost("1"), opened(), connected("a", source="poll")])
    assert feed_view.view(found).tones == (Tone.PLAIN, Tone.PLAIN, Tone.BAD, Tone.WARN)
    gaps = feeds.folded(
        [opened(AT_MS + 3), closed(AT_MS + 2, unknown=0), closed(AT_MS + 1, unknown=1)]
    ).gaps
    [table] = feed_view.view_gaps(gaps, [])
    assert isinstance(table, Table)
    assert table.tones == (Tone.BAD, Tone.PLAIN, Tone.WARN)
    assert [row[2] for row in table.rows] == ["open", "90 s", "90 s"]


def test_what_is_not_shown_is_counted() -> None:
    pages = feed_view.view_gaps(feeds.folded([opened()]).gaps, feeds.folded([missed(1)]).missed, 7)
    assert pages[1] == "and 7 earlier ones: --limit N shows more"
    assert len(pages) == 3


def test_spans_are_told_in_their_own_unit() -> None:
    spans = (400, 75_000, 12 * 60_000, 12_600_000)
    assert list(map(feed_view.duration, spans)) == ["0.4 s", "75 s", "12 min", "3.5 h"]


names = st.sampled_from(["1", "2", "1-1795000000000"])
times = st.integers(AT_MS, AT_MS + 9)
events = st.one_of(
    st.builds(connected, names, times),
    st.builds(lost, names, times),
    st.builds(opened, times),
    st.builds(closed, times),
    st.builds(missed, st.integers(1, 3)),
)


@given(st.lists(events, min_size=1))
def test_what_is_folded_twice_counts_gaps_once(history: list[Event]) -> None:
    once, twice = source(*history), source(*history, *history)
    assert (twice.gaps, twice.recovered) == (once.gaps, once.recovered)
    assert twice.connections == once.connections
