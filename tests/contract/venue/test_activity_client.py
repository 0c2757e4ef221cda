"""Polymarket's own client of the activity feed (npm, 1.4.0), pointed at the paper venue."""

import asyncio
import itertools
import json
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import installed
from tests.support.paper_venue import Running, paper_venue

NODE = Path(__file__).parent / "node"
ACTIVITY = {"topic": "activity", "type": "*"}
WAIT_S = 60.0


class Feed:
    """The client at work in a process of its own."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def message(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), WAIT_S)
        message: dict[str, Any] = json.loads(line)
        return message

    async def messages(self, count: int) -> list[dict[str, Any]]:
        return [await self.message() for _ in range(count)]

    async def rest(self) -> bytes:
        """What it still said until it ended."""
        assert self._process.stdout is not None
        return await asyncio.wait_for(self._process.stdout.read(), WAIT_S)

    async def unsubscribe(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"unsubscribe\n")
        await self._process.stdin.drain()


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    """With enough trades for two markets."""
    async with paper_venue(trades=40) as running:
        yield running


@pytest.fixture(scope="module")
def packages() -> Path:
    return installed(NODE / "package.json")


@asynccontextmanager
async def subscribed(
    venue: Running, packages: Path, *subscriptions: dict[str, str]
) -> AsyncIterator[Feed]:
    """A client whose subscriptions the venue knows of."""
    before = subscribers(venue)
    script, wanted = str(NODE / "activity.cjs"), json.dumps(subscriptions)
    process = await asyncio.create_subprocess_exec(
        "node", script, str(packages), venue.urls["rtds"], wanted, stdin=PIPE, stdout=PIPE
    )
    try:
        await until(venue, before + 1)
        yield Feed(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await asyncio.wait_for(process.wait(), WAIT_S)


def subscribers(venue: Running) -> int:
    count = venue.venue.told()["rtds_subscribers"]
    assert isinstance(count, int)
    return count


async def until(venue: Running, count: int) -> None:
    async with asyncio.timeout(WAIT_S):
        for _ in itertools.count():
            if subscribers(venue) == count:
                return
            await asyncio.sleep(0)


def emitted(venue: Running) -> dict[str, Any]:
    """The next transaction of the leaders, as the control port tells of it."""
    told: dict[str, Any] = venue.venue.next_trade()
    assert not told["done"]
    return told


def slug(venue: Running, told: dict[str, Any]) -> str:
    condition = told["rows"][0]["condition_id"]
    return next(one.slug for one in venue.script.markets if one.condition_id == condition)


async def test_the_client_hands_on_every_row_and_the_taker_s_order(
    venue: Running, packages: Path
) -> None:
    async with subscribed(venue, packages, ACTIVITY) as feed:
        told = emitted(venue)
        heard = await feed.messages(len(told["rows"]) + 1)

    rows = [message["payload"] for message in heard if message["type"] == "trades"]
    [order] = [message["payload"] for message in heard if message["type"] == "orders_matched"]
    assert {message["topic"] for message in heard} == {"activity"}
    assert {row["transactionHash"] for row in (*rows, order)} == {told["transaction_hash"]}
    assert [
        (row["proxyWallet"].lower(), row["asset"], row["side"], round(row["size"] * 10**6))
        for row in rows
    ] == [(row["wallet"], row["token_id"], row["side"], row["size_micros"]) for row in told["rows"]]
    assert (order["asset"], order["size"]) == (rows[0]["asset"], rows[0]["size"])


@pytest.mark.parametrize("kind", ["trades", "orders_matched"])
async def test_one_type_alone_can_be_asked_for(venue: Running, packages: Path, kind: str) -> None:
    async with subscribed(venue, packages, {"topic": "activity", "type": kind}) as feed:
        told = [emitted(venue) for _ in range(3)]
        rows = [len(one["rows"]) if kind == "trades" else 1 for one in told]
        heard = await feed.messages(sum(rows))

    hashes = [one["transaction_hash"] for one in told]
    expected = [name for name, count in zip(hashes, rows, strict=True) for _ in range(count)]
    assert [message["payload"]["transactionHash"] for message in heard] == expected
    assert {message["type"] for message in heard} == {kind}


@pytest.mark.parametrize("named", ["event_slug", "market_slug"])
async def test_a_filter_lets_one_market_through(venue: Running, packages: Path, named: str) -> None:
    wanted = venue.script.markets[0].slug
    only = {**ACTIVITY, "filters": json.dumps({named: wanted}, separators=(",", ":"))}
    async with (
        subscribed(venue, packages, only) as feed,
        subscribed(venue, packages, ACTIVITY) as everything,
    ):
        told = [emitted(venue) for _ in range(venue.script.total)]
        frames = [len(one["rows"]) + 1 for one in told]
        every = await everything.messages(sum(frames))
        matching = [
            count for one, count in zip(told, frames, strict=True) if slug(venue, one) == wanted
        ]
        heard = await feed.messages(sum(matching))

    assert 0 < len(heard) < len(every)
    assert [message["payload"] for message in heard] == [
        message["payload"] for message in every if message["payload"]["slug"] == wanted
    ]


async def test_a_filter_with_a_space_in_it_matches_nothing(venue: Running, packages: Path) -> None:
    spaced = {**ACTIVITY, "filters": json.dumps({"event_slug": venue.script.markets[0].slug})}
    async with subscribed(venue, packages, spaced, {"topic": "activity", "type": "trades"}) as feed:
        told = [emitted(venue) for _ in range(venue.script.total)]
        heard = await feed.messages(sum(len(one["rows"]) for one in told))

    assert {message["type"] for message in heard} == {"trades"}


async def test_an_unsubscribed_client_hears_no_more(venue: Running, packages: Path) -> None:
    async with (
        subscribed(venue, packages, ACTIVITY) as feed,
        subscribed(venue, packages, ACTIVITY) as other,
    ):
        first = emitted(venue)
        count = len(first["rows"]) + 1
        heard = [await feed.messages(count), await other.messages(count)]
        await feed.unsubscribe()
        await until(venue, 1)
        second = emitted(venue)
        await other.messages(len(second["rows"]) + 1)

    assert [message["payload"] for message in heard[0]] == [
        message["payload"] for message in heard[1]
    ]
    assert await feed.rest() == b""
