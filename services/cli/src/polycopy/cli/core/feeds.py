"""What became of the sources of leader trades: connections, gaps, and what was missed. A fold of
`feeds.*`."""

import re
from collections.abc import Collection, Iterable
from enum import StrEnum

import msgspec

from polycopy.schemas.event import Event
from polycopy.schemas.feeds import (
    FeedConnected,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
    FeedMissed,
)

_SESSION = re.compile(r"(.+)-[0-9]{10,}")
"""A connection's name ends with the time at which it began."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """One of those that run side by side. `since_ms`: from when on it is as it is; `reason`: why it
    does not deliver; `last_frame_at_ms`: 0 where nobody said it."""

    name: str
    session: str
    delivering: bool
    since_ms: int
    reason: str = ""
    last_frame_at_ms: int = 0


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A time without any connection. `to_ms` is 0 while it is open. `by`: who was asked what
    happened then, and found `recovered` trades; of `unknown_wallets` nobody could tell."""

    source: str
    from_ms: int
    reason: str
    to_ms: int = 0
    by: str = ""
    recovered: int = 0
    wallets: int = 0
    unknown_wallets: int = 0


class State(StrEnum):
    """What a source does."""

    DELIVERS = "delivers"
    CATCHING_UP = "catching up"
    """It delivers, and what happened while it was silent is looked for."""
    SILENT = "silent"
    OFF = "off"
    """It was heard once, and is switched off."""
    NOT_RUNNING = "not running"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """`since_ms`: from when on it is so; of a silence that is looked into, its beginning. `gaps`:
    how many there were, an open one too; `last_gap` is the latest. The sums are over all of them;
    `missed` are trades that others brought while this source delivered."""

    source: str
    state: State
    since_ms: int
    connections: tuple[Connection, ...] = ()
    gaps: int = 0
    recovered: int = 0
    unknown_wallets: int = 0
    missed: int = 0
    last_gap: Gap | None = None


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """Trades that a source never brought, though it delivered."""

    source: str
    from_ms: int
    to_ms: int
    trades: int


class Feeds(msgspec.Struct, frozen=True, kw_only=True):
    """`gaps` and `missed`: the latest first."""

    sources: tuple[Source, ...]
    gaps: tuple[Gap, ...]
    missed: tuple[Missed, ...]


class _Book:
    """What is known of one source."""

    def __init__(self) -> None:
        self.connections: dict[str, Connection] = {}
        self.gaps: dict[int, Gap] = {}
        self.missed: list[Missed] = []


def folded(events: Iterable[Event]) -> Feeds:
    books: dict[str, _Book] = {}
    for event in events:
        match event:
            case FeedConnected() | FeedLost():
                book = books.setdefault(event.source, _Book())
                book.connections[slot(event.connection)] = _connection(event)
            case FeedGapOpened():
                books.setdefault(event.source, _Book()).gaps[event.from_ms] = Gap(
                    source=event.source, from_ms=event.from_ms, reason=event.reason
                )
            case FeedGapClosed():
                gaps = books.setdefault(event.source, _Book()).gaps
                gaps[event.from_ms] = _closed(event, gaps.get(event.from_ms))
            case FeedMissed():
                books.setdefault(event.source, _Book()).missed.append(_missed(event))
            case _:
                continue
    return Feeds(
        sources=tuple(_source(name, book) for name, book in sorted(books.items())),
        gaps=_latest_first(gap for book in books.values() for gap in book.gaps.values()),
        missed=tuple(
            sorted(
                (one for book in books.values() for one in book.missed),
                key=lambda one: (-one.from_ms, one.source),
            )
        ),
    )


def as_it_runs(feeds: Feeds, on: Collection[str] | None) -> Feeds:
    """The sources as the running service has them: `on` names those that are on; None where none
    runs."""

    def state_of(source: Source) -> State:
        if on is None:
            return State.NOT_RUNNING
        return source.state if source.source in on else State.OFF

    sources = (msgspec.structs.replace(one, state=state_of(one)) for one in feeds.sources)
    return msgspec.structs.replace(feeds, sources=tuple(sources))


def slot(connection: str) -> str:
    """What stays the same of a connection's name when it is made again."""
    found = _SESSION.fullmatch(connection)
    return found[1] if found else connection


def _connection(event: FeedConnected | FeedLost) -> Connection:
    lost = event if isinstance(event, FeedLost) else None
    return Connection(
        name=slot(event.connection),
        session=event.connection,
        delivering=lost is None,
        since_ms=event.at_ms,
        reason=lost.reason if lost else "",
        last_frame_at_ms=lost.last_frame_at_ms if lost else 0,
    )


def _closed(event: FeedGapClosed, opened: Gap | None) -> Gap:
    return Gap(
        source=event.source,
        from_ms=event.from_ms,
        reason=event.reason or (opened.reason if opened else ""),
        to_ms=event.to_ms,
        by=event.by,
        recovered=event.recovered,
        wallets=event.wallets,
        unknown_wallets=event.unknown_wallets,
    )


def _missed(event: FeedMissed) -> Missed:
    return Missed(
        source=event.source, from_ms=event.from_ms, to_ms=event.to_ms, trades=event.trades
    )


def _source(name: str, book: _Book) -> Source:
    """A gap that is open while a connection delivers is being looked into."""
    gaps = _latest_first(book.gaps.values())
    connections = tuple(one for _, one in sorted(book.connections.items()))
    still = [gap.from_ms for gap in gaps if not gap.to_ms]
    up = [one.since_ms for one in connections if one.delivering]
    down = [one.since_ms for one in connections if not one.delivering]
    if up and not still:
        state, since_ms = State.DELIVERS, min(up)
    else:
        state = State.CATCHING_UP if up else State.SILENT
        since_ms = min(still) if still else max(down, default=0)
    return Source(
        source=name,
        state=state,
        since_ms=since_ms,
        connections=connections,
        gaps=len(gaps),
        recovered=sum(gap.recovered for gap in gaps),
        unknown_wallets=sum(gap.unknown_wallets for gap in gaps),
        missed=sum(one.trades for one in book.missed),
        last_gap=gaps[0] if gaps else None,
    )


def _latest_first(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(gaps, key=lambda gap: (-gap.from_ms, gap.source)))
