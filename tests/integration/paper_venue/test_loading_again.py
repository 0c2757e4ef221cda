"""A journal that goes on over several scenarios, and what may be sent to load one."""

import msgspec
import pytest

from tests.support.directing import BOOK, STANDING, Control, buys, directing
from tests.support.paper_venue import Key

PLAY = STANDING + BOOK


async def test_what_the_port_tells_of_a_scenario_loads_it_again_as_a_whole() -> None:
    async with directing(PLAY) as control:
        _, told = await control.ask("GET", "scenario")
        assert "markets" in told
        status, again = await control.ask("POST", "scenario", msgspec.json.encode(told))
        assert (status, again) == (200, told)


@pytest.mark.parametrize("body", ["", " \n"])
async def test_an_empty_body_is_no_scenario(body: str) -> None:
    async with directing(PLAY) as control:
        status, answer = await control.ask("POST", "scenario", body)
        assert (status, "empty" in answer["error"]) == (400, True)
        assert "mine" in [
            each["slug"] for each in (await control.ask("GET", "scenario"))[1]["markets"]
        ]


async def filled(control: Control) -> str:
    """A trader signs in and buys; the API key."""
    anna = await control.trader()
    assert (await anna.post(buys(control)))[0] == 200
    await control.advance(10_000)
    return anna.credentials.api_key


async def test_ids_of_a_journal_never_come_twice_and_keys_stay_the_same() -> None:
    async with directing(PLAY) as control:
        api_keys = {await filled(control)}
        for _ in range(2):
            assert (await control.ask("POST", "scenario", PLAY))[0] == 200
            control.running = msgspec.structs.replace(
                control.running, venue=control.running.direction.venue
            )
            api_keys.add(await filled(control))
        fills = await control.journal("fills")
        assert len({fill["venue_trade_id"] for fill in fills}) == 3
        assert len({fill["transaction_hash"] for fill in fills}) == 3
        assert len(api_keys) == 1


async def test_a_load_stands_in_the_journal_before_what_the_scenario_orders() -> None:
    wallet = f'[[wallet]]\naddress = "{Key(11).address}"\ncash = 5\n'
    async with directing(PLAY) as control:
        await control.done("note", text="before")
        assert (await control.ask("POST", "scenario", PLAY + wallet))[0] == 200
        note, load, order = await control.journal("commands")
        assert [each["command"]["do"] for each in (note, load, order)] == [
            "note",
            "load",
            "set_wallet",
        ]
        assert (load["by"], load["error"]) == ("control", "")
        _, told = await control.ask("GET", "scenario")
        assert load["command"]["scenario"] == told["scenario"]
