"""The venue goes down and comes back, with and without its memory."""

from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest

from polycopy.paper_venue.core.scenarios.commands import Restart
from polycopy.polymarket import user_channel
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, paper_venue

ONE = 1_000_000


class StandingClock:
    """Implements Clock; only the venue's agenda moves it."""

    def now_us(self) -> int:
        return 1_795_000_000 * ONE


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def venue() -> AsyncIterator[Running]:
    async with paper_venue() as running:
        yield running


@pytest.fixture
async def anna(http: aiohttp.ClientSession, venue: Running) -> Trader:
    return await Trader(http, venue.urls["clob"], Key(1)).sign_in()


def resting(venue: Running) -> Wish:
    token = venue.script.markets[0].tokens[0].token_id
    return Wish(
        token_id=token, order_type=OrderType.GTC, maker_amount=ONE // 10, taker_amount=10 * ONE
    )


async def test_a_venue_that_remembers_has_the_orders_after_its_restart(
    venue: Running, anna: Trader
) -> None:
    _, placed = await anna.post(resting(venue))

    venue.venue.restarts.restart(Restart())

    status, found = await anna.signed("GET", f"/data/order/{placed['orderID']}")
    assert (status, found["status"]) == (200, "LIVE")


async def test_a_venue_that_has_lost_its_memory_knows_no_key_and_no_order(
    venue: Running, anna: Trader
) -> None:
    _, placed = await anna.post(resting(venue))
    before = anna.credentials

    venue.venue.restarts.restart(Restart(memory=False))

    assert (await anna.signed("GET", "/data/orders"))[0] == 401
    await anna.sign_in()
    assert anna.credentials == before
    assert (await anna.signed("GET", f"/data/order/{placed['orderID']}"))[0] == 404
    assert (await anna.post(resting(venue)))[1]["status"] == "live"


async def test_fills_from_before_the_memory_was_lost_are_still_in_the_journal(
    venue: Running, anna: Trader
) -> None:
    token = venue.script.markets[0].tokens[0].token_id
    _, matched = await anna.post(
        Wish(token_id=token, maker_amount=2 * 990_000, taker_amount=2 * ONE)
    )

    venue.venue.restarts.restart(Restart(memory=False))

    fills = msgspec.json.decode(venue.venue.journal.body())["fills"]
    assert {fill["venue_trade_id"] for fill in fills} == set(matched["tradeIDs"])


async def test_every_socket_breaks_and_a_new_one_hears_of_what_follows(
    venue: Running, http: aiohttp.ClientSession, anna: Trader
) -> None:
    async with http.ws_connect(venue.urls["user_ws"]) as socket:
        await socket.send_str(user_channel.subscribe_message(anna.credentials))
        await socket.send_str("PING")
        assert await socket.receive_str() == "PONG"

        venue.venue.restarts.restart(Restart())

        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
    async with http.ws_connect(venue.urls["user_ws"]) as again:
        await again.send_str(user_channel.subscribe_message(anna.credentials))
        await again.send_str("PING")
        assert await again.receive_str() == "PONG"
        await anna.post(resting(venue))
        assert msgspec.json.decode(await again.receive_str())["type"] == "PLACEMENT"


async def test_while_it_is_down_nobody_answers(http: aiohttp.ClientSession) -> None:
    async with paper_venue(clock=StandingClock()) as venue:
        venue.venue.restarts.restart(Restart(down_ms=500))

        with pytest.raises(aiohttp.ClientError):
            await http.get(f"{venue.urls['clob']}/time")
        with pytest.raises(aiohttp.ClientError):
            await http.ws_connect(venue.urls["rtds"])

        venue.venue.agenda.advance(500)

        async with http.get(f"{venue.urls['clob']}/time") as answer:
            assert answer.status == 200
