"""The venue's websockets and its control port."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from polycopy.polymarket import market_channel, rtds, user_channel
from polycopy.polymarket.clob import BookAnswer
from polycopy.polymarket.leader_rows import LeaderRow
from polycopy.polymarket.reports import OrderReport, ReportKind, TradeReport, TradeStatus
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, paper_venue

ONE = 1_000_000
WITHIN_S = 60.0


class Ear:
    """One websocket to the venue."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, text: str) -> None:
        await self._socket.send_str(text)

    async def hear(self) -> str:
        async with asyncio.timeout(WITHIN_S):
            return str(await self._socket.receive_str())

    async def closed(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            return (await self._socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def listen(http: aiohttp.ClientSession, url: str) -> Ear:
    return Ear(await http.ws_connect(url))


@pytest.fixture
async def feed(venue: Running, http: aiohttp.ClientSession) -> Ear:
    """Subscribed to the activity feed; the venue has it on its list."""
    ear = await listen(http, venue.urls["rtds"])
    assert await ear.hear() == ""
    await ear.say(rtds.subscribe_message())
    await until(venue, http, "rtds_subscribers", 1)
    return ear


async def status(venue: Running, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.get(venue.urls["control"] + "/control/status") as answer:
        return dict(await answer.json())


async def until(venue: Running, http: aiohttp.ClientSession, name: str, count: int) -> None:
    """Each look is a request: the loop turns in between."""
    async with asyncio.timeout(WITHIN_S):
        while (await status(venue, http))[name] != count:
            pass


async def control(venue: Running, http: aiohttp.ClientSession) -> dict[str, Any]:
    async with http.post(venue.urls["control"] + "/control/next") as answer:
        return dict(await answer.json())


async def test_one_leader_transaction_a_call_with_both_types_of_frames(
    venue: Running, http: aiohttp.ClientSession, feed: Ear
) -> None:
    told = await control(venue, http)

    read = [row for _ in range(len(told["rows"]) + 1) for row in rtds.feed(await feed.hear())]
    rows = [row for row in read if isinstance(row, LeaderRow)]
    assert [row.kind for row in rows] == ["trades"] * len(told["rows"]) + ["orders_matched"]
    assert {row.transaction_hash for row in rows} == {told["transaction_hash"]}
    assert [(row.wallet, row.size_micros) for row in rows[:-1]] == [
        (row["wallet"], row["size_micros"]) for row in told["rows"]
    ]
    assert (told["done"], told["index"]) == (False, 0)
    assert told["rows"][0]["wallet"] in (await status(venue, http))["wallets"]


async def test_the_book_is_the_new_one_before_the_leader_s_trade_is_told(
    venue: Running, http: aiohttp.ClientSession
) -> None:
    transaction = venue.script.transaction(0)
    token = venue.desk.exchange.books[transaction.condition_id].market.tokens[0].token_id
    books = await listen(http, venue.urls["market_ws"])
    await books.say(market_channel.subscribe_message([token]))
    await books.hear()

    await control(venue, http)

    (book,) = market_channel.feed(await books.hear())
    assert isinstance(book, BookAnswer)
    asks = {(level.price_micros, level.size_micros) for level in book.asks}
    assert asks == {(level.price_micros, level.size_micros) for level in transaction.ladder.asks}


async def test_the_script_comes_to_its_end(venue: Running, http: aiohttp.ClientSession) -> None:
    for _ in range(venue.script.total):
        assert (await control(venue, http))["done"] is False

    assert (await control(venue, http))["done"] is True
    assert (await status(venue, http))["emitted"] == venue.script.total


@pytest.mark.usefixtures("feed")
async def test_without_an_action_nothing_ever_comes(
    venue: Running, http: aiohttp.ClientSession
) -> None:
    silent = await listen(http, venue.urls["rtds"])
    assert await silent.hear() == ""
    await silent.say('{"subscriptions":[{"topic":"activity","type":"trades"}]}')
    await silent.say("PING")
    await silent.say('{"action":"subscribe","subscriptions":[{"topic":"weather","type":"rain"}]}')

    # The answer to the poisoned request is the first thing heard: the two before it said nothing.
    assert "leger GetTopics error" in await silent.hear()
    assert (await status(venue, http))["rtds_subscribers"] == 1


async def test_the_user_channel_tells_of_an_order_from_placement_to_confirmation(
    venue: Running, http: aiohttp.ClientSession, anna: Trader
) -> None:
    ear = await listen(http, venue.urls["user_ws"])
    await ear.say(user_channel.subscribe_message(anna.credentials))
    await ear.say("PING")
    assert await ear.hear() == "PONG"
    market = venue.script.markets[0]
    ask = venue.script.opening[market.condition_id].asks[0]
    wanted = ask.size_micros // ONE * ONE + 100 * ONE
    wish = Wish(
        token_id=market.tokens[0].token_id,
        maker_amount=ask.price_micros * wanted // ONE,
        taker_amount=wanted,
        order_type=OrderType.FAK,
    )

    status, answer = await anna.post(wish)
    reports = [report for _ in range(6) for report in user_channel.feed(await ear.hear())]

    assert (status, answer["status"]) == (200, "matched")
    orders = [report for report in reports if isinstance(report, OrderReport)]
    assert [report.kind for report in orders] == [
        ReportKind.PLACEMENT,
        ReportKind.UPDATE,
        ReportKind.CANCELLATION,
    ]
    assert orders[-1].matched_size_micros == ask.size_micros
    trades = [report for report in reports if isinstance(report, TradeReport)]
    assert [report.status for report in trades] == [
        TradeStatus.MATCHED,
        TradeStatus.MINED,
        TradeStatus.CONFIRMED,
    ]
    assert [bool(report.transaction_hash) for report in trades] == [False, True, True]
    assert {report.venue_trade_id for report in trades} == set(answer["tradeIDs"])


async def test_a_maker_hears_of_its_own_part_of_the_trade(
    venue: Running, http: aiohttp.ClientSession, anna: Trader, bert: Trader
) -> None:
    """Anna bids for one token; Bert buys the other, and the two are minted."""
    market = venue.script.markets[0]
    ladder = venue.script.opening[market.condition_id]
    between = ladder.bids[0].price_micros
    ear = await listen(http, venue.urls["user_ws"])
    await ear.say(user_channel.subscribe_message(anna.credentials))
    await ear.say("PING")
    assert await ear.hear() == "PONG"
    bid = Wish(
        token_id=market.tokens[0].token_id,
        order_type=OrderType.GTC,
        maker_amount=between * 10,
        taker_amount=10 * ONE,
    )
    _, placed = await anna.post(bid)
    size = ladder.bids[0].size_micros // ONE * ONE + 11 * ONE
    price = ONE - between
    _, answer = await bert.post(
        Wish(
            token_id=market.tokens[1].token_id,
            maker_amount=price * size // ONE,
            taker_amount=size,
            order_type=OrderType.FAK,
        )
    )
    assert answer["status"] == "matched"

    reports = [report for _ in range(2) for report in user_channel.feed(await ear.hear())]

    trade = reports[1]
    assert isinstance(trade, TradeReport)
    (own,) = [maker for maker in trade.maker_orders if maker.venue_order_id == placed["orderID"]]
    assert trade.trader_side.value == "maker"
    assert (own.token_id, own.price_micros, own.size_micros) == (
        market.tokens[0].token_id,
        between,
        10 * ONE,
    )


async def test_wrong_secrets_close_the_user_channel(
    venue: Running, http: aiohttp.ClientSession
) -> None:
    ear = await listen(http, venue.urls["user_ws"])

    await ear.say('{"type":"user","auth":{"apiKey":"a","secret":"b","passphrase":"c"}}')

    assert await ear.closed()


async def test_the_journal_has_every_order_fill_emission_and_request(
    venue: Running, http: aiohttp.ClientSession, anna: Trader
) -> None:
    market = venue.script.markets[0]
    ask = venue.script.opening[market.condition_id].asks[0].price_micros
    token = market.tokens[0].token_id
    _, answer = await anna.post(Wish(token_id=token, maker_amount=4 * ask, taker_amount=4 * ONE))
    await anna.post(Wish(token_id=token, maker_amount=100_000, taker_amount=10 * ONE, salt=2))
    told = await control(venue, http)

    async with http.get(venue.urls["control"] + "/control/journal") as response:
        journal = await response.json()

    accepted, killed = journal["orders"]
    assert (accepted["accepted"], accepted["venue_order_id"]) == (True, answer["orderID"])
    assert (killed["accepted"], killed["http_status"]) == (False, 400)
    (fill,) = journal["fills"]
    assert (fill["venue_order_id"], fill["status"]) == (answer["orderID"], "CONFIRMED")
    assert (fill["size_micros"], fill["price_micros"]) == (4 * ONE, ask)
    assert journal["emissions"] == [
        {
            "index": 0,
            "transaction_hash": told["transaction_hash"],
            "at_us": told["emitted_at_us"],
        }
    ]
    posts = [seen for seen in journal["requests"] if seen["path"] == "/order"]
    assert [seen["status"] for seen in posts] == [200, 400]
    assert posts[0]["received_at_us"] == accepted["received_at_us"] <= fill["at_us"]


@pytest.fixture
async def twins() -> AsyncIterator[tuple[Running, Running]]:
    async with paper_venue(seed="same") as first, paper_venue(seed="same") as second:
        yield first, second


async def test_two_runs_of_one_seed_driven_alike_give_the_same_fills(
    twins: tuple[Running, Running], http: aiohttp.ClientSession
) -> None:
    fills = []
    for venue in twins:
        trader = await Trader(http, venue.urls["clob"], Key(21)).sign_in()
        for salt in range(6):
            told = await control(venue, http)
            row = told["rows"][0]
            await trader.post(
                Wish(
                    token_id=row["token_id"],
                    maker_amount=9 * 990_000,
                    taker_amount=9 * ONE,
                    salt=salt,
                )
            )
        async with http.get(venue.urls["control"] + "/control/journal") as answer:
            rows = (await answer.json())["fills"]
        fills.append([{**row, "at_us": 0, "status": "", "statuses": []} for row in rows])

    assert fills[0]
    assert fills[0] == fills[1]
