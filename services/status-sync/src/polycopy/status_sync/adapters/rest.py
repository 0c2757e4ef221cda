"""Our own orders and trades by REST."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp

from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.clob import FIRST_CURSOR, LAST_CURSOR
from polycopy.polymarket.look_answer import NoOrder, read_order, read_trades
from polycopy.polymarket.reports import OrderReport, TradeReport
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import VenueOrderId

_PAGES_MAX = 1_000
_ANSWER_BYTES_MAX = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_logger = get_logger("status-sync")


class ClobReports:
    """Signed requests over one connection."""

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
        self._session = session
        self._credentials = credentials
        self._clock = clock

    async def order(self, venue_order_id: VenueOrderId) -> OrderReport | None:
        status, body = await self._get(f"/data/order/{venue_order_id}", {})
        match read_order(status, body, venue_order_id):
            case OrderReport() as report:
                return report
            case NoOrder():
                return None
            case Unreadable(reason=reason):
                raise Transient(f"the venue's answer to the look for an order: {reason}")

    async def trades(self, after_s: int) -> AsyncIterator[Sequence[TradeReport]]:
        cursor, unread = FIRST_CURSOR, 0
        for _ in range(_PAGES_MAX):
            query = {"after": str(after_s), "next_cursor": cursor}
            status, body = await self._get("/data/trades", query)
            page = read_trades(status, body)
            if isinstance(page, Unreadable):
                raise Transient(f"the venue's answer to the look for trades: {page.reason}")
            for fault in page.unreadable:
                _logger.error("unreadable trade", reason=fault.reason, raw=repr(fault.raw))
            unread += len(page.unreadable)
            yield page.rows
            if page.next_cursor == LAST_CURSOR and unread:
                raise Transient(f"{unread} trades could not be read: any of them may be ours")
            if page.next_cursor == LAST_CURSOR:
                return
            cursor = page.next_cursor
        raise Transient("more trades than can be looked through")

    async def _get(self, path: str, query: Mapping[str, str]) -> tuple[int, bytes]:
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
                return response.status, await _whole(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"the venue does not answer GET {path}: {error!r}") from error


async def _whole(response: aiohttp.ClientResponse) -> bytes:
    """The body, unpacked. Raises ClientPayloadError where it is longer than any honest answer."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > _ANSWER_BYTES_MAX:
            response.close()
            raise aiohttp.ClientPayloadError(f"an answer of more than {_ANSWER_BYTES_MAX} bytes")
    return bytes(body)


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
