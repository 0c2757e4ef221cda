"""A paper venue on the real clock, and the poll that reads its Data API."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any, TypeVar

import msgspec

from polycopy.polymarket.leader_rows import ActivityRow, HashlessRow, LeaderRow
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.data_api import DataApi, Polling, open_data_api
from polycopy.stream_ingest.core.poll_schedule import Pace
from polycopy.stream_ingest.core.reports import Report
from tests.support.directing import BOOK, Control, directing

DEADLINE_S = 60.0
ANNA, BERT = (Wallet("0x" + letter * 40) for letter in "ab")
CALM = """
[venue]
seed = 7
settle_ms = 0
index_delay_ms = 0
[source]
name = "seeded"
trades = 6
markets = 2
"""
FAST = Polling(
    pace=Pace(every_ms=100, sweep_ms=400, look_gap_ms=50, look_again_ms=(200, 400, 600)),
    timeout_s=5.0,
    index_ms=300,
    status_every_s=0.2,
)
Key = tuple[str, ...]
Sizes = Mapping[Key, int]
Thing = TypeVar("Thing")


@asynccontextmanager
async def polled(
    text: str = CALM + BOOK, polling: Polling = FAST
) -> AsyncIterator[tuple[Control, DataApi]]:
    """The venue, and its Data API as a source. Anna and Bert have money."""
    async with directing(text) as control:
        for wallet in (ANNA, BERT):
            await control.done("set_wallet", wallet=wallet, cash=1_000)
        url = control.running.urls["data"]
        async with open_data_api(url, polling, clock=SystemClock()) as api:
            yield control, api


async def trades(control: Control, wallet: Wallet = ANNA, *, count: int = 1, **more: Any) -> None:
    trade = {"do": "leader_trade", "wallet": wallet, "market": "mine", "size": 5, "price": 0.45}
    status, answer = await control.do(*[{**trade, **more}] * count)
    assert status == 200, answer


def on_chain(control: Control, *wallets: Wallet) -> Sizes:
    """What the venue's ledger has of the wallets: the truth."""
    found: dict[Key, int] = {}
    for settled in control.running.venue.settling.ledger:
        hashed = settled.transaction_hash
        for done in settled.executions:
            key = (hashed, done.wallet, done.token_id, done.side.value)
            found[key] = found.get(key, 0) + done.size_micros
        for moved in settled.transfers:
            kind = settled.kind.value
            place = (hashed, moved.wallet, moved.token_id, kind, settled.condition_id)
            found[place] = found.get(place, 0) + moved.size_micros
    return {key: size for key, size in found.items() if key[1] in wallets}


class Told:
    """What came, summed as the service sums it."""

    def __init__(self) -> None:
        self.all: list[object] = []
        self._sums: dict[tuple[str, str, Key], int] = {}
        self.kinds: set[str] = set()

    def add(self, thing: object) -> None:
        self.all.append(thing)
        for row in thing.rows if isinstance(thing, Report) else ():
            assert not isinstance(row, Unreadable | HashlessRow), row
            key, kind, size_micros = _told(row)
            assert isinstance(thing, Report)
            place = (thing.session, kind, key)
            self._sums[place] = self._sums.get(place, 0) + size_micros
            self.kinds.add(kind)

    @property
    def sizes(self) -> Sizes:
        found: dict[Key, int] = {}
        for (_, _, key), size_micros in self._sums.items():
            found[key] = max(found.get(key, 0), size_micros)
        return found

    def of(self, kind: type[Thing]) -> list[Thing]:
        return [each for each in self.all if isinstance(each, kind)]


def _told(row: LeaderRow | ActivityRow) -> tuple[Key, str, int]:
    if isinstance(row, LeaderRow):
        key = (row.transaction_hash, row.wallet, row.token_id, row.side.value)
        return key, row.kind, row.size_micros
    place = (row.wallet, row.token_id, row.kind.value, row.condition_id)
    return (row.transaction_hash, *place), row.source_kind, row.size_micros


async def until(things: AsyncGenerator[Any, None], holds: Callable[[Told], object]) -> Told:
    """Everything that came until it was so. TimeoutError otherwise."""
    told = Told()
    async with aclosing(things), asyncio.timeout(DEADLINE_S):
        async for thing in things:
            told.add(thing)
            if holds(told):
                break
    return told


@asynccontextmanager
async def hearing(api: DataApi) -> AsyncIterator["Ear"]:
    """Somebody who takes whatever comes, while the test does something else."""
    ear = Ear()
    task = asyncio.create_task(ear.hear(api))
    try:
        yield ear
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled(), task.exception()


class Ear:
    """See above."""

    def __init__(self) -> None:
        self.told = Told()
        self._heard = asyncio.Event()

    async def hear(self, api: DataApi) -> None:
        async with aclosing(api.poll.listen()) as things:
            async for thing in things:
                self.told.add(thing)
                self._heard.set()

    async def until(self, holds: Callable[[Told], object]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not holds(self.told):
                self._heard.clear()
                await self._heard.wait()


async def requests(control: Control, path: str = "/v2/activity") -> list[Any]:
    """What the venue was asked for, in its order."""
    asked = await control.journal("requests")
    return [each for each in asked if each["path"] == path]


async def break_version_2(control: Control) -> None:
    fault = {"kind": "error_before", "on": "GET /v2/activity", "status": 404}
    await control.done("set_fault", fault=fault)


def fast(**changes: Any) -> Polling:
    """`FAST`, changed."""
    return msgspec.structs.replace(FAST, **changes)


def paced(**changes: Any) -> Polling:
    """`FAST` with another pace."""
    return fast(pace=msgspec.structs.replace(FAST.pace, **changes))
