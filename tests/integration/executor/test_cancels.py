"""Orders that rest at the venue and are to rest there no more."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from polycopy.executor.adapters.clob import open_clob
from polycopy.executor.adapters.paper import PaperVenue
from polycopy.executor.ports import Venue
from polycopy.schemas.ids import VenueOrderId
from polycopy.schemas.terms import CancelVerdict
from tests.support.directing import BOOK, Control, buys, directing, rests
from tests.support.paper_venue import Trader, Wish, order_bytes
from tests.support.raw_clob import access, clob_at, live_venue
from tests.support.strange_venue import (
    Handler,
    answers,
    floods,
    redirects_to,
    shows,
    strange_venue,
)

CALM = f"""
[venue]
seed = 7
[source]
name = "seeded"
trades = 2
markets = 1
{BOOK}
"""
UNKNOWN_ID = VenueOrderId("0x" + "77" * 32)


@pytest.fixture
async def control() -> AsyncIterator[Control]:
    async with directing(CALM) as opened:
        yield opened


@pytest.fixture
async def trader(control: Control) -> Trader:
    """By hand: the executor itself leaves no order at rest."""
    return await control.trader()


@pytest.fixture
async def live(control: Control, trader: Trader) -> AsyncIterator[Venue]:
    """The executor's side of the same wallet."""
    url = control.running.urls["clob"]
    async with open_clob(url, access(timeout_s=0.5), trader.credentials) as clob:
        yield live_venue(clob)


async def placed(trader: Trader, wish: Wish) -> VenueOrderId:
    _, order_id = order_bytes(trader.key, trader.credentials, wish)
    status, answer = await trader.post(wish)
    assert status == 200, answer
    return VenueOrderId(order_id)


async def status_of(trader: Trader, order_id: VenueOrderId) -> str:
    _, order = await trader.signed("GET", f"/data/order/{order_id}")
    return str(order["status"])


async def test_every_order_has_the_venue_s_own_answer(
    control: Control, live: Venue, trader: Trader
) -> None:
    resting = await placed(trader, rests(control))
    matched = await placed(trader, buys(control, salt=2))
    await control.done("set_market", market="mine", taker_delay_ms=60_000)
    delayed = await placed(trader, buys(control, salt=3))

    said = await live.cancel([resting, matched, delayed, UNKNOWN_ID])

    assert {order: answer.verdict for order, answer in said.items()} == {
        resting: CancelVerdict.CANCELLED,
        matched: CancelVerdict.MATCHED,
        delayed: CancelVerdict.PENDING,
        UNKNOWN_ID: CancelVerdict.NOT_FOUND,
    }
    assert said[matched].answer == "Order already matched"
    assert await status_of(trader, resting) == "CANCELED"


async def test_one_order_is_cancelled_alone_and_only_once(
    control: Control, live: Venue, trader: Trader
) -> None:
    resting = await placed(trader, rests(control))

    first, again = await live.cancel([resting]), await live.cancel([resting, resting])

    assert first[resting].verdict is CancelVerdict.CANCELLED
    assert again[resting].verdict is CancelVerdict.NOT_FOUND
    cancels = [one for one in await control.journal("requests") if one["method"] == "DELETE"]
    assert [one["path"] for one in cancels] == ["/order", "/order"]


@pytest.mark.parametrize(
    ("fault", "cancelled"),
    [
        ({"kind": "lost_before"}, False),
        ({"kind": "lost_after"}, True),
        ({"kind": "error_before", "status": 429, "text": "Too Many Requests"}, False),
        ({"kind": "error_after", "status": 500}, True),
        ({"kind": "slow_answer", "delay_ms": 60_000}, True),
        ({"kind": "garbage", "status": 502}, True),
        ({"kind": "garbage", "status": 200}, True),
        ({"kind": "null_answer"}, True),
        ({"kind": "missing_keys", "keys": ["canceled"]}, True),
        ({"kind": "key_lapsed"}, False),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
async def test_what_the_venue_does_not_say_is_unknown(
    control: Control,
    live: Venue,
    trader: Trader,
    fault: dict[str, Any],
    cancelled: bool,  # noqa: FBT001 - a case
) -> None:
    orders = [await placed(trader, rests(control, salt=salt)) for salt in (1, 2, 3)]
    await control.done("set_fault", fault={"on": "DELETE", **fault})

    said = {**await live.cancel(orders[:1]), **await live.cancel(orders[1:])}

    assert {order: answer.verdict for order, answer in said.items()} == dict.fromkeys(
        orders, CancelVerdict.UNKNOWN
    )
    assert all(answer.answer for answer in said.values())
    held = control.running.venue.desk.exchange.orders
    expected = "CANCELED" if cancelled else "LIVE"
    assert {held[order].status.value for order in orders} == {expected}


@pytest.mark.parametrize(
    "handler",
    [
        floods(packed=False),
        floods(packed=True),
        redirects_to("http://127.0.0.1:1", 307),
        shows("<html>", 200),
        answers([]),
        answers({"canceled": {"a": 1}}),
    ],
)
async def test_no_answer_is_too_strange(handler: Handler) -> None:
    async with strange_venue(handler) as strange, clob_at(strange.url) as clob:
        said = await live_venue(clob).cancel([UNKNOWN_ID])

    assert said[UNKNOWN_ID].verdict is CancelVerdict.UNKNOWN


async def test_a_venue_that_is_away_leaves_everything_unknown() -> None:
    async with clob_at("http://127.0.0.1:1") as clob:
        said = await live_venue(clob).cancel([UNKNOWN_ID])

    assert said[UNKNOWN_ID].verdict is CancelVerdict.UNKNOWN


async def test_nothing_asked_is_no_request() -> None:
    async with strange_venue(answers({})) as strange, clob_at(strange.url) as clob:
        assert await live_venue(clob).cancel([]) == {}
        assert strange.asked == []


async def test_on_paper_nothing_rests() -> None:
    said = await PaperVenue(host="clob.example").cancel([UNKNOWN_ID])

    assert said[UNKNOWN_ID].verdict is CancelVerdict.NOT_FOUND
