"""The venue's REST interface over one warm connection. Answers come back raw, with their status.

aiohttp rather than httpx: 0.2 ms against 1.5 ms for the same request on the same loopback server.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.clob import ClobMarket, parse_book, parse_clob_market, parse_time_s
from polycopy.polymarket.rate_headers import RateNotice, read_rate_headers
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.http_answers import whole
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.trading.market import MarketRules
from polycopy.trading.orderbook import Book, book_from_levels

OK = 200
NOT_FOUND = 404
_RULES_KEPT_S = 300.0
_MARKETS_MAX = 10_000
_KEEP_ALIVE_S = 60.0


class RawAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer as it came."""

    status: int
    body: bytes
    notice: RateNotice = RateNotice()


class Clob:
    """Signed and unsigned requests. What the network does is raised as aiohttp raises it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        clock: VenueClock,
        credentials: ApiCredentials | None,
    ) -> None:
        self._session = session
        self._clock = clock
        self._credentials = credentials

    async def get(
        self, path: str, parameters: Mapping[str, str] | None = None, *, signed: bool = False
    ) -> RawAnswer:
        """Raises Transient where no answer comes."""
        headers = self._headers("GET", path, b"") if signed else {}
        try:
            async with self._session.get(
                path, params=parameters, headers=headers, allow_redirects=False
            ) as response:
                return await _raw(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(f"the venue does not answer GET {path}: {error!r}") from error

    async def time_s(self) -> int:
        """The venue's clock in whole seconds; ours is held against it. Raises Transient."""
        asked_at_s = self._clock.ours.monotonic_s()
        answer = await self.get("/time")
        parsed = parse_time_s(answer.body) if answer.status == OK else None
        if not isinstance(parsed, int):
            raise Transient("the venue does not tell its time")
        self._clock.heard(parsed, asked_at_s=asked_at_s)
        return parsed

    async def post(self, path: str, body: bytes) -> RawAnswer:
        """Once, with these very bytes. Raises aiohttp.ClientError or TimeoutError, and then nothing
        is known. A redirect is an answer like any other: it must not carry our credentials away."""
        return await self._send("POST", path, body)

    async def delete(self, path: str, body: bytes) -> RawAnswer:
        """Raises as `post` does. The connection may send it twice, which a cancel can bear."""
        return await self._send("DELETE", path, body)

    async def _send(self, method: str, path: str, body: bytes) -> RawAnswer:
        headers = self._headers(method, path, body) | {"Content-Type": "application/json"}
        async with self._session.request(
            method, path, data=body, headers=headers, allow_redirects=False
        ) as response:
            return await _raw(response)

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        if self._credentials is None:
            raise Halt(f"{path} needs API credentials: set POLYCOPY_EXECUTOR_API_FILE")
        return l2_headers(
            self._credentials,
            method=method,
            path=path,
            body=body,
            timestamp_s=self._clock.request_time_s(),
        )


class ClobMarkets:
    """Books are read each time, rules kept for five minutes."""

    def __init__(self, clob: Clob, *, clock: Clock) -> None:
        self._clob = clob
        self._clock = clock
        self._rules: dict[ConditionId, tuple[float, MarketRules]] = {}

    async def book(self, token_id: TokenId) -> Book | None:
        answer = await self._read("/book", {"token_id": token_id})
        if answer is None:
            return None
        parsed = parse_book(answer.body)
        if isinstance(parsed, Unreadable):
            raise Transient(f"unreadable book of token {token_id}: {parsed.reason}")
        return book_from_levels(
            token_id=token_id,
            bids=parsed.bids,
            asks=parsed.asks,
            at_ms=parsed.at_ms,
            tick_size_micros=parsed.tick_size_micros,
            minimum_size_micros=parsed.minimum_size_micros,
        )

    async def rules(self, condition_id: ConditionId) -> MarketRules | None:
        kept = self._rules.get(condition_id)
        now_s = self._clock.monotonic_s()
        if kept is not None and now_s - kept[0] < _RULES_KEPT_S:
            return kept[1]
        answer = await self._read(f"/clob-markets/{condition_id}")
        if answer is None:
            return None
        parsed = parse_clob_market(answer.body)
        if isinstance(parsed, Unreadable):
            raise Transient(f"unreadable market {condition_id}: {parsed.reason}")
        if len(self._rules) >= _MARKETS_MAX:
            self._rules.clear()
        self._rules[condition_id] = now_s, _rules(condition_id, parsed)
        return self._rules[condition_id][1]

    async def answers(self) -> bool:
        try:
            await self._clob.time_s()
        except Transient:
            return False
        return True

    async def _read(
        self, path: str, parameters: Mapping[str, str] | None = None
    ) -> RawAnswer | None:
        answer = await self._clob.get(path, parameters)
        if answer.status == NOT_FOUND:
            return None
        if answer.status != OK:
            raise Transient(f"the venue answers GET {path} with {answer.status}")
        return answer


@asynccontextmanager
async def open_clob(
    url: str,
    *,
    timeout_s: float,
    clock: VenueClock,
    credentials: ApiCredentials | None = None,
) -> AsyncIterator[Clob]:
    """A connection pool of its own. `timeout_s` bounds each request as a whole."""
    connector = aiohttp.TCPConnector(limit=20, keepalive_timeout=_KEEP_ALIVE_S)
    async with aiohttp.ClientSession(
        base_url=url.rstrip("/") + "/",
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=timeout_s),
    ) as session:
        yield Clob(session, clock=clock, credentials=credentials)


async def _raw(response: aiohttp.ClientResponse) -> RawAnswer:
    return RawAnswer(
        status=response.status,
        body=await whole(response),
        notice=read_rate_headers(response.headers),
    )


def _rules(condition_id: ConditionId, market: ClobMarket) -> MarketRules:
    return MarketRules(
        condition_id=condition_id,
        tick_size_micros=market.tick_size_micros,
        minimum_size_micros=market.minimum_size_micros,
        neg_risk=market.neg_risk,
        fee=market.fee,
        accepting_orders=market.accepting_orders,
        version=market.version or "v1",
        taker_delay=market.taker_delayed or market.delay_s > 0,
    )
