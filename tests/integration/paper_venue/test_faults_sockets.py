"""Bad days at the venue's websockets."""

import asyncio
from typing import Any

import aiohttp
import pytest

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.polymarket import rtds
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Running, Trader, Wish

ONE = 1_000_000
WITHIN_S = 60.0


class Feed:
    """A socket to one channel, and what the venue's director does meanwhile."""

    def __init__(self, venue: Running, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.venue = venue
        self.socket = socket

    async def hear(self) -> Any:
        async with asyncio.timeout(WITHIN_S):
            return await self.socket.receive_json()

    async def heard_nothing(self) -> bool:
        """What the venue had to say would have come before the answer to this."""
        async with asyncio.timeout(WITHIN_S):
            await self.socket.send_str("PING")
            return await self.socket.receive_str() == "PONG"

    async def closed(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            return (await self.socket.receive()).type is aiohttp.WSMsgType.CLOSE

    def strike(self, kind: FaultKind, on: str, *, name: str = "it", **more: Any) -> None:
        self.venue.venue.pipeline.faults.set(Fault(kind=kind, on=on, name=name, **more))

    def next_trade(self) -> None:
        self.venue.venue.next_trade()


@pytest.fixture
async def activity(venue: Running, anna: Trader, http: aiohttp.ClientSession) -> Feed:
    socket = await http.ws_connect(venue.urls["rtds"])
    assert await socket.receive_str() == ""
    await socket.send_str(rtds.subscribe_message())
    async with asyncio.timeout(WITHIN_S):
        while not venue.venue.told()["rtds_subscribers"]:
            await anna.ask("GET", "/time")
    return Feed(venue, socket)


@pytest.fixture
async def user(venue: Running, anna: Trader, http: aiohttp.ClientSession) -> Feed:
    keys = anna.credentials
    auth = {"apiKey": keys.api_key, "secret": keys.secret, "passphrase": keys.passphrase}
    feed = Feed(venue, await http.ws_connect(venue.urls["user_ws"]))
    await feed.socket.send_json({"type": "user", "auth": auth})
    assert await feed.heard_nothing()
    return feed


def frames_of(venue: Running, count: int) -> int:
    """How many frames the next transactions make: a trade a row, and one for the taker's order."""
    return sum(len(venue.script.transaction(place).rows) + 1 for place in range(count))


async def place(venue: Running, trader: Trader, salt: int) -> str:
    wish = Wish(
        token_id=venue.script.markets[0].tokens[0].token_id,
        order_type=OrderType.GTC,
        maker_amount=200_000,
        taker_amount=10 * ONE,
        salt=salt,
    )
    status, answer = await trader.post(wish)
    assert status == 200
    return str(answer["orderID"])


async def test_the_activity_feed_loses_the_hash_of_one_message_only(activity: Feed) -> None:
    activity.strike(FaultKind.NO_HASH, "rtds", times=1)

    activity.next_trade()

    first, second = await activity.hear(), await activity.hear()
    assert "transactionHash" not in first["payload"]
    assert second["payload"]["transactionHash"].startswith("0x")
    assert list(first) == list(second)


async def test_one_trader_s_messages_go_missing_and_nobody_else_s(
    venue: Running, activity: Feed
) -> None:
    rows = [row for place in range(6) for row in venue.script.transaction(place).rows]
    taker = venue.script.transaction(0).rows[0].wallet
    activity.strike(FaultKind.GAP, "rtds", wallet=taker)
    activity.strike(FaultKind.STALE, "rtds", name="old", delay_ms=3_600_000)
    others = frames_of(venue, 6) - sum(row.wallet == taker for row in rows)
    takers = sum(venue.script.transaction(place).rows[0].wallet == taker for place in range(6))

    for _ in range(6):
        activity.next_trade()
    heard = [await activity.hear() for _ in range(others - takers)]

    assert all(frame["payload"]["proxyWallet"].lower() != taker for frame in heard)
    age_s = venue.venue.now_us() // ONE - heard[0]["payload"]["timestamp"]
    assert 3_600 <= age_s < 3_660
    assert age_s - 60 < venue.venue.now_us() // ONE - heard[0]["timestamp"] // 1_000 < age_s + 60


async def test_a_burst_comes_all_at_once_and_in_order_when_the_clock_says_so(
    venue: Running, anna: Trader, activity: Feed
) -> None:
    activity.strike(FaultKind.BURST, "rtds", times=1, delay_ms=10_000)
    for _ in range(3):
        activity.next_trade()
    waiting = asyncio.create_task(activity.hear())
    await anna.ask("GET", "/time")

    assert not waiting.done()
    venue.venue.agenda.advance(10_000)

    heard = [await waiting] + [await activity.hear() for _ in range(frames_of(venue, 3) - 1)]
    hashes = [frame["payload"]["transactionHash"] for frame in heard]
    expected = [
        venue.script.transaction(place).transaction_hash
        for place in range(3)
        for _ in range(len(venue.script.transaction(place).rows) + 1)
    ]
    assert hashes == expected


async def test_a_stalled_user_channel_answers_ping_and_tells_nothing(
    venue: Running, anna: Trader, user: Feed
) -> None:
    user.strike(FaultKind.STALL, "user", times=1, delay_ms=60_000, wallet=anna.key.address)
    await place(venue, anna, 1)
    await place(venue, anna, 2)
    assert await user.heard_nothing()

    venue.venue.agenda.advance(60_000)
    third = await place(venue, anna, 3)

    assert (await user.hear())["id"] == third


async def test_user_messages_are_doubled_overtaken_and_their_owner_alone_is_meant(
    venue: Running, anna: Trader, bert: Trader, user: Feed
) -> None:
    user.strike(FaultKind.GAP, "user", wallet=bert.key.address)
    user.strike(FaultKind.DUPLICATE, "user", name="twice", times=1)
    user.strike(FaultKind.REORDER, "user", name="late", skip=1, times=1)

    first = await place(venue, anna, 1)
    second = await place(venue, anna, 2)
    third = await place(venue, anna, 3)

    heard = [(await user.hear())["id"] for _ in range(4)]
    assert heard == [first, first, third, second]


async def test_the_market_channel_breaks_off_before_a_message_and_takes_whoever_comes_back(
    venue: Running, http: aiohttp.ClientSession
) -> None:
    ask = {"type": "market", "assets_ids": [venue.script.markets[0].tokens[0].token_id]}
    first = Feed(venue, await http.ws_connect(venue.urls["market_ws"]))
    first.strike(FaultKind.DISCONNECT, "market", times=1)
    await first.socket.send_json(ask)
    assert await first.closed()

    again = Feed(venue, await http.ws_connect(venue.urls["market_ws"]))
    await again.socket.send_json(ask)

    assert (await again.hear())[0]["event_type"] == "book"
