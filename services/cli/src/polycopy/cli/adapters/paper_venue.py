"""The control port of the paper venue."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
import msgspec

from polycopy.cli.core.venue import Journal, LeaderTransaction, VenueStatus, VenueUrls
from polycopy.runtime import unreached
from polycopy.runtime.errors import Transient

_TIMEOUT_S = 30.0
Answer = TypeVar("Answer")


class HttpPaperVenue:
    """Made by `open_venue`. Raises Transient where the venue does not answer as agreed."""

    def __init__(self, session: aiohttp.ClientSession, control: str) -> None:
        self._session = session
        self._control = control

    async def status(self) -> VenueStatus:
        return await self._ask("GET", "status", VenueStatus)

    async def next(self) -> LeaderTransaction:
        return await self._ask("POST", "next", LeaderTransaction)

    async def journal(self) -> Journal:
        return await self._ask("GET", "journal", Journal)

    async def _ask(self, method: str, what: str, kind: type[Answer]) -> Answer:
        try:
            async with self._session.request(method, f"{self._control}/control/{what}") as answer:
                answer.raise_for_status()
                return msgspec.json.decode(await answer.read(), type=kind)
        except (aiohttp.ClientError, TimeoutError, msgspec.MsgspecError) as error:
            why = unreached.why(error)
            raise Transient(
                f"the paper venue at {self._control} did not answer {what}: {why}"
            ) from error


@asynccontextmanager
async def open_venue(urls: VenueUrls) -> AsyncIterator[HttpPaperVenue]:
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        yield HttpPaperVenue(session, urls.control)
