"""A Polygon node over a real HTTP port, with the limits and the moods of public ones; and who
listens to the paper venue's own node."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import msgspec
from aiohttp import web
from eth_abi.abi import decode

from polycopy.paper_venue.adapters.rpc import application
from polycopy.paper_venue.core.chain.chain import Chain, MarketOf
from polycopy.paper_venue.core.chain.contracts import ORDER_FILLED
from polycopy.paper_venue.core.chain.envelope import answered
from polycopy.paper_venue.core.chain.errors import RpcError
from polycopy.paper_venue.core.chain.node import Limits, Node
from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.ports import Outlet
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.chain_past import ChainPast
from polycopy.stream_ingest.adapters.chain_rpc import ChainRpc
from polycopy.stream_ingest.adapters.chain_socket import ChainSocket
from polycopy.stream_ingest.core.reports import Report
from polycopy.stream_ingest.ports import Asked, Delivering, Heard, Silent

DEADLINE_S = 60.0
_POLL_S = 0.005
_FILLED = ["uint8", "uint256", "uint256", "uint256", "uint256", "bytes32", "bytes32"]
Key = tuple[str, str]
"""Transaction and log index."""


class PublicNode:
    """Implements RpcNode, for POST only. `moods` are answered instead, one after the other;
    `refuses`: what it answers to a method; `alters`: what it makes of its logs; `batches`: whether
    it takes them."""

    def __init__(self, ledger: Ledger, market_of: MarketOf, limits: Limits) -> None:
        self.moods: list[Answer] = []
        self.refuses: dict[str, RpcError] = {}
        self.alters: Callable[[list[Any]], Any] = list
        self.batches = True
        self.calls: list[tuple[str, list[object]]] = []
        self.at_us = 0
        self._node = Node(Chain(ledger, market_of), market_of, seed="7", limits=limits)

    def now_us(self) -> int:
        return self.at_us

    def note(self, method: str, path: str, answer: Answer, received_at_us: int) -> None: ...

    async def answer(self, request: Request) -> Answer:
        if self.moods:
            return self.moods.pop(0)
        if not self.batches and request.body.startswith(b"["):
            raw = b'{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches"}}'
            return Answer(HTTPStatus.OK, raw)
        return Answer(HTTPStatus.OK, answered(request.body, self._do, batch_max=1_000))

    def _do(self, method: str, params: list[object]) -> object:
        self.calls.append((method, params))
        if method in self.refuses:
            raise self.refuses[method]
        result = self._node.call(method, params, self.at_us)
        return self.alters(result) if isinstance(result, list) else result

    def came(self, outlet: Outlet) -> Tally | None:  # noqa: ARG002 - no sockets here
        return None

    def rpc_said(self, outlet: Outlet, raw: bytes) -> None: ...

    def gone(self, outlet: Outlet) -> None: ...


@asynccontextmanager
async def served(node: PublicNode) -> AsyncIterator[str]:
    """Its address."""
    runner = web.AppRunner(application(node), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/v2/secret-key"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def past_of(url: str, *, blocks_max: int = 2_000) -> AsyncIterator[ChainPast]:
    clock = SystemClock()
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        rpc = ChainRpc(http, url, clock=clock, pause_s=0)
        yield ChainPast(rpc, clock=clock, blocks_max=blocks_max)


class Told:
    """What a source said."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.asked: list[Asked] = []
        self.news: list[Delivering | Silent] = []
        self._changed = asyncio.Condition()

    async def take(self, heard: Heard | Asked) -> None:
        async with self._changed:
            match heard:
                case Report():
                    self.reports.append(heard)
                case Asked():
                    self.asked.append(heard)
                case Delivering() | Silent():
                    self.news.append(heard)
                case _:
                    raise AssertionError(heard)
            self._changed.notify_all()

    async def take_all(
        self, source: AsyncGenerator[Heard, None] | AsyncGenerator[Report | Asked, None]
    ) -> None:
        async with aclosing(source):
            async for heard in source:
                await self.take(heard)

    def rows(self) -> list[LeaderRow]:
        rows = [row for report in self.reports for row in report.rows]
        assert all(isinstance(row, LeaderRow) for row in rows), rows
        return [row for row in rows if isinstance(row, LeaderRow)]

    def by_place(self) -> dict[Key, tuple[Wallet, int]]:
        """Wallet and size by place: a place that is told twice must be told alike."""
        found: dict[Key, tuple[Wallet, int]] = {}
        for row in self.rows():
            key, told = (row.transaction_hash, row.place), (row.wallet, row.size_micros)
            assert found.setdefault(key, told) == told
        return found

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(holds)

    async def until_news(self, kind: type[Delivering | Silent], number: int = 1) -> None:
        await self.until(lambda: sum(isinstance(one, kind) for one in self.news) >= number)


def filled(ledger: Ledger, market_of: MarketOf, wallets: Collection[str]) -> dict[Key, Any]:
    """What the chain has of these wallets, read by somebody else's ABI code: as `by_place`."""
    found = {}
    for log in Chain(ledger, market_of).logs(0, 1 << 62):
        if log.emitted.topics[0] != ORDER_FILLED.topic:
            continue
        wallet = "0x" + log.emitted.topics[2][-40:]
        side, _, gives, gets, *_ = decode(_FILLED, bytes.fromhex(log.emitted.data[2:]))
        if wallet in wallets:
            found[log.transaction_hash, str(log.index)] = (wallet, gives if side else gets)
    return found


@asynccontextmanager
async def listening(source: ChainSocket) -> AsyncIterator[Told]:
    told = Told()
    task = asyncio.create_task(told.take_all(source.listen()))
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled(), task.exception()


async def eventually(holds: Callable[[], object]) -> None:
    """For what tells nobody that it changed."""
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(_POLL_S)


def refusing(code: int, message: str) -> Answer:
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
    return Answer(HTTPStatus.OK, msgspec.json.encode(error))
