"""The Polygon node over real sockets: POST and websocket on one address."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect

from polycopy.paper_venue.adapters.rpc import BODY_BYTES_MAX, application
from polycopy.paper_venue.core.chain.feed import HEADS_MAX
from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.paper_venue.service.agenda import Agenda, VenueClock
from polycopy.paper_venue.service.rpc import Rpc
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.money import Side
from tests.support.ledgers import BLOCK, MARKETS, START_US, execution, trade

BLOCK_MS = BLOCK_US // 1000
BUY, SELL = execution("taker", Side.BUY), execution("maker", Side.SELL)
FILLED = "0xd543adfd945773f1a62f74f0ee55a5e3b9b1a28262980ba90b1a89f2ea84d8ee"
WITHIN_S = 60.0


class Chainlike:
    """A node under a clock that stands still, and what it is asked through."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.ledger = Ledger()
        clock = VenueClock(SystemClock(), start_us=START_US)
        self.agenda = Agenda(clock)
        self.noted: list[tuple[str, str, int]] = []
        self.node = Rpc(
            self.ledger,
            MARKETS.__getitem__,
            clock=clock,
            agenda=self.agenda,
            seed="7",
            note=lambda method, path, answer, _: self.noted.append((method, path, answer.status)),
            tally=Tally(),
        )
        self.at = ""
        self._http = http

    async def send(self, raw: bytes, path: str = "/") -> tuple[int, bytes]:
        async with self._http.post(f"http://{self.at}{path}", data=io.BytesIO(raw)) as answer:
            return answer.status, await answer.read()

    async def ask(self, method: str, *params: object) -> Any:
        _, raw = await self.send(call(1, method, *params))
        return msgspec.json.decode(raw)["result"]


def call(number: int, method: str, *params: object) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


