"""A trader's positions and trades, page by page, in the version of the Data API that answers.

Newest first, so that what is cut off is old: then the last 30 days are whole and the lifetime is a
part.
"""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from polycopy.polymarket.data_page import DataPage
from polycopy.polymarket.positions_page import parse_closed, parse_held, parse_trades
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.reference_site import Query, Site
from polycopy.stream_ingest.core.trader_record import Rows

_V1_OFFSET_MAX = 3_000
"""Further back version 1 says no."""
Row = TypeVar("Row")
Parse = Callable[[bytes], DataPage[Row] | Unreadable]
Read = tuple[tuple[Row, ...], bool]


class PageSizes(msgspec.Struct, frozen=True, kw_only=True):
    """Rows a page in either version, and how many pages of each kind of row are read."""

    second: int = 1_000
    first: int = 500
    first_closed: int = 50
    pages: int = 5


class _GoneError(Exception):
    """The venue has no such path."""


class TraderPages:
    """Version 2 where the venue has it. Of version 1, whose pages are small, as many rows are read
    as version 2 would give, or as far as it lets one go."""

    def __init__(self, site: Site, sizes: PageSizes | None = None) -> None:
        self._site = site
        self._sizes = sizes or PageSizes()

    async def rows(self, wallet: Wallet) -> Rows:
        """Raises Transient."""
        try:
            return await self._second(wallet)
        except _GoneError:
            return await self._first(wallet)

    async def _second(self, wallet: Wallet) -> Rows:
        limit = ("limit", str(self._sizes.second))
        user = ("user", wallet)
        newest = (("sort_by", "TIMESTAMP"), ("sort_direction", "DESC"))
        path = "/v2/positions"
        gone = await self._cursor(path, (user, ("status", "CLOSED"), *newest, limit), parse_closed)
        held = await self._cursor(path, (user, ("status", "OPEN"), *newest, limit), parse_held)
        trades = await self._cursor(
            "/v2/activity", (user, ("type", "TRADE"), newest[1], limit), parse_trades
        )
        return Rows(
            positions=(*gone[0], *held[0]),
            trades=trades[0],
            source="data-api-v2",
            whole=gone[1] and held[1] and trades[1],
        )

    async def _first(self, wallet: Wallet) -> Rows:
        user = ("user", wallet)
        by_time = ("sortBy", "TIMESTAMP")
        gone = await self._offset(
            "/closed-positions", (user, by_time), parse_closed, self._sizes.first_closed
        )
        held = await self._offset(
            "/positions", (user, ("sizeThreshold", "0.1")), parse_held, self._sizes.first
        )
        trades = await self._offset(
            "/activity", (user, ("type", "TRADE"), by_time), parse_trades, self._sizes.first
        )
        return Rows(
            positions=(*gone[0], *held[0]),
            trades=trades[0],
            source="data-api-v1",
            whole=gone[1] and held[1] and trades[1],
        )

    async def _cursor(self, path: str, query: Query, parse: Parse[Row]) -> Read[Row]:
        rows: list[Row] = []
        whole, cursor = True, ""
        for _ in range(self._sizes.pages):
            more = [("cursor", cursor)] if cursor else []
            page = await self._page(path, [*query, *more], parse)
            rows += page.rows
            whole = whole and not page.unreadable
            cursor = page.next_cursor
            if not cursor:
                return tuple(rows), whole
        return tuple(rows), False

    async def _offset(
        self, path: str, query: Query, parse: Parse[Row], page_rows: int
    ) -> Read[Row]:
        """The last page is one that is not full."""
        rows: list[Row] = []
        whole = True
        rows_max = min(self._sizes.pages * self._sizes.second, _V1_OFFSET_MAX + 1)
        for offset in range(0, rows_max, page_rows):
            asked = [*query, ("limit", str(page_rows)), ("offset", str(offset))]
            page = await self._page(path, asked, parse)
            rows += page.rows
            whole = whole and not page.unreadable
            if page.told < page_rows:
                return tuple(rows), whole
        return tuple(rows), False

    async def _page(self, path: str, query: Query, parse: Parse[Row]) -> DataPage[Row]:
        body = await self._site.get(path, query)
        if body is None:
            raise _GoneError(path)
        page = parse(body)
        if isinstance(page, Unreadable):
            raise self._site.unreadable(path, page.reason)
        self._site.note(path, page.unreadable)
        return page
