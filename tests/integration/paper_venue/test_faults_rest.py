"""Faults at the REST port, over real sockets: what a client sees, and what has happened."""

import asyncio
import json

import aiohttp
import pytest

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.scenarios.commands import (
    SetFault,
)
from polycopy.polymarket.post_answer import Duplicated, Placed, Rejected, classify_post
from tests.support.bad_days import (
    ONE,
    ORDER,
    WITHIN_S,
    open_orders,
    posts,
    raw,
    resting,
    steer,
    switch_on,
    waits_at_the_venue,
)
from tests.support.paper_venue import Running, Trader


async def test_an_order_whose_answer_was_lost_is_known_when_it_is_sent_again(
    venue: Running, anna: Trader
) -> None:
    body = resting(anna, venue)
    switch_on(venue, FaultKind.LOST_AFTER)

    with pytest.raises(aiohttp.ClientError):
        await raw(anna, venue, "POST", "/order", body)
    assert await open_orders(anna) == 1
    status, answer, _ = await raw(anna, venue, "POST", "/order", body)

    assert isinstance(classify_post(status, answer), Duplicated)
    assert posts(venue) == [(200, True, "lost_after"), (400, False, "")]


async def test_an_order_that_was_lost_on_its_way_can_be_sent_again(
    venue: Running, anna: Trader
) -> None:
    body = resting(anna, venue)
    switch_on(venue, FaultKind.LOST_BEFORE)

    with pytest.raises(aiohttp.ClientError):
        await raw(anna, venue, "POST", "/order", body)
    assert await open_orders(anna) == 0
    status, answer, _ = await raw(anna, venue, "POST", "/order", body)

    assert isinstance(classify_post(status, answer), Placed)
    assert posts(venue) == [(0, True, "lost_before"), (200, False, "")]


async def test_a_500_after_acceptance_leaves_an_order_in_the_book(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.ERROR_AFTER)

    status, answer = await anna.signed("POST", "/order", resting(anna, venue))

    assert (status, answer) == (500, {"error": "could not run the execution"})
    assert await open_orders(anna) == 1


async def test_a_slow_venue_looks_at_an_order_only_when_its_clock_says_so(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.SLOW, delay_ms=30_000)
    posting = asyncio.create_task(raw(anna, venue, "POST", "/order", resting(anna, venue)))
    await waits_at_the_venue(venue, anna)
    assert await open_orders(anna) == 0

    venue.venue.agenda.advance(30_000)

    assert (await posting)[0] == 200
    assert await open_orders(anna) == 1


async def test_an_order_whose_sender_has_gone_is_placed_all_the_same(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.SLOW, delay_ms=30_000)
    posting = asyncio.create_task(raw(anna, venue, "POST", "/order", resting(anna, venue)))
    await waits_at_the_venue(venue, anna)
    posting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await posting

    venue.venue.agenda.advance(30_000)

    async with asyncio.timeout(WITHIN_S):
        while await open_orders(anna) == 0:
            pass


async def test_an_order_is_in_the_book_before_its_slow_answer_comes(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.SLOW_ANSWER, delay_ms=30_000)
    posting = asyncio.create_task(raw(anna, venue, "POST", "/order", resting(anna, venue)))
    await waits_at_the_venue(venue, anna)

    assert await open_orders(anna) == 1
    assert not posting.done()
    venue.venue.agenda.advance(30_000)
    assert (await posting)[0] == 200


async def test_a_venue_that_goes_down_breaks_off_what_waits(venue: Running, anna: Trader) -> None:
    switch_on(venue, FaultKind.SLOW, delay_ms=30_000)
    posting = asyncio.create_task(raw(anna, venue, "POST", "/order", resting(anna, venue)))
    await waits_at_the_venue(venue, anna)

    venue.venue.entrance.break_off()

    with pytest.raises(aiohttp.ClientError):
        await posting
    assert await open_orders(anna) == 0


async def test_an_answer_that_waits_is_lost_when_the_venue_goes_down_and_what_was_done_stays(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.SLOW_ANSWER, delay_ms=30_000)
    posting = asyncio.create_task(raw(anna, venue, "POST", "/order", resting(anna, venue)))
    await waits_at_the_venue(venue, anna)

    venue.venue.entrance.break_off()

    with pytest.raises(aiohttp.ClientError):
        await posting
    assert await open_orders(anna) == 1
    venue.venue.agenda.advance(30_000)
    assert posts(venue) == [(200, True, "slow_answer")]


async def test_a_gateway_answers_with_a_page_and_says_that_it_is_one(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.GARBAGE, status=502)

    status, body, headers = await raw(anna, venue, "POST", "/order", resting(anna, venue))

    assert status == 502
    assert body.startswith(b"<html>")
    assert headers["Content-Type"] == "text/html"
    assert await open_orders(anna) == 1


async def test_a_refused_region_learns_it_from_the_edge(venue: Running, anna: Trader) -> None:
    switch_on(venue, FaultKind.GEOBLOCKED)

    status, answer = await anna.signed("POST", "/order", resting(anna, venue))

    assert status == 403
    assert "geoblock" in answer["error"]


async def test_a_key_that_has_lapsed_is_good_again_once_it_is_derived(
    venue: Running, anna: Trader
) -> None:
    switch_on(venue, FaultKind.KEY_LAPSED, on="GET /data", wallet=anna.key.address)
    assert (await anna.signed("GET", "/data/orders"))[0] == 401
    assert (await anna.signed("GET", "/balance-allowance?asset_type=COLLATERAL"))[0] == 401

    now_s = venue.venue.now_us() // ONE
    headers = anna.key.l1_headers(now_s)
    status, _ = await anna.ask("GET", "/auth/derive-api-key", headers=headers)

    assert status == 200
    assert (await anna.signed("GET", "/data/orders"))[0] == 200


async def test_a_hundred_orders_through_seeded_faults_end_where_the_journal_says(
    venue: Running, anna: Trader
) -> None:
    """Whatever a client was told, the venue's journal knows which orders it took."""
    for kind, chance in ((FaultKind.LOST_AFTER, 0.2), (FaultKind.ERROR_BEFORE, 0.2)):
        fault = Fault(kind=kind, on=ORDER, name=kind.value, probability=chance)
        steer(venue, SetFault(fault=fault))
    told: list[str] = []
    for salt in range(100):
        try:
            status, answer, _ = await raw(
                anna, venue, "POST", "/order", resting(anna, venue, salt=salt)
            )
        except aiohttp.ClientError:
            told.append("lost")
            continue
        told.append("yes" if isinstance(classify_post(status, answer), Placed) else "no")
        assert not isinstance(classify_post(status, answer), Rejected)

    struck = {each.name: each.struck for each in venue.venue.pipeline.faults.snapshot()}
    assert struck == {"lost_after": told.count("lost"), "error_before": told.count("no")}
    assert min(struck.values()) > 5
    accepted = [
        each for each in json.loads(venue.venue.journal.body())["orders"] if each["accepted"]
    ]
    assert len(accepted) == told.count("yes") + told.count("lost")
    _, everything = await anna.signed("DELETE", "/cancel-all")
    assert len(everything["canceled"]) == len(accepted)
