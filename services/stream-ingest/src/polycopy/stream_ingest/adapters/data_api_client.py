"""Requests to the Data API: within one budget, and none while it wants to be left alone."""

import asyncio
from enum import Enum, auto

import aiohttp
import msgspec

from polycopy.polymarket.activity_page import ActivityPage, read_page
from polycopy.polymarket.activity_query import STATUS_PATH, ActivityQuery, Version
from polycopy.polymarket.data_status import read_lag_ms
from polycopy.polymarket.rate_headers import read_rate_headers
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime import unreached
from polycopy.runtime.clock import Clock
from polycopy.runtime.http_answers import whole
from polycopy.runtime.logs import get_logger
from polycopy.stream_ingest.core.budget import Budget
from polycopy.stream_ingest.core.poll_health import ApiHealth

_OK, _BAD_REQUEST, _TOO_MANY = 200, 400, 429
_logger = get_logger("stream-ingest")


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A page, the bytes that it was read from, and when they came."""

    page: ActivityPage
    raw: bytes
    at_ms: int


class Failure(Enum):
    """`REFUSED`: the API is there and does not answer this question."""

    NO_ANSWER = auto()
    REFUSED = auto()


class _Failed(msgspec.Struct, frozen=True, kw_only=True):
    """`of`: the version whose fault it may be."""

    reason: str
    of: Version | None = None
    retry_after_s: int = 0
    failure: Failure = Failure.NO_ANSWER


class DataApiClient:
    """Every request takes a turn first. `lag_ms` is what the API says of itself, -1 unknown."""

    def __init__(
        self, session: aiohttp.ClientSession, *, per_second: int, watchdog_s: float, clock: Clock
    ) -> None:
        self.health = ApiHealth(round(watchdog_s * 1000))
        self.lag_ms = -1
        self.last_good_ms = 0
        self.requests = 0
        self.failures = 0
        self._session = session
        self._clock = clock
        self._budget = Budget(per_second)
        self._turns = asyncio.Lock()
        self._version = Version.V2

    def now_ms(self) -> int:
        """Of the clock that never steps back."""
        return int(self._clock.monotonic_s() * 1000)

    def version(self) -> Version:
        """In which to begin a walk."""
        version = self.health.version(self.now_ms())
        if version is not self._version:
            self._version = version
            _logger.warning("the Data API is asked in another version", version=version.value)
        return version

    async def turn(self) -> None:
        """Wait until a request may leave; first come, first served."""
        async with self._turns:
            while wait_ms := self._wait_ms():  # noqa: ASYNC110 - only time ends it
                await asyncio.sleep(wait_ms / 1000)
            self._budget.take(self.now_ms())

    async def page(self, query: ActivityQuery) -> Answered | Failure:
        """After a turn. A failure is logged and remembered."""
        asked_ms = self.now_ms()
        got = await self._get(query.path, query.parameters(self._buster()), query.version)
        if not isinstance(got, _Failed):
            status, body, retry_after_s = got
            page = read_page(query.version, status, body, query.wallet)
            if isinstance(page, ActivityPage):
                self._good()
                return Answered(page=page, raw=body, at_ms=self._clock.now_ms())
            of = None if status == _TOO_MANY else query.version
            failure = Failure.REFUSED if status == _BAD_REQUEST else Failure.NO_ANSWER
            got = _Failed(reason=page.reason, of=of, retry_after_s=retry_after_s, failure=failure)
        self._bad(got, query.path, asked_ms)
        return got.failure

    def misled(self, query: ActivityQuery, reason: str) -> None:
        """Pages that could be read make no sense together."""
        failed = _Failed(reason=reason, of=query.version)
        self._bad(failed, query.path, self.now_ms())

    async def ask_lag(self, *, stands_for_all: bool) -> None:
        """After a turn. `stands_for_all`: nothing else is asked, so that this answer tells whether
        the API is there."""
        asked_ms = self.now_ms()
        got = await self._get(STATUS_PATH, {"_": self._buster()}, None)
        if not isinstance(got, _Failed):
            lag_ms = read_lag_ms(got[0], got[1])
            if not isinstance(lag_ms, Unreadable):
                self.lag_ms = lag_ms
                if stands_for_all:
                    self._good()
                return
            got = _Failed(reason=lag_ms.reason, retry_after_s=got[2])
        self.lag_ms = -1
        if stands_for_all or got.retry_after_s:
            self._bad(got, STATUS_PATH, asked_ms)

    async def _get(
        self, path: str, parameters: dict[str, str], version: Version | None
    ) -> tuple[int, bytes, int] | _Failed:
        """Status, body and `Retry-After` of an answer, whatever it is."""
        self.requests += 1
        try:
            async with self._session.get(
                path, params=parameters, allow_redirects=False
            ) as response:
                wait_s = read_rate_headers(response.headers).retry_after_s
                body = await whole(response)
                return response.status, body, 0 if response.status == _OK else wait_s
        except TimeoutError as error:
            return _Failed(reason=unreached.why(error), of=version)
        except aiohttp.ClientError as error:
            return _Failed(reason=unreached.why(error))

    def _wait_ms(self) -> int:
        now_ms = self.now_ms()
        return max(self._budget.wait_ms(now_ms), self.health.wait_ms(now_ms))

    def _buster(self) -> str:
        return f"{self._clock.now_ms()}{self.requests:06}"

    def _good(self) -> None:
        self.last_good_ms = self._clock.now_ms()
        self.health.good()

    def _bad(self, failed: _Failed, path: str, asked_ms: int) -> None:
        self.failures += 1
        self.health.bad(
            failed.reason,
            asked_ms=asked_ms,
            now_ms=self.now_ms(),
            of=failed.of,
            retry_after_s=failed.retry_after_s,
        )
        _logger.warning(
            "the Data API did not answer",
            path=path,
            reason=failed.reason,
            in_row=self.health.failed_in_row,
        )
