"""A walk: the pages of one wallet from the newest row back to a time.

Version 2 pages by a cursor that repeats nothing, so rows add up over the whole walk, and a trade
whose rows lie on two pages is summed: one session a walk.

Version 1 has no cursor. The next page begins with the last row's second, which is read whole, so
rows repeat and every page is a session of its own: a sum over pages would count them twice. Only
where one second fills a page of 500 is it continued by offset, and a trade that is cut there is
told too small.
"""

import msgspec

from polycopy.polymarket.activity_page import ActivityPage
from polycopy.polymarket.activity_query import ROWS_MAX, ActivityQuery, Version
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import Wallet
from polycopy.schemas.trades import TRADE_AHEAD_MS_MAX

PAGES_MAX = 10
_PAGES_OF_A_SECOND_MAX = 50
_FIRST_FULL = 100
"""From so many rows on a page of version 1 may be a full one, whatever limit it was asked for: the
API has cut limits to this before."""


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """`query` asks for the next page. `newest_ms` is over the rows that were read, -1 where there
    was none. `done`: all was read. `cut`: there is more before `last_s`, for another walk.
    `fault`: the pages make no sense."""

    session: str
    query: ActivityQuery
    pages: int = 0
    newest_ms: int = -1
    last_s: int = -1
    done: bool = False
    cut: bool = False
    fault: str = ""

    @property
    def is_over(self) -> bool:
        return self.done or self.cut or self.fault != ""

    @property
    def page_session(self) -> str:
        """Of the page that is asked for next."""
        if self.query.version is Version.V2:
            return self.session
        return f"{self.session}.{self.pages}"


def begin(
    version: Version,
    wallet: Wallet,
    *,
    session: str,
    start_s: int,
    end_s: int = 0,
    limit: int = ROWS_MAX,
) -> Walk:
    """`session` must be another for every walk. `end_s` 0: to the newest row."""
    query = ActivityQuery(version=version, wallet=wallet, start_s=start_s, end_s=end_s, limit=limit)
    return Walk(session=session, query=query)


def turned(walk: Walk, page: ActivityPage, now_ms: int) -> Walk:
    """The walk after one more page. A row that claims to be of the future (by our clock `now_ms`)
    says nothing about how far the walk came."""
    assert not walk.is_over  # noqa: S101 - the caller has looked
    walk = msgspec.structs.replace(
        walk,
        pages=walk.pages + 1,
        newest_ms=max(walk.newest_ms, _newest_ms(page, now_ms + TRADE_AHEAD_MS_MAX)),
    )
    if walk.last_s >= 0 and page.newest_s > walk.last_s:
        return msgspec.structs.replace(walk, fault="the pages are not newest first")
    last_s = page.last_s if page.last_s >= 0 else walk.last_s
    if _is_last(walk.query, page):
        return msgspec.structs.replace(walk, last_s=last_s, done=True)
    further = _next_query(walk.query, page)
    if further == walk.query or walk.pages >= _PAGES_OF_A_SECOND_MAX:
        return msgspec.structs.replace(walk, fault="the pages go round in a circle")
    # Cut only where the next walk, which begins with this second, does not begin where this did.
    came_on = last_s >= 0 and last_s != walk.query.end_s
    cut = walk.pages >= PAGES_MAX and came_on
    return msgspec.structs.replace(walk, last_s=last_s, query=further, cut=cut)


def _newest_ms(page: ActivityPage, most_ms: int) -> int:
    times_ms = [
        row.traded_at_ms if isinstance(row, LeaderRow) else row.happened_at_ms
        for row in page.rows
        if not isinstance(row, Unreadable)
    ]
    return max((time_ms for time_ms in times_ms if time_ms <= most_ms), default=-1)


def _is_last(query: ActivityQuery, page: ActivityPage) -> bool:
    if query.version is Version.V2:
        return not page.next_cursor
    return page.count < min(query.limit, _FIRST_FULL)


def _next_query(query: ActivityQuery, page: ActivityPage) -> ActivityQuery:
    if query.version is Version.V2:
        return msgspec.structs.replace(query, cursor=page.next_cursor)
    if 0 <= page.last_s != query.end_s:
        return msgspec.structs.replace(query, end_s=page.last_s, offset=0)
    return msgspec.structs.replace(query, offset=query.offset + page.count)
