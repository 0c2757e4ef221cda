"""Bad days at the REST port, over real sockets: what a client sees, and what has happened."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from polycopy.paper_venue.core.commands import (
    AnyCommand,
    ClearFaults,
    Mode,
    RestartEngine,
    SetFault,
    SetWallet,
)
from polycopy.paper_venue.core.faults import Fault, FaultKind
from polycopy.paper_venue.core.signer_limits import Limiting
from polycopy.polymarket.auth import l2_headers
from polycopy.polymarket.post_answer import Duplicated, Placed, Rejected, classify_post
from polycopy.schemas.terms import OrderType
from tests.support.paper_venue import Key, Running, Trader, Wish, order_bytes, paper_venue

ONE = 1_000_000
ORDER = "POST /order"
WITHIN_S = 5


class StandingClock:
    """Implements Clock; only the venue's agenda moves it."""

    def now_us(self) -> int:
        return 1_795_000_000 * ONE


@pytest.fixture
async def strict(http: aiohttp.ClientSession) -> AsyncIterator[tuple[Running, Trader]]:
    """A venue that enforces its rate limits while its clock stands, and somebody who trades."""
    async with paper_venue(clock=StandingClock(), limiting=Limiting.ENFORCED) as running:
        yield running, await Trader(http, running.urls["clob"], Key(11)).sign_in()


def steer(venue: Running, command: AnyCommand) -> str:
    return venue.venue.pipeline.steer(command, venue.venue.now_us())  # type: ignore[arg-type]


def switch_on(venue: Running, kind: FaultKind, on: str = ORDER, **more: Any) -> None:
    fault = Fault(kind=kind, on=on, name=kind.value, times=1, **more)
    assert steer(venue, SetFault(fault=fault)) == ""


def resting(trader: Trader, venue: Running, salt: int = 1, *, post_only: bool = False) -> bytes:
    """A BUY at 2 cents, which meets nobody."""
    wish = Wish(
        token_id=venue.script.markets[0].tokens[0].token_id,
        order_type=OrderType.GTC,
        maker_amount=200_000,
        taker_amount=10 * ONE,
        salt=salt,
        post_only=post_only,
    )
    return order_bytes(trader.key, trader.credentials, wish)[0]


async def raw(
    trader: Trader, venue: Running, method: str, path: str, body: bytes = b""
) -> tuple[int, bytes, dict[str, str]]:
    """A signed request with everything that comes back."""
    headers = l2_headers(
        trader.credentials,
        method=method,
        path=path,
        body=body,
        timestamp_s=venue.venue.now_us() // ONE,
    )
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, venue.urls["clob"] + path, data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read(), dict(answer.headers)


async def open_orders(trader: Trader) -> int:
    _, page = await trader.signed("GET", "/data/orders")
    return len(page["data"])


def posts(venue: Running) -> list[tuple[int, bool, str]]:
    seen = json.loads(venue.venue.journal())["requests"]
    return [
        (each["status"], each["lost"], each["fault"]) for each in seen if each["path"] == "/order"
    ]


async def waits_at_the_venue(venue: Running, trader: Trader) -> None:
    """Each look is a request: the loop turns in between."""
    async with asyncio.timeout(WITHIN_S):
        while not len(venue.venue.agenda):
            await trader.ask("GET", "/time")


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


async def test_a_restart_is_too_early_then_for_makers_and_then_as_always(
    venue: Running, anna: Trader
) -> None:
    await anna.signed("POST", "/order", resting(anna, venue, salt=1))
    assert steer(venue, RestartEngine()) == ""

    status, _, headers = await raw(anna, venue, "POST", "/order", resting(anna, venue, salt=2))
    assert (status, headers["Retry-After"]) == (425, "90")
    assert (await anna.signed("DELETE", "/cancel-all"))[0] == 425

    venue.venue.agenda.advance(90_000)
    status, body, headers = await raw(anna, venue, "POST", "/order", resting(anna, venue, salt=2))
    told = json.loads(body)
    assert (status, told["code"]) == (503, "post_only_mode")
    assert headers["Retry-After"] == str(told["retry_after_seconds"])
    maker = resting(anna, venue, salt=3, post_only=True)
    assert (await anna.signed("POST", "/order", maker))[0] == 200
    assert len((await anna.signed("DELETE", "/cancel-all"))[1]["canceled"]) == 2

    venue.venue.agenda.advance(120_000)
    assert (await anna.signed("POST", "/order", resting(anna, venue, salt=2)))[0] == 200


