"""Markets that do not trade any more, or not yet: leaders pass them over, directors are refused."""

from typing import Any

import pytest

from tests.support.directing import BOOK, STANDING, Control, directing, token_of

WALLET = "0x1ead000000000000000000000000000000000001"


async def emitted(control: Control) -> list[dict[str, Any]]:
    """Every transaction that the source still has."""
    told = []
    while not (answer := (await control.ask("POST", "next"))[1])["done"]:
        told.append(answer)
    assert answer["index"] == 6
    return told


@pytest.mark.parametrize(
    "closing",
    [
        {"do": "resolve", "market": "seeded-market-1", "payouts": [1, 0]},
        {"do": "set_market", "market": "seeded-market-1", "accepting": False},
        {"do": "set_market", "market": "seeded-market-1", "ready": False},
    ],
)
async def test_leaders_pass_over_a_market_that_does_not_trade(closing: dict[str, Any]) -> None:
    async with directing(STANDING.replace("seed = 7", "seed = 9")) as control:
        script = control.running.venue.script
        closed = token_of(control, "seeded-market-1"), token_of(control, "seeded-market-1", 1)
        wanted = [
            index
            for index in range(script.total)
            if script.transaction(index).rows[0].token_id not in closed
        ]
        assert (await control.do(closing))[0] == 200
        book = control.running.venue.desk.exchange.book_of(closed[0])
        assert book is not None
        before = book.bids.strangers(), book.asks.strangers()
        assert [each["index"] for each in await emitted(control)] == wanted
        assert (book.bids.strangers(), book.asks.strangers()) == before
        assert (await control.ask("GET", "status"))[1]["emitted"] == 6


async def test_steps_that_count_trades_count_those_that_are_passed_over() -> None:
    step = '[[step]]\nafter_trades = 6\ndo = "note"\ntext = "over"\n'
    async with directing(STANDING + step) as control:
        for slug in ("seeded-market-1", "seeded-market-2"):
            await control.done("set_market", market=slug, accepting=False)
        assert await emitted(control) == []
        assert (await control.journal("commands"))[-1]["command"]["text"] == "over"


@pytest.mark.parametrize(
    "command",
    [
        {"do": "put_book", "bids": [[0.4, 10]]},
        {"do": "set_tick", "tick": 0.001},
        {"do": "set_market", "accepting": True},
        {"do": "split", "wallet": WALLET, "size": 1},
        {"do": "leader_trade", "wallet": WALLET, "size": 1, "price": 0.5},
    ],
)
async def test_a_market_that_is_over_stays_as_it_is(command: dict[str, Any]) -> None:
    async with directing(STANDING + BOOK) as control:
        await control.done("resolve", market="mine", payouts=[1, 0])
        status, answer = await control.do({**command, "market": "mine"})
        assert (status, answer["error"]) == (409, "command 1: mine is resolved")
        assert len(control.running.venue.settling.ledger) == 0


async def test_a_wallet_that_the_venue_keeps_no_account_of_merges_what_the_chain_gave_it() -> None:
    async with directing(STANDING + BOOK) as control:
        merge = {"do": "merge", "wallet": WALLET, "market": "mine"}
        await control.done("split", wallet=WALLET, market="mine", size=3)
        status, answer = await control.do({**merge, "size": 4})
        assert (status, "has not enough for that" in answer["error"]) == (409, True)
        assert (await control.do({**merge, "size": 3}))[0] == 200
        assert (await control.do({**merge, "size": 1}))[0] == 409
