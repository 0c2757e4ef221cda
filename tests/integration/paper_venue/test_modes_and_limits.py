"""The venue's modes, limits and heartbeats at the REST port, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.commands import (
    ClearFaults,
    RestartEngine,
    SetFault,
    SetWallet,
)
from tests.support.bad_days import (
    ONE,
    open_orders,
    raw,
    resting,
    steer,
    waits_at_the_venue,
)
from tests.support.paper_venue import Key, Running, Trader, paper_venue


class StandingClock:
    """Implements Clock; only the venue's agenda moves it."""

    def now_us(self) -> int:
        return 1_795_000_000 * ONE


@pytest.fixture
async def strict(http: aiohttp.ClientSession) -> AsyncIterator[tuple[Running, Trader]]:
    """A venue that enforces its rate limits while its clock stands, and somebody who trades."""
    async with paper_venue(clock=StandingClock(), limiting=Limiting.ENFORCED) as running:
        yield running, await Trader(http, running.urls["clob"], Key(11)).sign_in()


async def test_a_restart_is_too_early_then_for_makers_and_then_as_always(
    venue: Running, anna: Trader
) -> None:
    await anna.signed("POST", "/order", resting(anna, venue, salt=1))
    steer(venue, RestartEngine())

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

    steer(venue, SetWallet(wallet=anna.key.address, tier="elite"))
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
