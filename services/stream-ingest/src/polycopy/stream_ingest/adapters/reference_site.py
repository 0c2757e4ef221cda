"""GET requests to one of the venue's public hosts, each in its turn."""

from collections.abc import Sequence

import aiohttp

from polycopy.polymarket.rate_headers import read_rate_headers
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime import unreached
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.http_answers import whole
from polycopy.runtime.logs import get_logger
from polycopy.stream_ingest.adapters.turns import Turns
from polycopy.stream_ingest.core.rest import Rest, Resting

RETRY_AFTER_S_MAX = 600
_OK, _NOT_FOUND = 200, 404
Query = Sequence[tuple[str, str]]
logger = get_logger(__name__)


class Site:
    """`name` stands in what is said of failures."""

    def __init__(
        self, name: str, session: aiohttp.ClientSession, *, turns: Turns, clock: Clock
    ) -> None:
        self.name = name
        self._session = session
        self._turns = turns
        self._clock = clock
        self._rest = Rest()

    async def get(self, path: str, query: Query = ()) -> bytes | None:
        """The body of the answer; None where there is no such thing. Raises Transient, and Resting
        where the host is left alone."""
        self._leave_alone(path)
        await self._turns.take()
        self._leave_alone(path)
        try:
            async with self._session.get(path, params=query, allow_redirects=False) as response:
                status, body = response.status, await whole(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._failed(path, f"does not answer: {unreached.why(error)}") from error
        if status not in (_OK, _NOT_FOUND):
            retry_after_s = read_rate_headers(response.headers).retry_after_s
            raise self._failed(
                path, f"answers with {status}", min(retry_after_s, RETRY_AFTER_S_MAX)
            )
        if self._rest.answered():
            logger.info("reference source is back", host=self.name)
        return body if status == _OK else None

    def unreadable(self, path: str, reason: str) -> Transient:
        """An answer that says nothing: perhaps the next one does."""
        return self._failed(path, f"cannot be understood: {reason}")

    def note(self, path: str, faults: Sequence[Unreadable]) -> None:
        """Rows that could not be read, among others that could."""
        if faults:
            reason = faults[0].reason
            logger.warning(
                "rows not read", host=self.name, path=path, rows=len(faults), reason=reason
            )

    def _leave_alone(self, path: str) -> None:
        left_s = self._rest.left_ms(self._now_ms()) / 1_000
        if left_s:
            raise Resting(
                f"{self.name} is left alone for {left_s:.3g} s: GET {path}", after_s=left_s
            )

    def _failed(self, path: str, reason: str, asked_s: int = 0) -> Transient:
        """Logged when it begins, not each time."""
        said = f"{self.name} {reason}: GET {path}"
        if not self._rest.failures:
            logger.warning("reference source is away", host=self.name, reason=said)
        self._rest.failed(self._now_ms(), asked_ms=asked_s * 1_000)
        if asked_s:
            return Resting(said, after_s=asked_s)
        return Transient(said)

    def _now_ms(self) -> int:
        return round(self._clock.monotonic_s() * 1_000)
