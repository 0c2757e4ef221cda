"""The venue's REST interface over one warm connection. Answers come back raw, with their status.

aiohttp rather than httpx: 0.2 ms against 1.5 ms for the same request on the same loopback server.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import msgspec

from polycopy.executor.adapters.turnstile import Held, Turnstile
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.core.outcomes import OnOutcome, Outcome
from polycopy.executor.core.rate_budget import Cost, Which, cost
from polycopy.executor.ports import MayLeave, always
from polycopy.polymarket.auth import ApiCredentials, l2_headers
from polycopy.polymarket.clob import parse_time_s
from polycopy.polymarket.rate_headers import RateNotice, read_rate_headers
from polycopy.runtime import unreached
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.http_answers import whole

OK = 200
_KEEP_ALIVE_S = 60.0
_CANCEL_WAIT_S = 10.0
_READ_WAIT_S = 5.0
_JSON = {"Content-Type": "application/json"}


class RawAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP answer as it came."""

    status: int
    body: bytes
    took_s: float
    notice: RateNotice = RateNotice()


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """What all connections to the venue share. `timeout_s` bounds each request as a whole, once it
    left; before that an order waits for its turn for `order_wait_s` at the most. `on_outcome` is
    told of every request that left."""

    clock: VenueClock
    turnstile: Turnstile
    timeout_s: float
    order_wait_s: float
    on_outcome: OnOutcome


class Clob:
    """Signed and unsigned requests, each in its turn."""

    def __init__(
        self, session: aiohttp.ClientSession, access: Access, credentials: ApiCredentials | None
    ) -> None:
        self._session = session
        self._access = access
        self._credentials = credentials

    async def get(
        self, path: str, parameters: Mapping[str, str] | None = None, *, signed: bool = False
    ) -> RawAnswer:
        """Raises Transient where no answer comes."""
        try:
            return await self._ask("GET", path, cost("GET", path), parameters, signed=signed)
        except Held as held:
            raise Transient(str(held), after_s=held.after_s) from held
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Transient(
                f"the venue does not answer GET {path}: {unreached.why(error)}"
            ) from error

    async def time_s(self) -> int:
        """The venue's clock in whole seconds; ours is held against it. Raises Transient."""
        answer = await self.get("/time")
        parsed = parse_time_s(answer.body) if answer.status == OK else None
        if not isinstance(parsed, int):
            raise Transient("the venue does not tell its time")
        self._access.clock.heard(parsed, round_trip_s=answer.took_s)
        return parsed

    async def post(self, path: str, body: bytes, *, may_leave: MayLeave = always) -> RawAnswer:
        """Once, with these very bytes. Raises Held where they did not leave, because their turn
        came too late or, when it came, they might not leave any more; aiohttp.ClientError or
        TimeoutError, and then nothing is known. A redirect is an answer like any other: it must not
        carry our credentials away."""
        return await self._ask("POST", path, cost("POST", path), body=body, may_leave=may_leave)

    async def delete(self, path: str, body: bytes, *, orders: int) -> RawAnswer:
        """Raises as `post` does. The connection may send it twice, which a cancel can bear.
        `orders`: how many it names."""
        return await self._ask("DELETE", path, cost("DELETE", path, orders=orders), body=body)

    def cancels_at_once(self) -> int:
        """How many orders one cancel may name."""
        return self._access.turnstile.cancels_at_once()

    async def _ask(
        self,
        method: str,
        path: str,
        of: Cost,
        parameters: Mapping[str, str] | None = None,
        *,
        body: bytes = b"",
        signed: bool = True,
        may_leave: MayLeave = always,
    ) -> RawAnswer:
        await self._access.turnstile.enter(of, wait_s_max=self._wait_s_max(of))
        if not may_leave():
            raise Held(of.name, 0.0, "it may not leave any more")
        # After the wait: the time is in the signature.
        headers = self._headers(method, path, body) if signed else {}
        began_s = self._access.clock.ours.monotonic_s()
        try:
            async with self._session.request(
                method,
                path,
                params=parameters,
                data=body or None,
                headers=headers | _JSON if body else headers,
                allow_redirects=False,
            ) as response:
                status, content = response.status, await whole(response)
        except (aiohttp.ClientError, TimeoutError):
            self._say(of, 0, began_s)
            raise
        notice = read_rate_headers(response.headers)
        self._access.turnstile.told(of, notice, http_status=status)
        took_s = self._say(of, status, began_s)
        return RawAnswer(status=status, body=content, took_s=took_s, notice=notice)

    def _say(self, of: Cost, http_status: int, began_s: float) -> float:
        took_s = self._access.clock.ours.monotonic_s() - began_s
        outcome = Outcome(name=of.name, http_status=http_status, took_ms=round(took_s * 1_000))
        self._access.on_outcome(outcome)
        return took_s

    def _wait_s_max(self, of: Cost) -> float:
        match of.bucket:
            case Which.ORDERS:
                return self._access.order_wait_s
            case Which.CANCELS:
                return _CANCEL_WAIT_S
            case None:
                return _READ_WAIT_S

    def _headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        if self._credentials is None:
            raise Halt(f"{path} needs API credentials: set POLYCOPY_EXECUTOR_API_FILE")
        return l2_headers(
            self._credentials,
            method=method,
            path=path,
            body=body,
            timestamp_s=self._access.clock.request_time_s(),
        )


@asynccontextmanager
async def open_clob(
    url: str, access: Access, credentials: ApiCredentials | None = None
) -> AsyncIterator[Clob]:
    """A connection pool of its own."""
    connector = aiohttp.TCPConnector(limit=20, keepalive_timeout=_KEEP_ALIVE_S)
    async with aiohttp.ClientSession(
        base_url=url.rstrip("/") + "/",
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=access.timeout_s),
    ) as session:
        yield Clob(session, access, credentials)
