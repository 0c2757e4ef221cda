"""When a source was deaf. A source has connections side by side; each delivered from its first to
its last frame, and what none of them covers is a gap.

A connection that stalls is noticed late. Then the time since its last frame is looked at again: if
another connection ended and began in it, the source was deaf in between without anybody's notice.
"""

from collections.abc import Iterable, Mapping

import msgspec
from immutables import Map

from polycopy.schemas.event import Event
from polycopy.schemas.feeds import (
    FeedConnected,
    FeedEvent,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
)

REMEMBERED_MS = 3_600_000
"""So long what a connection covered is known."""
ENDED_MAX = 200


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """From a millisecond to another."""

    from_ms: int
    to_ms: int


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """`to_ms` is 0 while it is open. `recovered`: trades of that time that others brought."""

    source: str
    from_ms: int
    reason: str
    to_ms: int = 0
    recovered: int = 0


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One source. `live`: connections that deliver, each since when; `ended`: what others covered;
    `gaps`: those that are open, or being recovered."""

    source: str
    live: Map[str, int] = Map()
    ended: tuple[Span, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def is_deaf(self) -> bool:
        return not self.live


class Unheard(msgspec.Struct, frozen=True):
    """Nobody listened to a source since then, and why. `is_open`: a gap was open already."""

    from_ms: int
    reason: str
    is_open: bool = False


def unheard(history: Iterable[Event], heard_ms: Mapping[str, int]) -> dict[str, Unheard]:
    """By source, as the log tells it: since the first gap that was never closed, or else since the
    last word about it. `heard_ms`: when it was surely heard, where somebody noted that."""
    last_ms: dict[str, int] = {}
    opened: dict[str, dict[int, str]] = {}
    for event in history:
        match event:
            case FeedConnected() | FeedLost():
                last_ms[event.source] = event.at_ms
            case FeedGapOpened():
                last_ms.setdefault(event.source, event.from_ms)
                opened.setdefault(event.source, {})[event.from_ms] = event.reason
            case FeedGapClosed():
                last_ms[event.source] = max(event.to_ms, last_ms.get(event.source, 0))
                opened.get(event.source, {}).pop(event.from_ms, None)
            case _:
                pass
    found: dict[str, Unheard] = {}
    for source, at_ms in last_ms.items():
        since = Unheard(max(at_ms, heard_ms.get(source, 0)), "not running")
        for from_ms, reason in sorted(opened.get(source, {}).items())[:1]:
            since = Unheard(from_ms, reason, is_open=True)
        found[source] = since
    return found


Outcome = tuple[Line, tuple[FeedEvent, ...], tuple[Gap, ...]]
"""The line after it, what is to be said, and the gaps that are to be recovered now."""


def begun(line: Line, *, from_ms: int, at_ms: int, reason: str) -> Outcome:
    """The source was not listened to since `from_ms`. Until then it is taken to have delivered."""
    gap = Gap(source=line.source, from_ms=from_ms, reason=reason)
    line = msgspec.structs.replace(line, gaps=(*line.gaps, gap))
    return line, (_opened(gap, at_ms),), ()


def delivering(line: Line, connection: str, at_ms: int) -> Outcome:
    """A connection brought its first frame."""
    said = FeedConnected(source=line.source, connection=connection, at_ms=at_ms)
    gaps = tuple(_closed(gap, at_ms) for gap in line.gaps)
    over = tuple(gap for gap, before in zip(gaps, line.gaps, strict=True) if gap is not before)
    live = line.live.set(connection, at_ms)
    return msgspec.structs.replace(line, live=live, gaps=gaps), (said,), over


def silent(line: Line, connection: str, *, reason: str, at_ms: int, last_ms: int) -> Outcome:
    """A connection ended that had delivered, the last time at `last_ms`."""
    lost = FeedLost(
        source=line.source,
        connection=connection,
        reason=reason,
        at_ms=at_ms,
        last_frame_at_ms=last_ms,
    )
    since_ms = line.live.get(connection)
    if since_ms is None:
        return line, (lost,), ()
    others = [span for span in line.ended if span.to_ms >= at_ms - REMEMBERED_MS]
    live = line.live.delete(connection)
    covered = [*others, *(Span(begin, at_ms) for begin in live.values())]
    until_ms = at_ms if live else at_ms + 1  # With nobody left the last hole stays open.
    holes = uncovered(Span(last_ms, until_ms), covered)
    gaps = tuple(
        Gap(
            source=line.source,
            from_ms=hole.from_ms,
            reason=reason,
            to_ms=hole.to_ms if hole.to_ms <= at_ms else 0,
        )
        for hole in holes
    )
    ended = (*others[-ENDED_MAX:], Span(since_ms, max(last_ms, since_ms)))
    line = msgspec.structs.replace(line, live=live, ended=ended, gaps=(*line.gaps, *gaps))
    said: tuple[FeedEvent, ...] = (lost, *(_opened(gap, at_ms) for gap in gaps))
    return line, said, tuple(gap for gap in gaps if gap.to_ms)


def found(line: Line, *, traded_at_ms: int, brought_by: str) -> Line:
    """A trade was said that another source brought first."""
    if brought_by == line.source or not line.gaps:
        return line
    return msgspec.structs.replace(
        line,
        gaps=tuple(
            msgspec.structs.replace(gap, recovered=gap.recovered + 1)
            if gap.from_ms - _SECOND_MS < traded_at_ms
            and (not gap.to_ms or traded_at_ms <= gap.to_ms)
            else gap
            for gap in line.gaps
        ),
    )


def recovered(
    line: Line, gap: Gap, *, by: str, wallets: int, unknown_wallets: int, at_ms: int
) -> tuple[Line, FeedGapClosed]:
    """What happened in the gap was looked for."""
    now = next(one for one in line.gaps if _is_same(one, gap))
    closed = FeedGapClosed(
        source=line.source,
        from_ms=now.from_ms,
        to_ms=now.to_ms,
        by=by,
        wallets=wallets,
        recovered=now.recovered,
        unknown_wallets=unknown_wallets,
        at_ms=at_ms,
        reason=now.reason,
    )
    others = tuple(one for one in line.gaps if one is not now)
    return msgspec.structs.replace(line, gaps=others), closed


def covers(line: Line, from_ms: int, to_ms: int) -> bool:
    """Whether the source delivered all the time between the two."""
    spans = [*line.ended, *(Span(begin, to_ms) for begin in line.live.values())]
    return not uncovered(Span(from_ms, to_ms), spans)


def uncovered(span: Span, covering: Iterable[Span]) -> list[Span]:
    """The parts of a span that none of the others covers, in their order."""
    holes: list[Span] = []
    reached_ms = span.from_ms
    for other in sorted(covering):
        if other.from_ms > reached_ms:
            holes.append(Span(reached_ms, min(other.from_ms, span.to_ms)))
        reached_ms = max(reached_ms, other.to_ms)
        if reached_ms >= span.to_ms:
            return holes
    holes.append(Span(reached_ms, span.to_ms))
    return [hole for hole in holes if hole.from_ms < hole.to_ms]


_SECOND_MS = 1_000


def _closed(gap: Gap, at_ms: int) -> Gap:
    if gap.to_ms:
        return gap
    return msgspec.structs.replace(gap, to_ms=max(at_ms, gap.from_ms + 1))


def _opened(gap: Gap, at_ms: int) -> FeedGapOpened:
    return FeedGapOpened(source=gap.source, from_ms=gap.from_ms, reason=gap.reason, at_ms=at_ms)


def _is_same(one: Gap, other: Gap) -> bool:
    return (one.source, one.from_ms) == (other.source, other.from_ms)
