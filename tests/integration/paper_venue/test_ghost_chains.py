"""What becomes of shares that never came and were sold on."""

from typing import Any

import msgspec
import pytest

from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.directing import BOOK, ONE, STANDING, buys, directing, rests, token_of


async def test_shares_that_never_came_cannot_be_sold_on() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        _, bought = await anna.post(buys(control))
        _, sold = await anna.post(
            buys(
                control,
                salt=2,
                side=Side.SELL,
                maker_amount=10 * ONE,
                taker_amount=4 * ONE,
            )
        )

        await control.done("settle", trade_id=bought["tradeIDs"][0], status="FAILED")
        await control.advance(60_000)

        fills = {fill["venue_order_id"]: fill["status"] for fill in await control.journal("fills")}
        assert fills == {bought["orderID"]: "FAILED", sold["orderID"]: "FAILED"}
        _, held = await anna.signed("GET", "/balance-allowance?asset_type=COLLATERAL")
        assert held["balance"] == str(10_000 * ONE)


async def test_one_order_over_two_prices_is_one_transaction_on_the_chain() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        _, bought = await anna.post(buys(control, maker_amount=76_500_000, taker_amount=150 * ONE))
        await control.advance(60_000)

        fills = await control.journal("fills")
        assert len(bought["tradeIDs"]) == len(fills) == 2
        assert len({fill["transaction_hash"] for fill in fills}) == 1
        (settled,) = control.running.venue.settling.ledger
        taker, *makers = settled.executions
        assert taker.size_micros == sum(maker.size_micros for maker in makers)
        assert taker.notional_micros == sum(fill["notional_micros"] for fill in fills)
        assert taker.order_id == bought["orderID"]


async def test_what_is_mined_is_not_undone_by_a_director() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        _, bought = await anna.post(buys(control))
        await control.done("settle", status="MINED")

        status, answer = await control.do(
            {"do": "settle", "trade_id": bought["tradeIDs"][0], "status": "FAILED"}
        )

        assert status == 409
        assert "MINED already" in answer["error"]
        assert len(control.running.venue.settling.ledger) == 1


async def test_the_journal_has_how_each_order_ended() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        _, placed = await anna.post(rests(control))
        await anna.signed("DELETE", "/cancel-all")

        entries = await control.journal("order_statuses")

        assert [(each["venue_order_id"], each["status"]) for each in entries] == [
            (placed["orderID"], "LIVE"),
            (placed["orderID"], "CANCELED"),
        ]
        assert entries[0]["at_us"] <= entries[1]["at_us"]


@pytest.mark.parametrize("bad_day", ["failed", "retried"])
async def test_a_trade_that_a_director_had_mined_stays_mined(bad_day: str) -> None:
    unlucky = STANDING.replace("settle_ms = 4000", f"settle_ms = 4000\n{bad_day} = 1")
    async with directing(unlucky + BOOK) as control:
        anna = await control.trader()
        await anna.post(buys(control))
        await control.done("settle", status="MINED")

        await control.advance(60_000)

        (fill,) = await control.journal("fills")
        assert [step["status"] for step in fill["statuses"]] == ["MATCHED", "MINED", "CONFIRMED"]
        assert len(control.running.venue.settling.ledger) == 1


@pytest.mark.parametrize(
    "command",
    [
        {"do": "resolve", "market": "mine", "payouts": [2, -1]},
        {"do": "set_wallet", "wallet": "0x" + "ab" * 20, "shares": {"mine": [-5, 0]}},
        {"do": "set_wallet", "wallet": "0x" + "ab" * 20, "shares": {"mine": [1e30, 0]}},
        {"do": "set_wallet", "wallet": "0x" + "ab" * 20, "shares": {"mine": ["NaN", 0]}},
    ],
)
async def test_amounts_within_lists_have_their_rules_too(command: dict[str, Any]) -> None:
    async with directing(STANDING + BOOK) as control:
        status, answer = await control.do(command)

        assert status == 400
        assert answer["error"].startswith("command 1: ")


async def test_an_order_killed_with_almost_all_of_it_filled_is_answered() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        fault = {"kind": "killed_with_fill", "on": "order", "fraction": 0.9999999}
        await control.done("set_fault", fault=fault)

        status, answer = await anna.post(buys(control, order_type=OrderType.FOK))

        assert status == 400
        assert "FOK" in answer["error"]
        (fill,) = await control.journal("fills")
        assert fill["size_micros"] < 10 * ONE


async def test_every_price_of_one_order_is_told_under_the_hash_that_lands() -> None:
    async with directing(STANDING + BOOK) as control:
        token = token_of(control)
        async with control.http.ws_connect(control.running.urls["market_ws"]) as socket:
            await socket.send_json({"type": "market", "assets_ids": [token]})
            await socket.receive()
            anna = await control.trader()
            await anna.post(buys(control, maker_amount=76_500_000, taker_amount=150 * ONE))
            await control.advance(60_000)
            (landed,) = control.running.venue.settling.ledger
            told: list[str] = []
            while len(told) < 2:
                said = msgspec.json.decode((await socket.receive()).data)
                messages = said if isinstance(said, list) else [said]
                told += [
                    each["transaction_hash"]
                    for each in messages
                    if each["event_type"] == "last_trade_price"
                ]

        assert set(told) == {landed.transaction_hash}


async def test_a_trade_on_its_way_lands_though_its_market_was_forgotten() -> None:
    waiting = STANDING.replace("settle_ms = 4000", "settle_ms = 4000\nrtds_delay_ms = 2000")
    async with directing(waiting) as control:
        await control.done("add_market", market={"slug": "young"})
        trade = {"wallet": "0x" + "ab" * 20, "outcome": 0, "side": "BUY", "size": 10, "price": 0.5}
        await control.done("leader_trade", market="young", **trade)
        await control.done("restart", memory=False)

        await control.advance(3_000)

        (landed,) = control.running.venue.settling.ledger
        assert landed.executions[0].size_micros == 10 * ONE
