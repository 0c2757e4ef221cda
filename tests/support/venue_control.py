"""Who directs a paper venue in a process of its own, and reads its journal."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId
from polycopy.schemas.money import Side
from tests.support.nursery import Child, Nursery

_READY_S_MAX = 60.0
_PATIENCE_S = 60.0
_POLL_S = 0.005


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it came to the engine. `accepted`: the venue has it from then on."""

    venue_order_id: VenueOrderId
    received_at_us: int
    accepted: bool


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """An order's part in a trade; `status` is its last step."""

    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    status: str


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request. `lost`: its answer reached nobody."""

    method: str
    path: str
    status: int
    received_at_us: int
    lost: bool = False


class Journal(msgspec.Struct, frozen=True, kw_only=True):
    """All that the venue saw and did. Times are microseconds of its clock."""

    orders: tuple[Attempt, ...] = ()
    fills: tuple[Fill, ...] = ()
    requests: tuple[Asked, ...] = ()

    def posts(self) -> list[Asked]:
        """The orders that were sent, whatever became of them."""
        return [one for one in self.requests if (one.method, one.path) == ("POST", "/order")]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome."""

    token_id: TokenId
    outcome: str


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """A market of the scenario."""

    condition_id: ConditionId
    slug: str
    tokens: tuple[Token, ...]


class VenueProcess:
    """Made by `venue_process`. `urls`: what it printed when it was ready."""

    def __init__(self, urls: Mapping[str, str], http: aiohttp.ClientSession) -> None:
        self.urls = urls
        self.http = http

    async def do(self, *commands: Mapping[str, Any]) -> None:
        """Commands as `POST /control/do` takes them; every one must be possible."""
        answer = await self._ask("POST", "do", msgspec.json.encode(list(commands)))
        assert "error" not in answer, answer

    async def fault(self, kind: str, on: str, **more: Any) -> None:
        await self.do({"do": "set_fault", "fault": {"kind": kind, "on": on, **more}})

    async def heal(self) -> None:
        await self.do({"do": "clear_faults"})

    async def journal(self) -> Journal:
        return msgspec.convert(await self._ask("GET", "journal"), Journal)

    async def until(
        self, holds: Callable[[Journal], object], *, within_s: float = _PATIENCE_S
    ) -> Journal:
        """The journal, as soon as it is so. TimeoutError otherwise."""
        async with asyncio.timeout(within_s):
            while not holds(journal := await self.journal()):  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(_POLL_S)
        return journal

    async def markets(self) -> list[Market]:
        told = await self._ask("GET", "scenario")
        return msgspec.convert(told["markets"], list[Market])

    async def struck(self) -> dict[str, int]:
        """How often each fault that is on has struck."""
        told = await self._ask("GET", "faults")
        return {one["name"]: one["struck"] for one in told["faults"]}

    async def _ask(self, method: str, name: str, body: bytes = b"") -> Any:
        url = f"{self.urls['control']}/control/{name}"
        async with self.http.request(method, url, data=body) as answer:
            raw = await answer.read()
            assert answer.status == 200, raw
            return msgspec.json.decode(raw)


@asynccontextmanager
async def venue_process(
    nursery: Nursery, folder: Path, scenario: str
) -> AsyncIterator[VenueProcess]:
    """A venue that plays the scenario in this text."""
    file = folder / "scenario.toml"
    file.write_text(scenario)
    settings = {"POLYCOPY_PAPER_VENUE_SCENARIO": str(file)}
    child = await nursery.start("polycopy.paper_venue", settings, folder / "venue")
    try:
        urls = await _printed(folder / "venue.out", child)
        async with aiohttp.ClientSession() as http:
            yield VenueProcess(urls, http)
    finally:
        child.signal(signal.SIGKILL)
        await child.wait()


async def _printed(path: Path, child: Child) -> dict[str, str]:
    async with asyncio.timeout(_READY_S_MAX):
        while not (said := _text(path)).endswith("\n"):  # A file tells nobody that it grew.
            assert child.code is None, _text(path.with_suffix(".err"))
            await asyncio.sleep(_POLL_S)
    return dict(msgspec.json.decode(said))


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
