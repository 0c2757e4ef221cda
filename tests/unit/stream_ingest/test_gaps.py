"""When a source was deaf."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.event import Event
from polycopy.schemas.feeds import FeedConnected, FeedGapClosed, FeedGapOpened, FeedLost
from polycopy.stream_ingest.core import gaps
from polycopy.stream_ingest.core.gaps import Gap, Line, Span, Unheard, uncovered


def deliver(line: Line, connection: str, at_ms: int) -> Line:
    return gaps.delivering(line, connection, at_ms)[0]


def end(line: Line, connection: str, at_ms: int, last_ms: int) -> gaps.Outcome:
    return gaps.silent(line, connection, reason="gone", at_ms=at_ms, last_ms=last_ms)


def test_the_end_of_the_only_connection_opens_a_gap_since_its_last_frame() -> None:
    line = deliver(Line(source="rtds"), "a", 1_000)
    line, said, over = end(line, "a", 5_000, 3_000)
    assert said == (
        FeedLost(source="rtds", connection="a", reason="gone", at_ms=5_000, last_frame_at_ms=3_000),
        FeedGapOpened(source="rtds", from_ms=3_000, reason="gone", at_ms=5_000),
    )
    assert over == ()
    assert line.is_deaf


def test_a_connection_that_delivers_ends_the_gap_and_it_is_to_be_recovered() -> None:
    line = deliver(Line(source="rtds"), "a", 1_000)
    line, _, _ = end(line, "a", 5_000, 5_000)
    line, said, over = gaps.delivering(line, "b", 7_000)
    assert said == (FeedConnected(source="rtds", connection="b", at_ms=7_000),)
    assert over == (Gap(source="rtds", from_ms=5_000, to_ms=7_000, reason="gone"),)
    line = gaps.found(line, traded_at_ms=6_000, brought_by="poll")
    line, closed = gaps.recovered(
        line, over[0], by="poll", wallets=3, unknown_wallets=1, at_ms=9_000
    )
    assert closed == FeedGapClosed(
        source="rtds",
        from_ms=5_000,
        to_ms=7_000,
        by="poll",
        wallets=3,
        recovered=1,
        unknown_wallets=1,
        at_ms=9_000,
        reason="gone",
    )
    assert line.gaps == ()


def test_a_spare_connection_covers_for_the_other() -> None:
    line = deliver(deliver(Line(source="rtds"), "a", 1_000), "b", 1_500)
    line, said, over = end(line, "a", 5_000, 2_000)
    assert [type(event) for event in said] == [FeedLost]
    assert over == ()
    assert gaps.covers(line, 1_000, 4_000)


def test_a_stall_that_is_noticed_late_shows_a_hole_that_nobody_saw() -> None:
    """The spare ended and began again while the other was silent already."""
    line = deliver(deliver(Line(source="rtds"), "a", 1_000), "b", 1_000)
    line, said, _ = end(line, "b", 3_000, 3_000)
    assert len(said) == 1  # As far as is known, `a` delivers.
    line = deliver(line, "c", 4_000)
    line, said, over = end(line, "a", 9_000, 2_000)
    assert said[1:] == (FeedGapOpened(source="rtds", from_ms=3_000, reason="gone", at_ms=9_000),)
    assert over == (Gap(source="rtds", from_ms=3_000, to_ms=4_000, reason="gone"),)
    assert not gaps.covers(line, 2_500, 4_500)


def test_only_what_others_bring_of_the_time_of_the_gap_counts_as_found() -> None:
    line = deliver(Line(source="rtds"), "a", 1_000)
    line, _, _ = end(line, "a", 5_000, 5_000)
    for traded_at_ms, by in [(4_000, "poll"), (6_000, "rtds"), (6_000, "poll")]:
        line = gaps.found(line, traded_at_ms=traded_at_ms, brought_by=by)
    line, _, over = gaps.delivering(line, "b", 7_000)
    line = gaps.found(line, traded_at_ms=7_001, brought_by="poll")
    _, closed = gaps.recovered(line, over[0], by="", wallets=0, unknown_wallets=0, at_ms=9_000)
    assert closed.recovered == 1


def test_a_source_nobody_listened_to_has_a_gap_from_the_start() -> None:
    line, said, _ = gaps.begun(
        Line(source="rtds"), from_ms=1_000, at_ms=9_000, reason="not running"
    )
    assert said == (FeedGapOpened(source="rtds", from_ms=1_000, reason="not running", at_ms=9_000),)
    _, _, over = gaps.delivering(line, "a", 9_500)
    assert [(gap.from_ms, gap.to_ms) for gap in over] == [(1_000, 9_500)]


def test_an_end_of_a_connection_that_never_delivered_is_no_gap() -> None:
    line, said, over = end(Line(source="rtds"), "a", 5_000, 0)
    assert [type(event) for event in said] == [FeedLost]
    assert (over, line.gaps) == ((), ())


def connected(at_ms: int, source: str = "rtds") -> FeedConnected:
    return FeedConnected(source=source, connection="a", at_ms=at_ms)


def opened(from_ms: int) -> FeedGapOpened:
    return FeedGapOpened(source="rtds", from_ms=from_ms, reason="gone", at_ms=from_ms)


def closed(from_ms: int, to_ms: int) -> FeedGapClosed:
    return FeedGapClosed(
        source="rtds",
        from_ms=from_ms,
        to_ms=to_ms,
        by="poll",
        wallets=1,
        recovered=0,
        unknown_wallets=0,
        at_ms=to_ms,
    )


@pytest.mark.parametrize(
    ("history", "since"),
    [
        ([connected(5)], Unheard(5, "not running")),
        ([connected(5), opened(9)], Unheard(9, "gone", is_open=True)),
        ([connected(5), opened(9), connected(12), closed(9, 12)], Unheard(12, "not running")),
        ([connected(5), opened(9), connected(12)], Unheard(9, "gone", is_open=True)),
        ([opened(9), connected(12), connected(30)], Unheard(9, "gone", is_open=True)),
        (
            [opened(9), connected(12), closed(9, 12), connected(30)],
            Unheard(30, "not running"),
        ),
    ],
)
def test_a_start_goes_back_to_the_first_gap_that_was_never_closed(
    history: list[Event], since: Unheard
) -> None:
    told = gaps.unheard([*history, connected(7, "poll")], {})
    assert told == {"rtds": since, "poll": Unheard(7, "not running")}


def test_a_source_that_was_surely_heard_later_was_not_unheard_before() -> None:
    noted = {"rtds": 40, "poll": 3}
    told = gaps.unheard([connected(5), connected(7, "poll")], noted)
    assert {source: since.from_ms for source, since in told.items()} == {"rtds": 40, "poll": 7}
    assert gaps.unheard([opened(9)], noted)["rtds"].from_ms == 9


SPANS = st.builds(
    lambda begin, length: Span(begin, begin + length), st.integers(0, 30), st.integers(0, 10)
)


@given(SPANS, st.lists(SPANS, max_size=6))
def test_what_is_uncovered_is_in_the_span_and_in_no_other(span: Span, others: list[Span]) -> None:
    """Moment by moment."""
    holes = uncovered(span, others)
    for moment in range(span.from_ms, span.to_ms):
        is_hole = any(hole.from_ms <= moment < hole.to_ms for hole in holes)
        assert is_hole != any(one.from_ms <= moment < one.to_ms for one in others)
    assert all(span.from_ms <= hole.from_ms < hole.to_ms <= span.to_ms for hole in holes)


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 5), st.integers(0, 9)),
    max_size=14,
)


@given(STEPS)
def test_every_moment_without_a_delivering_connection_is_in_a_gap(
    steps: list[tuple[str, bool, int, int]],
) -> None:
    """As far as anybody can know: a connection delivers from its first to its last frame."""
    line, now_ms, since = Line(source="rtds"), 100, dict[str, int]()
    spans: list[Span] = []
    told: list[FeedGapOpened] = []
    over: list[Gap] = []
    first_ms = 0
    for number, (name, comes, wait_ms, silence_ms) in enumerate(steps):
        now_ms += wait_ms
        if comes and name not in since:
            since[name] = now_ms
            first_ms = first_ms or now_ms
            line, said, ended = gaps.delivering(line, f"{name}", now_ms)
        elif not comes and name in since:
            began_ms = since.pop(name)
            last_ms = max(began_ms, now_ms - silence_ms)
            spans.append(Span(began_ms, last_ms))
            line, said, ended = end(line, name, now_ms, last_ms)
        else:
            continue
        told += [event for event in said if isinstance(event, FeedGapOpened)]
        over += ended
        assert number < len(steps)
    if not first_ms:
        return
    live = [Span(began_ms, now_ms) for began_ms in since.values()]
    silent = uncovered(Span(first_ms, now_ms), [*spans, *live])
    open_ = [Span(gap.from_ms, now_ms) for gap in line.gaps if not gap.to_ms]
    looked = [*open_, *(Span(gap.from_ms, gap.to_ms) for gap in over)]
    for hole in silent:
        assert uncovered(hole, looked) == []
    assert {event.from_ms for event in told} == {
        gap.from_ms for gap in [*over, *(gap for gap in line.gaps if not gap.to_ms)]
    }
