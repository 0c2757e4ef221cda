"""Another scenario in the same house, a venue that forgets, and the clock at the control port."""

import aiohttp
import msgspec

from polycopy.schemas.terms import OrderType
from tests.support.directing import STANDING, START_US, Control, directing
from tests.support.paper_venue import Key, Wish

ONE = 1_000_000
OTHER = """
[venue]
seed = "other"
clock = "manual"
starts_at = 2026-12-24T12:00:00Z
cash = 3
[source]
name = "seeded"
trades = 3
[[market]]
slug = "mine"
[[fault]]
name = "always"
kind = "error_before"
on = "GET /book"
[[step]]
at_ms = 1000
do = "next"
"""


async def bids(control: Control, number: int = 11) -> int:
    """The HTTP status of a bid that meets nobody."""
    trader = await control.trader(number)
    token = control.running.venue.script.markets[0].tokens[0].token_id
    wish = Wish(
        token_id=token, maker_amount=100_000, taker_amount=10 * ONE, order_type=OrderType.GTC
    )
    return (await trader.post(wish))[0]


async def test_another_scenario_begins_at_the_same_addresses_with_the_same_journal() -> None:
    async with (
        directing() as control,
        control.http.ws_connect(control.running.urls["market_ws"]) as market,
        control.http.ws_connect(control.running.urls["rpc_ws"]) as node,
    ):
        await control.done("next", count=2)
        assert await bids(control) == 200
        status, loaded = await control.ask("POST", "scenario", OTHER)
        assert status == 200, loaded

        for socket in (market, node):
            await socket.receive()
            assert socket.closed
        assert loaded["scenario"]["venue"]["seed"] == "other"
        assert "mine" in [each["slug"] for each in loaded["markets"]]
        _, told = await control.ask("GET", "status")
        assert (told["emitted"], told["leader_trades"], told["steps_left"]) == (0, 3, 1)
        async with control.http.get(control.running.urls["clob"] + "/book?token_id=1") as answer:
            assert answer.status == 500
        _, clock = await control.ask("GET", "clock")
        assert clock["now_us"] == START_US + 23 * 86_400 * ONE
        await control.advance(1000)
        assert (await control.ask("GET", "status"))[1]["emitted"] == 1
        assert len(await control.journal("emissions")) == 3
        assert len(await control.journal("orders")) == 1
        async with control.http.ws_connect(control.running.urls["rtds"]) as feed:
            assert (await feed.receive()).data == ""


async def test_a_scenario_goes_to_the_port_as_it_came_from_it_and_by_its_name() -> None:
    async with directing() as control:
        await control.ask("POST", "scenario", OTHER)
        _, first = await control.ask("GET", "scenario")
        body = msgspec.json.encode(first["scenario"])
        assert (await control.ask("POST", "scenario", body))[1] == first
        status, ready = await control.ask("POST", "scenario", '{"name": "tick-change"}')
        assert status == 200
        assert "near-the-edge" in [each["slug"] for each in ready["markets"]]
        assert "rough-day" in ready["ready"]


async def test_a_scenario_that_does_not_fit_changes_nothing() -> None:
    async with directing() as control:
        await control.done("next")
        for body, words in (
            ("[venu]", "venu: unknown table (did you mean venue?)"),
            ('{"venue": 3}', "venue: must be a table"),
            ('{"name": "rough-dya"}', "did you mean rough-day?"),
            ('{"name": 3}', "str"),
            ("{", "not JSON"),
            (b"\xff", "no text in UTF-8"),
            (STANDING + '[[step]]\ndo = "set_tick"\nmarket = "x"\ntick = 0.1', "no market 'x'"),
        ):
            status, answer = await control.ask("POST", "scenario", body)
            assert status == 400
            assert words in answer["error"]
        assert (await control.ask("GET", "status"))[1]["emitted"] == 1


async def test_a_venue_without_memory_knows_its_scenario_and_the_steps_to_come() -> None:
    rich = Key(11).address
    more = f"""
        [[wallet]]
        address = "{rich}"
        cash = 77
        [[step]]
        at_ms = 5000
        do = "note"
        text = "later"
    """
    async with directing(STANDING + more) as control:
        assert await bids(control) == 200
        await control.done("restart", memory=False, down_ms=1000)
        try:
            await control.read("/time")
            raise AssertionError("nobody was to answer")
        except aiohttp.ClientError:
            pass
        await control.advance(1000)
        anna = await control.trader()
        assert (await anna.signed("GET", "/data/orders"))[1]["data"] == []
        assert control.running.venue.desk.exchange.accounts[rich].cash_micros == 77 * ONE
        await control.advance(5000)
        assert (await control.journal("commands"))[-2]["command"]["text"] == "later"


async def test_the_clock_is_moved_ahead_and_never_back() -> None:
    async with directing() as control:
        _, clock = await control.ask("GET", "clock")
        assert clock == {"now_us": START_US, "stands": True, "due": 0, "next_us": None}
        status, clock = await control.ask("POST", "clock", f'{{"to_us": {START_US + 5 * ONE}}}')
        assert (status, clock["now_us"]) == (200, START_US + 5 * ONE)
        for body in (
            f'{{"to_us": {START_US}}}',
            '{"advance_ms": -1}',
            '{"advance_ms": 1, "to_us": 1}',
            "{}",
            '{"ms": 1}',
            "",
        ):
            assert (await control.ask("POST", "clock", body))[0] == 400


async def test_a_running_clock_runs_and_is_moved_ahead() -> None:
    async with directing('[source]\nname = "seeded"\ntrades = 3') as control:
        _, before = await control.ask("GET", "clock")
        await control.advance(3_600_000)
        _, after = await control.ask("GET", "clock")
        assert not after["stands"]
        assert after["now_us"] >= before["now_us"] + 3_600 * ONE
