"""What the sockets do beside the straight way."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from polycopy.polymarket import market_channel, rtds, user_channel
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.market_channel import LastTradePrice
from polycopy.polymarket.reports import OrderReport, OrderStatus
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, paper_venue

ONE = 1_000_000
WITHIN_S = 60.0
NONSENSE = ("", "nonsense", "[]", "{}", '{"assets_ids":3}', '{"subscriptions":"all"}', "\x00")


@pytest.fixture
async def heard(
    venue: Running, http: aiohttp.ClientSession
) -> AsyncIterator[dict[str, aiohttp.ClientWebSocketResponse]]:
    """All three sockets; to the activity feed some nonsense has been said."""
    names = ("user_ws", "market_ws", "rtds")
    sockets = {name: await http.ws_connect(venue.urls[name]) for name in names}
    for text in NONSENSE:
        await sockets["rtds"].send_str(text)
    await sockets["rtds"].send_bytes(b"\xff")
    yield sockets
    for socket in sockets.values():
        await socket.close()


async def hear(socket: aiohttp.ClientWebSocketResponse) -> str:
    async with asyncio.timeout(WITHIN_S):
        return str(await socket.receive_str())


@pytest.mark.parametrize("name", ["user_ws", "market_ws"])
@pytest.mark.parametrize("text", NONSENSE)
async def test_a_socket_that_begins_with_nonsense_is_closed(
    venue: Running, http: aiohttp.ClientSession, name: str, text: str
) -> None:
    socket = await http.ws_connect(venue.urls[name])

    await socket.send_bytes(b"\xff")
    await socket.send_str(text)

    async with asyncio.timeout(WITHIN_S):
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_later_nonsense_is_refused_and_changes_nothing(
    venue: Running, anna: Trader, heard: dict[str, aiohttp.ClientWebSocketResponse]
) -> None:
    market, user = heard["market_ws"], heard["user_ws"]
    first, second = (token.token_id for token in venue.script.markets[0].tokens)
    await user.send_str(user_channel.subscribe_message(anna.credentials))
    await market.send_str(market_channel.subscribe_message([first]))
    (book,) = market_channel.feed(await hear(market))
    assert isinstance(book, BookAnswer)

    for socket in (market, user):
        for text in NONSENSE:
            await socket.send_str(text)
            assert await hear(socket) == "INVALID OPERATION"
    await market.send_str(json.dumps({"operation": "subscribe", "assets_ids": [second]}))
    (other,) = market_channel.feed(await hear(market))
    assert isinstance(other, BookAnswer)
    assert (book.token_id, other.token_id) == (first, second)


async def test_nonsense_on_the_activity_feed_is_not_answered(
    venue: Running,
    http: aiohttp.ClientSession,
    heard: dict[str, aiohttp.ClientWebSocketResponse],
) -> None:
    await heard["rtds"].send_str(rtds.subscribe_message())
    await control(venue, http)

    assert await hear(heard["rtds"]) == ""
    assert rtds.feed(await hear(heard["rtds"]))


async def control(venue: Running, http: aiohttp.ClientSession) -> None:
    """One leader transaction, once the feed has its listener."""
    async with asyncio.timeout(WITHIN_S):
        while await counted(http, venue, "rtds_subscribers") != 1:
            pass
    async with http.post(venue.urls["control"] + "/control/next") as answer:
        assert answer.status == 200


async def counted(http: aiohttp.ClientSession, venue: Running, name: str) -> Any:
    async with http.get(venue.urls["control"] + "/control/status") as answer:
        return (await answer.json())[name]


async def test_a_trade_is_on_the_market_channel_without_a_name(
    venue: Running, anna: Trader, heard: dict[str, aiohttp.ClientWebSocketResponse]
) -> None:
    market = venue.script.markets[0]
    token = market.tokens[0].token_id
    ask = venue.script.opening[market.condition_id].asks[0].price_micros
    socket = heard["market_ws"]
    await socket.send_str(market_channel.subscribe_message([token]))
    await hear(socket)

    await anna.post(Wish(token_id=token, maker_amount=4 * ask, taker_amount=4 * ONE))

    (book,) = market_channel.feed(await hear(socket))
    assert isinstance(book, BookAnswer)
    raw = await hear(socket)
    (trade,) = market_channel.feed(raw)
    assert isinstance(trade, LastTradePrice)
    assert (trade.price_micros, trade.size_micros) == (ask, 4 * ONE)
    assert anna.key.address not in raw


async def test_an_unsubscribed_feed_is_silent(
    venue: Running, http: aiohttp.ClientSession, heard: dict[str, aiohttp.ClientWebSocketResponse]
) -> None:
    socket = heard["rtds"]
    await socket.send_str(rtds.subscribe_message())
    await socket.send_str(rtds.subscribe_message().replace("subscribe", "unsubscribe", 1))
    await socket.send_str('{"action":"subscribe","subscriptions":[{"topic":"no","type":"no"}]}')
    assert await hear(socket) == ""
    assert "leger" in await hear(socket)

    assert await counted(http, venue, "rtds_subscribers") == 0


async def test_a_killed_fok_is_told_with_its_reason_and_a_killed_fak_is_not(
    venue: Running, anna: Trader, heard: dict[str, aiohttp.ClientWebSocketResponse]
) -> None:
    token = venue.script.markets[0].tokens[0].token_id
    user = heard["user_ws"]
    await user.send_str(user_channel.subscribe_message(anna.credentials))
    await user.send_str("PING")
    assert await hear(user) == "PONG"
    wish = {"token_id": token, "maker_amount": 200_000 * 10, "taker_amount": 100 * ONE}

    for salt, kind in ((1, OrderType.FAK), (2, OrderType.FOK)):
        status, _ = await anna.post(Wish(**wish, order_type=kind, salt=salt))  # type: ignore[arg-type]  # three types
        assert status == 400

    (report,) = user_channel.feed(await hear(user))
    assert isinstance(report, OrderReport)
    assert report.status is OrderStatus.CANCELED
    assert "FOK orders are fully filled or killed" in report.status_text


class Noon:
    """A clock that stands until it is set forward."""

    def __init__(self, now_us: int) -> None:
        self.at_us = now_us

    def now_us(self) -> int:
        return self.at_us


async def test_a_gtd_order_is_ended_by_its_timer(http: aiohttp.ClientSession) -> None:
    clock = Noon(1_795_000_000 * ONE)
    async with paper_venue(clock=clock) as venue:
        trader = await Trader(http, venue.urls["clob"], Key(31)).sign_in()
        user = await http.ws_connect(venue.urls["user_ws"])
        await user.send_str(user_channel.subscribe_message(trader.credentials))
        await user.send_str("PING")
        assert await hear(user) == "PONG"
        # Effectively one second ahead; the clock is set past it before the timer looks.
        wish = Wish(
            token_id=venue.script.markets[0].tokens[0].token_id,
            order_type=OrderType.GTD,
            maker_amount=200_000,
            taker_amount=10 * ONE,
            expires_at_s=1_795_000_061,
        )
        _, answer = await trader.post(wish)
        clock.at_us += 2 * ONE

        assert "PLACEMENT" in await hear(user)
        ended = json.loads(await hear(user))

        assert (ended["id"], ended["status"]) == (answer["orderID"], "CANCELED_EXPIRED_ORDER")
