"""Leaderboards and names by the Data API: version 2, and version 1 where that does not serve."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager

import aiohttp

from polycopy.polymarket.leaderboard import (
    V1_LIMIT_MAX,
    V1_OFFSET_MAX,
    V1_PATH,
    V2_LIMIT_MAX,
    V2_PATH,
    BoardPage,
    query_name,
    query_v1,
    query_v2,
    read_v1,
    read_v2,
)
from polycopy.polymarket.rate_headers import read_rate_headers
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime import unreached
from polycopy.runtime.errors import Transient
from polycopy.runtime.http_answers import whole
from polycopy.runtime.logs import get_logger
from polycopy.schemas.control import Pool, PoolOrder, PoolPeriod
from polycopy.schemas.ids import PoolId, Wallet, name_key
from polycopy.schemas.traders import PoolMember
from polycopy.stream_ingest.core.targets import Board, Owner

V1, V2 = "data-v1", "data-v2"
SCANNED_MAX = 3_000
"""So many traders of each leaderboard since ever are looked at for a name."""
_OK, _TOO_MUCH = 200, 429
_TIMEOUT_S = 10.0
_LEFT_ALONE_S = 10.0
_logger = get_logger("stream-ingest")
_EVERYBODY = tuple(
    Pool(pool_id=PoolId("everybody"), period=PoolPeriod.ALL, order=order, size=SCANNED_MAX)
    for order in PoolOrder
)


class _TooMuch(Transient):
    """The API wants to be left alone: its other version is not asked either."""


class DataLeaderboard:
    """Implements Leaderboard. One request at a time. Made by `open_leaderboard`."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def board(self, pool: Pool) -> Board:
        try:
            return Board(members=await self._first(self._v2(pool), pool.size), source=V2)
        except _TooMuch:
            raise
        except Transient as trouble:
            _logger.warning("a leaderboard by version 1", pool=pool.pool_id, reason=str(trouble))
            return await self._old_board(pool, trouble)

    async def owner(self, name: str) -> Owner:
        """By the filter of version 1, or else by looking through version 2. A name counts in
        whatever case it is written; one that several traders have is nobody's."""
        try:
            rows = (await self._page(V1_PATH, query_name(name), read_v1)).rows
        except _TooMuch:
            raise
        except Transient:
            rows = ()
        if found := _named(name, rows):
            return _owner(found, V1)
        for pool in _EVERYBODY:
            found |= _named(name, await self._first(self._v2(pool), pool.size))
        return _owner(found, V2)

    async def _old_board(self, pool: Pool, trouble: Transient) -> Board:
        try:
            return Board(members=await self._first(self._v1(pool), pool.size), source=V1)
        except _TooMuch:
            raise
        except Transient as again:
            raise Transient(f"{trouble}; {again}") from again

    async def _first(
        self, pages: AsyncGenerator[BoardPage, None], size: int
    ) -> tuple[PoolMember, ...]:
        """So many traders, each once: one may move to the next page between two requests."""
        found: dict[Wallet, PoolMember] = {}
        async with aclosing(pages):
            async for page in pages:
                for row in page.rows:
                    found.setdefault(row.wallet, row)
                if len(found) >= size:
                    break
        return tuple(found.values())[:size]

    async def _v2(self, pool: Pool) -> AsyncGenerator[BoardPage, None]:
        limit, cursor, given = min(pool.size, V2_LIMIT_MAX), "", {""}
        while True:
            query = query_v2(pool, limit=limit, cursor=cursor)
            page = await self._page(V2_PATH, query, read_v2)
            yield page
            cursor = page.next_cursor
            if cursor in given:
                return
            given.add(cursor)

    async def _v1(self, pool: Pool) -> AsyncGenerator[BoardPage, None]:
        limit = min(pool.size, V1_LIMIT_MAX)
        for offset in range(0, V1_OFFSET_MAX + 1, limit):
            query = query_v1(pool, limit=limit, offset=offset)
            page = await self._page(V1_PATH, query, read_v1)
            yield page
            if len(page.rows) + len(page.unreadable) < limit:
                return

    async def _page(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[bytes], BoardPage | Unreadable],
    ) -> BoardPage:
        page = read(await self._get(path, query))
        if isinstance(page, Unreadable):
            raise Transient(f"the Data API's answer to GET {path}: {page.reason}")
        for fault in page.unreadable:
            _logger.warning("unreadable", what=path, reason=fault.reason, raw=repr(fault.raw[:500]))
        if page.unreadable and not page.rows:
            raise Transient(f"the Data API's answer to GET {path}: {page.unreadable[0].reason}")
        return page

    async def _get(self, path: str, query: Mapping[str, str]) -> bytes:
        try:
            async with self._session.get(path, params=query, allow_redirects=False) as response:
                status, body = response.status, await whole(response)
                retry_after_s = read_rate_headers(response.headers).retry_after_s
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(
                f"the Data API does not answer GET {path}: {unreached.why(error)}"
            ) from error
        if status == _TOO_MUCH:
            words = f"the Data API was asked too much: GET {path}"
            raise _TooMuch(words, after_s=retry_after_s or _LEFT_ALONE_S)
        if status != _OK:
            raise Transient(f"the Data API answers GET {path} with {status}")
        return body


def _named(name: str, rows: tuple[PoolMember, ...]) -> set[Wallet]:
    return {row.wallet for row in rows if row.name and name_key(row.name) == name_key(name)}


def _owner(found: set[Wallet], source: str) -> Owner:
    if len(found) == 1:
        return Owner(wallet=found.pop(), source=source)
    told = f"{len(found)} traders have" if found else "nobody on the leaderboards has"
    return Owner(wallet=Wallet(""), source=source, reason=f"{told} this name")


@asynccontextmanager
async def open_leaderboard(
    data_url: str, *, timeout_s: float = _TIMEOUT_S
) -> AsyncIterator[DataLeaderboard]:
    """`timeout_s` bounds each request as a whole."""
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(
        base_url=data_url.rstrip("/") + "/", timeout=timeout
    ) as session:
        yield DataLeaderboard(session)
