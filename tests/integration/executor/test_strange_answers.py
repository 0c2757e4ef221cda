"""Answers that no honest venue gives: our credentials stay with us, and our memory too."""

import aiohttp
import pytest

from polycopy.executor.adapters.markets import ClobMarkets
from polycopy.executor.core.answers import Unknown
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.schemas.terms import UncertainCode
from tests.support.raw_clob import clob_at, live_venue
from tests.support.strange_venue import (
    Handler,
    answers,
    floods,
    on_paths,
    redirects_to,
    shows,
    strange_venue,
)
from tests.support.trading import CONDITION, TOKEN, requested, venue_id

FLOODS = [floods(packed=False), floods(packed=True)]
NO_TRADES = answers({"data": [], "next_cursor": "LTE="})
ORDER = {
    "id": venue_id("a").upper(),
    "status": "MATCHED",
    "market": CONDITION,
    "asset_id": TOKEN,
    "side": "BUY",
    "original_size": "20",
    "size_matched": "20",
    "price": "0.5",
    "order_type": "FAK",
}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_carries_our_credentials_nowhere(status: int) -> None:
    async with (
        strange_venue(answers({})) as thief,
        strange_venue(redirects_to(thief.url, status)) as venue,
        clob_at(venue.url) as clob,
    ):
        answer = await live_venue(clob).send(requested())
        with pytest.raises(Transient):
            await live_venue(clob).find(requested())
        with pytest.raises(Transient):
            await ClobMarkets(clob, clock=SystemClock()).book(TOKEN)

        assert isinstance(answer, Unknown)
        assert (answer.code, answer.http_status) == (UncertainCode.UNRECOGNISED, status)
        assert thief.asked == []
        assert venue.asked[0] == "POST /order"


@pytest.mark.parametrize("flood", FLOODS)
async def test_an_answer_without_end_to_a_sending_is_unknown(flood: Handler) -> None:
    async with strange_venue(flood) as venue, clob_at(venue.url) as clob:
        answer = await live_venue(clob).send(requested())

        assert isinstance(answer, Unknown)
        assert answer.code is UncertainCode.CONNECTION
        assert "more than" in answer.detail


@pytest.mark.parametrize("flood", FLOODS)
async def test_an_answer_without_end_to_a_look_is_no_answer(flood: Handler) -> None:
    async with strange_venue(flood) as venue, clob_at(venue.url) as clob:
        with pytest.raises(Transient) as caught:
            await live_venue(clob).find(requested())

        assert isinstance(caught.value.__cause__, aiohttp.ClientPayloadError)


@pytest.mark.parametrize(
    ("order", "trades"),
    [
        (answers({}), NO_TRADES),
        (answers({}, 404), NO_TRADES),
        (shows("<html>404 Not Found</html>", 404), NO_TRADES),
        (answers(None), answers({})),
        (answers(None), answers({"data": []})),
        (answers(None), answers({"data": None, "next_cursor": "LTE="})),
        (answers({"error": "Order not found"}, 404), shows("<html>404 Not Found</html>", 404)),
    ],
)
async def test_what_the_venue_did_not_say_is_no_denial(order: Handler, trades: Handler) -> None:
    handler = on_paths({"/data/order/": order, "/data/trades": trades})
    async with strange_venue(handler) as venue, clob_at(venue.url) as clob:
        with pytest.raises(Transient):
            await live_venue(clob).find(requested())


@pytest.mark.parametrize("denial", [answers(None), answers({"error": "Order not found"}, 404)])
async def test_the_venue_s_own_words_are_a_denial(denial: Handler) -> None:
    handler = on_paths({"/data/order/": denial, "/data/trades": NO_TRADES})
    async with strange_venue(handler) as venue, clob_at(venue.url) as clob:
        assert await live_venue(clob).find(requested()) is None


async def test_only_the_order_that_was_asked_for_is_adopted() -> None:
    async with strange_venue(answers(ORDER)) as venue, clob_at(venue.url) as clob:
        found = await live_venue(clob).find(requested("a"))
        assert found is not None
        assert (found.status, found.adopted) == ("matched", "order")

        with pytest.raises(Transient, match="another order"):
            await live_venue(clob).find(requested("b"))


async def test_a_market_with_a_fee_beyond_computing_is_not_traded() -> None:
    market = {"c": CONDITION, "mts": "0.01", "fd": {"r": 0.07, "e": 200_000}}
    async with strange_venue(answers(market)) as venue, clob_at(venue.url) as clob:
        with pytest.raises(Transient, match="unreadable market"):
            await ClobMarkets(clob, clock=SystemClock()).rules(CONDITION)
