"""Our own orders and trades by REST."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp

from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.balance_query import UPDATE_PATH, balance_query
from polycopy.polymarket.clob import FIRST_CURSOR, LAST_CURSOR, Page
from polycopy.polymarket.look_answer import (
    NoOrder,
    read_balance,
    read_order,
    read_orders,
    read_trades,
)
from polycopy.polymarket.rate_headers import read_rate_headers
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime import unreached
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.http_answers import whole
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import TokenId, VenueOrderId
from polycopy.status_sync.core.rows import Row, RowsUnread, row_of

RETRY_AFTER_S_MAX = 60.0
"""Longer the venue is not left alone, whatever it wants: it holds our money."""
_OK = 200
_PAGES_MAX = 1_000
_logger = get_logger("status-sync")
Report = TypeVar("Report")


class ClobReports:
    """Signed requests over one connection. Where the venue wants none for a while (`Retry-After`)
    none is sent, and each raises Transient."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: ApiCredentials,
        *,
        host: str,
        clock: Clock,
    ) -> None:
        self.host = host
        self.signer = credentials.address.lower()
        self.owner = credentials.api_key
        self._session = session
        self._credentials = credentials
        self._clock = clock
        self._closed_until_s = clock.monotonic_s()

    async def order(self, venue_order_id: VenueOrderId) -> OrderReport | None:
        status, body = await self._get(f"/data/order/{venue_order_id}", {})
        match read_order(status, body, venue_order_id):
            case OrderReport() as report:
                return report
            case NoOrder():
                return None
            case Unreadable(reason=reason):
                raise Transient(f"the venue's answer to the look for an order: {reason}")

    def open_orders(self) -> AsyncIterator[Sequence[OrderReport]]:
        return self._pages("/data/orders", {}, read_orders, "orders")

    def trades(self, after_s: int) -> AsyncIterator[Sequence[TradeReport]]:
        return self._pages("/data/trades", {"after": str(after_s)}, read_trades, "trades")

    async def balance_micros(self, token_id: TokenId, signature_type: int) -> int:
        query = balance_query(token_id or None, signature_type=signature_type)
        held = read_balance(*await self._get("/balance-allowance", query))
        if isinstance(held, Unreadable):
            raise Transient(f"the venue's answer to the look at a balance: {held.reason}")
        return held

    async def refresh_balance(self, token_id: TokenId, signature_type: int) -> None:
        query = balance_query(token_id or None, signature_type=signature_type)
        status, _ = await self._get(UPDATE_PATH, query)
        if status != _OK:
            raise Transient(f"the venue's answer to the refresh of a balance: status {status}")

    async def _pages(
        self,
        path: str,
        query: Mapping[str, str],
        read: Callable[[int, bytes], Page[Report] | Unreadable],
        what: str,
    ) -> AsyncIterator[Sequence[Report]]:
        cursor, given, unread = FIRST_CURSOR, {FIRST_CURSOR}, list[Row]()
        for _ in range(_PAGES_MAX):
            page = read(*await self._get(path, {**query, "next_cursor": cursor}))
            if isinstance(page, Unreadable):
                raise Transient(f"the venue's answer to the look for {what}: {page.reason}")
            for fault in page.unreadable:
                _logger.error("unreadable", what=what, reason=fault.reason, raw=repr(fault.raw))
            unread += map(row_of, page.unreadable)
            yield page.rows
            if page.next_cursor == LAST_CURSOR and unread:
                raise RowsUnread(what, unread)
            if page.next_cursor == LAST_CURSOR:
                return
            cursor = page.next_cursor
            if cursor in given:
                raise Transient(f"the venue's pages of {what} go round in a circle")
            given.add(cursor)
        raise Transient(f"more {what} than can be looked through")

    async def _get(self, path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        closed_s = self._closed_until_s - self._clock.monotonic_s()
        if closed_s > 0:
            raise Transient(f"the venue wants no GET {path} for {closed_s:.3g} s", after_s=closed_s)
        headers = l2_headers(
            self._credentials,
            method="GET",
            path=path,
            body=b"",
            timestamp_s=self._clock.now_ms() // 1000,
        )
        try:
            async with self._session.get(
                path, params=query, headers=headers, allow_redirects=False
            ) as response:
                self._heed(response)
                return response.status, await whole(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(
                f"the venue does not answer GET {path}: {unreached.why(error)}"
            ) from error

    def _heed(self, response: aiohttp.ClientResponse) -> None:
        retry_after_s = read_rate_headers(response.headers).retry_after_s
        if response.status == _OK or not retry_after_s:
            return
        closed_s = min(retry_after_s, RETRY_AFTER_S_MAX)
        self._closed_until_s = max(self._closed_until_s, self._clock.monotonic_s() + closed_s)
        _logger.warning("asked too much", http_status=response.status, closed_s=closed_s)


@asynccontextmanager
async def open_reports(
    url: str, credentials: ApiCredentials, *, timeout_s: float, clock: Clock
) -> AsyncIterator[ClobReports]:
    """`timeout_s` bounds each request as a whole."""
    async with aiohttp.ClientSession(
        base_url=url.rstrip("/") + "/", timeout=aiohttp.ClientTimeout(total=timeout_s)
    ) as session:
        host = urlsplit(url).hostname or ""
        yield ClobReports(session, credentials, host=host, clock=clock)
