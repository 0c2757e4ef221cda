"""What becomes of shares that never came and were sold on."""

from polycopy.schemas.money import Side
from tests.support.directing import BOOK, ONE, STANDING, buys, directing, rests


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