@pytest.fixture
async def chain() -> AsyncIterator[Chainlike]:
    async with aiohttp.ClientSession() as http:
        chain = Chainlike(http)
        runner = web.AppRunner(application(chain.node), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        chain.at = f"127.0.0.1:{runner.addresses[0][1]}"
        yield chain
        await runner.cleanup()


@pytest.fixture
async def ear(chain: Chainlike) -> AsyncIterator[ClientConnection]:
    async with connect(f"ws://{chain.at}/v2/some-key") as socket:
        yield socket


async def heard(ear: ClientConnection) -> Any:
    async with asyncio.timeout(WITHIN_S):
        return msgspec.json.decode(await ear.recv())


async def subscribed(ear: ClientConnection, *params: object) -> str:
    await ear.send(call(1, "eth_subscribe", *params).decode())
    return str((await heard(ear))["result"])


async def test_a_reader_goes_from_block_to_block_and_misses_nothing(chain: Chainlike) -> None:
    hashes = []
    for number in range(6):
        settled = trade(BUY, SELL, number=number, at_us=chain.node.now_us())
        chain.ledger.add(settled)
        hashes.append(settled.transaction_hash)
        chain.agenda.advance(BLOCK_MS * 2 // 3)
    chain.agenda.advance(BLOCK_MS)
    tip = int(await chain.ask("eth_blockNumber"), 16)

    found = []
    for number in range(BLOCK, tip + 1):
        span = {"fromBlock": hex(number), "toBlock": hex(number), "topics": [FILLED]}
        found += await chain.ask("eth_getLogs", span)

    assert [log["transactionHash"] for log in found] == [each for each in hashes for _ in "mt"]


async def test_a_subscriber_hears_heads_and_logs_as_blocks_are_made(
    chain: Chainlike, ear: ClientConnection
) -> None:
    heads = await subscribed(ear, "newHeads")
    logs = await subscribed(ear, "logs", {"topics": [FILLED]})
    chain.ledger.add(trade(BUY, SELL))

    chain.agenda.advance(2 * BLOCK_MS)

    told = [(await heard(ear))["params"] for _ in range(4)]
    assert [each["subscription"] for each in told] == [heads, logs, logs, heads]
    assert [int(told[place]["result"]["number"], 16) for place in (0, 3)] == [BLOCK, BLOCK + 1]
    fills = await chain.ask("eth_getLogs", {"fromBlock": hex(BLOCK), "topics": [FILLED]})
    assert [told[1]["result"], told[2]["result"]] == fills


async def test_a_block_comes_by_the_timer_where_the_clock_runs() -> None:
    """The clock is moved to just before a block, and goes on by itself."""
    clock = VenueClock(SystemClock())
    clock.move_to((clock.now_us() // BLOCK_US + 1) * BLOCK_US - 1000)
    agenda, told = Agenda(clock), asyncio.Queue[str]()
    node = Rpc(
        Ledger(),
        MARKETS.__getitem__,
        clock=clock,
        agenda=agenda,
        seed="7",
        note=lambda *_: None,
        tally=Tally(),
    )

    node.rpc_said(Listening(told), call(1, "eth_subscribe", "newHeads"))
    async with asyncio.timeout(WITHIN_S):
        answer, head = await told.get(), await told.get()

    assert "result" in answer
    assert "eth_subscription" in head
    agenda.clear()


class Listening:
    """The sending end of a socket that is a queue."""

    def __init__(self, told: asyncio.Queue[str]) -> None:
        self._told = told

    def send(self, text: str) -> None:
        self._told.put_nowait(text)

    def close(self, code: int = 1000, reason: str = "") -> None: ...


async def test_who_hangs_up_is_forgotten(chain: Chainlike) -> None:
    async with connect(f"ws://{chain.at}/") as ear:
        await subscribed(ear, "newHeads")
        assert chain.node.subscriptions == 1

    async with asyncio.timeout(WITHIN_S):
        while chain.node.subscriptions:
            await chain.ask("eth_chainId")


async def test_a_socket_answers_every_call_and_ends_a_subscription(
    chain: Chainlike, ear: ClientConnection
) -> None:
    name = await subscribed(ear, "newHeads")
    await ear.send(call(2, "eth_unsubscribe", name).decode())
    assert await heard(ear) == {"jsonrpc": "2.0", "id": 2, "result": True}
    await ear.send("[" + call(3, "eth_chainId").decode() + "," + call(4, "nothing").decode() + "]")
    chain.agenda.advance(BLOCK_MS)
    answers = await heard(ear)

    assert [(each["id"], "error" in each) for each in answers] == [(3, False), (4, True)]
    await ear.send("nonsense")
    assert (await heard(ear))["error"]["code"] == -32700


async def test_a_call_may_come_in_a_binary_frame(ear: ClientConnection) -> None:
    await ear.send(call(1, "eth_chainId"))

    assert (await heard(ear))["result"] == "0x89"


async def test_there_are_no_subscriptions_by_post(chain: Chainlike) -> None:
    status, raw = await chain.send(call(1, "eth_subscribe", "newHeads"))

    assert status == 200
    assert msgspec.json.decode(raw)["error"] == {
        "code": -32601,
        "message": "notifications not supported",
    }


async def test_a_post_may_be_a_batch_and_have_a_key_in_its_path(chain: Chainlike) -> None:
    batch = b"[" + call(1, "eth_chainId") + b"," + call(2, "net_version") + b"]"

    status, raw = await chain.send(batch, "/v2/some-key")

    assert status == 200
    assert [each["result"] for each in msgspec.json.decode(raw)] == ["0x89", "137"]
    assert chain.noted == [("POST", "/v2/some-key", 200)]


async def test_a_body_that_is_too_large_is_not_read(chain: Chainlike) -> None:
    status, _ = await chain.send(b" " * (BODY_BYTES_MAX + 1))

    assert status == 413
    assert chain.noted == [("POST", "/", 413)]


async def test_a_health_check_is_answered(chain: Chainlike) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"http://{chain.at}/") as answer:
        assert (answer.status, await answer.read()) == (200, b"")


async def test_after_a_long_sleep_the_newest_heads_and_every_log_are_told(
    chain: Chainlike, ear: ClientConnection
) -> None:
    await subscribed(ear, "newHeads")
    logs = await subscribed(ear, "logs", {"topics": [FILLED]})
    chain.agenda.after(3_600_000, lambda: chain.ledger.add(trade(BUY, SELL)))

    chain.agenda.advance(12 * 3_600_000)

    tip = await chain.ask("eth_blockNumber")
    heads, fills = list[str](), 0
    while not heads or heads[-1] != tip:
        told = (await heard(ear))["params"]
        if told["subscription"] == logs:
            fills += 1
        else:
            heads.append(told["result"]["number"])
    assert (len(heads), fills) == (HEADS_MAX + 1, 2)