async def test_a_mode_that_there_is_not_and_a_fault_that_means_nothing_are_refused(
    venue: Running, anna: Trader
) -> None:
    nonsense = Fault(kind=FaultKind.STALL, on=ORDER)

    assert "sideways" in steer(venue, Mode(mode="sideways"))
    assert "stall" in steer(venue, SetFault(fault=nonsense))
    assert "wood" in steer(venue, SetWallet(wallet=anna.key.address, tier="wood"))
    assert (await anna.signed("POST", "/order", resting(anna, venue)))[0] == 200


async def test_faults_are_cleared_and_the_venue_is_well_again(venue: Running, anna: Trader) -> None:
    steer(venue, SetFault(fault=Fault(kind=FaultKind.ERROR_BEFORE, on="POST", name="down")))
    assert (await anna.signed("POST", "/order", resting(anna, venue)))[0] == 500

    steer(venue, ClearFaults(name="down"))

    assert (await anna.signed("POST", "/order", resting(anna, venue)))[0] == 200


async def test_a_signer_is_limited_at_its_tier_and_told_so(
    strict: tuple[Running, Trader],
) -> None:
    venue, anna = strict
    for salt in range(60):
        status, _, headers = await raw(
            anna, venue, "POST", "/order", resting(anna, venue, salt=salt)
        )
        assert status == 200
        assert headers["Poly-RateLimit-Remaining"] == str(59 - salt)

    status, body, headers = await raw(anna, venue, "POST", "/order", resting(anna, venue, salt=60))
    assert (status, json.loads(body)) == (429, {"error": "Too Many Requests"})
    assert headers["Retry-After"] == "1"
    assert headers["Poly-RateLimit-Tier"] == "standard"
    batch = b"[" + resting(anna, venue, salt=61) + b"]"
    assert (await raw(anna, venue, "POST", "/orders", batch))[0] == 429
    assert await open_orders(anna) == 60

    assert steer(venue, SetWallet(wallet=anna.key.address, tier="elite")) == ""
    assert (await anna.signed("GET", "/v1/user/rate-limit-tier"))[1]["tier"] == "elite"
    venue.venue.agenda.advance(1_000)
    assert (await raw(anna, venue, "POST", "/orders", batch))[0] == 200


async def test_the_edge_lets_whoever_is_too_many_wait_until_the_clock_moves(
    strict: tuple[Running, Trader],
) -> None:
    venue, anna = strict
    path = "/balance-allowance/update"
    for _ in range(50):
        await anna.ask("GET", path)

    late = asyncio.create_task(anna.ask("GET", path))
    await waits_at_the_venue(venue, anna)
    assert not late.done()
    venue.venue.agenda.advance(10_000)

    assert (await late)[0] == 401


async def test_silence_after_heartbeats_cancels_everything_and_tells_the_user_channel(
    venue: Running, anna: Trader, http: aiohttp.ClientSession
) -> None:
    await anna.signed("POST", "/order", resting(anna, venue))
    status, first = await anna.signed("POST", "/v1/heartbeats", b'{"heartbeat_id":""}')
    assert status == 200
    venue.venue.agenda.advance(9_000)
    body = json.dumps({"heartbeat_id": first["heartbeat_id"]}).encode()
    assert (await anna.signed("POST", "/v1/heartbeats", body))[0] == 200
    status, refused = await anna.signed("POST", "/v1/heartbeats", body)
    assert (status, refused["error_msg"]) == (400, "Invalid Heartbeat ID")

    venue.venue.agenda.advance(9_000)
    assert await open_orders(anna) == 1
    async with http.ws_connect(venue.urls["user_ws"]) as socket:
        keys = anna.credentials
        auth = {"apiKey": keys.api_key, "secret": keys.secret, "passphrase": keys.passphrase}
        await socket.send_json({"type": "user", "auth": auth})
        await socket.send_str("PING")
        assert await socket.receive_str() == "PONG"
        venue.venue.agenda.advance(1_000)
        told = await socket.receive_json()

    assert told["type"] == "CANCELLATION"
    assert await open_orders(anna) == 0


async def test_a_hundred_orders_through_seeded_faults_end_where_the_journal_says(
    venue: Running, anna: Trader
) -> None:
    """Whatever a client was told, the venue's journal knows which orders it took."""
    for kind, chance in ((FaultKind.LOST_AFTER, 0.2), (FaultKind.ERROR_BEFORE, 0.2)):
        fault = Fault(kind=kind, on=ORDER, name=kind.value, probability=chance)
        assert steer(venue, SetFault(fault=fault)) == ""
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
    accepted = [each for each in json.loads(venue.venue.journal())["orders"] if each["accepted"]]
    assert len(accepted) == told.count("yes") + told.count("lost")
    _, everything = await anna.signed("DELETE", "/cancel-all")
    assert len(everything["canceled"]) == len(accepted)
