"""What a director does to trades, strangers and markets, over real sockets."""

import pytest

from tests.support.directing import (
    BOOK,
    ONE,
    STANDING,
    buys,
    cash,
    directing,
    rests,
    token_of,
)


@pytest.mark.parametrize(("status", "back"), [("FAILED", True), ("CONFIRMED", False)])
async def test_a_trade_is_brought_to_its_end_by_order(status: str, back: bool) -> None:  # noqa: FBT001
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        before = await cash(control)
        await anna.post(buys(control))
        await control.done("settle", status=status)
        await control.advance(60_000)
        (fill,) = await control.journal("fills")
        assert [each["status"] for each in fill["statuses"]] == ["MATCHED", status]
        assert (await cash(control) == before) is back
        assert len(control.running.venue.settling.ledger) == (not back)
        assert (await control.do({"do": "settle", "status": status, "trade_id": "x"}))[0] == 409


async def test_a_stranger_takes_what_rests_in_price_and_time() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        await anna.post(rests(control))
        take = {"do": "take", "market": "mine", "side": "SELL", "price": 0.4}
        assert (await control.do({**take, "size": 25}))[0] == 200
        (fill,) = await control.journal("fills")
        assert (fill["role"], fill["size_micros"], fill["price_micros"]) == (
            "maker",
            20 * ONE,
            450_000,
        )
        book = await control.read(f"/book?token_id={token_of(control)}")
        assert {"price": "0.4", "size": "95"} in book["bids"]
        assert (await control.do({**take, "size": 1, "price": 0.6}))[0] == 409


async def test_the_venue_cancels_by_itself() -> None:
    async with directing(STANDING + BOOK) as control:
        anna, bert = await control.trader(11), await control.trader(12)
        await anna.post(rests(control))
        await bert.post(rests(control))
        await control.done("cancel_orders", wallet=anna.key.address)
        assert (await anna.signed("GET", "/data/orders"))[1]["data"] == []
        assert len((await bert.signed("GET", "/data/orders"))[1]["data"]) == 1
        await control.done("cancel_orders", market="mine")
        assert (await bert.signed("GET", "/data/orders"))[1]["data"] == []


async def test_a_market_comes_is_resolved_and_pays() -> None:
    async with directing() as control:
        anna = await control.trader()
        asks = [["0.5", "100"]]
        await control.done("add_market", market={"slug": "mine", "asks": asks})
        assert (await control.do({"do": "add_market", "market": {"slug": "mine"}}))[0] == 409
        await anna.post(buys(control))
        await control.advance(10_000)
        spent = await cash(control)
        await control.done("resolve", market="mine", payouts=[1, 0])
        await control.done("redeem", wallet=anna.key.address, market="mine")
        assert await cash(control) == spent + 10 * ONE
        status, _ = await anna.post(buys(control, 2))
        assert status in (400, 404)


async def test_what_is_true_of_the_venue_changes_for_trades_to_come() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        await control.done("set_venue", settle_ms=100, failed=1)
        await anna.post(buys(control))
        await control.advance(100)
        (fill,) = await control.journal("fills")
        assert fill["status"] == "FAILED"
        assert (await control.do({"do": "set_venue", "retried": 0.5}))[0] == 409


async def test_a_leader_who_was_the_maker_stands_behind_the_taker() -> None:
    leader = "0x1ead000000000000000000000000000000000001"
    async with (
        directing(STANDING + BOOK) as control,
        control.http.ws_connect(control.running.urls["rtds"]) as feed,
    ):
        await feed.receive()
        wanted = [{"topic": "activity", "type": "*"}]
        await feed.send_json({"action": "subscribe", "subscriptions": wanted})
        while not (await control.ask("GET", "status"))[1]["rtds_subscribers"]:
            await control.read("/time")
        trade = {"do": "leader_trade", "wallet": leader, "market": "mine", "size": 5, "price": 0.45}
        assert (await control.do({**trade, "maker": True, "repeat": 2}))[0] == 200
        frames = [await feed.receive_json() for _ in range(4)]
        told = [(each["type"], each["payload"]["proxyWallet"].lower()) for each in frames]
        assert [kind for kind, _ in told] == ["trades", "trades", "trades", "orders_matched"]
        assert [wallet == leader for _, wallet in told] == [False, True, True, False]
        assert {each["payload"]["side"] for each in frames[1:3]} == {"BUY"}


async def test_a_market_has_the_same_numbers_on_the_channel_as_at_gamma() -> None:
    wanted = {"type": "market", "assets_ids": ["1"], "custom_feature_enabled": True}
    async with (
        directing() as control,
        control.http.ws_connect(control.running.urls["market_ws"]) as channel,
    ):
        await channel.send_json(wanted)
        await channel.send_str("PING")
        assert await channel.receive_str() == "PONG"
        await control.done("add_market", market={"slug": "mine"})
        told = await channel.receive_json()
        gamma = control.running.urls["gamma"]
        async with control.http.get(f"{gamma}/markets/slug/mine") as answer:
            market = await answer.json()
        assert told["event_type"] == "new_market"
        assert (told["id"], told["event_message"]["id"]) == (
            market["id"],
            market["events"][0]["id"],
        )


@pytest.mark.parametrize(("itode", "seconds"), [(True, 0), (False, 3)])
async def test_the_clob_says_of_a_market_what_gamma_says(itode: bool, seconds: int) -> None:  # noqa: FBT001
    async with directing() as control:
        market = {"slug": "mine", "neg_risk": True, "taker_delay_ms": 3000, "itode": itode}
        await control.done("add_market", market=market)
        await control.done("set_market", market="mine", accepting=False)
        gamma = control.running.urls["gamma"]
        async with control.http.get(f"{gamma}/markets/slug/mine") as answer:
            shown = await answer.json()
        short = await control.read(f"/clob-markets/{shown['conditionId']}")
        long = await control.read(f"/markets/{shown['conditionId']}")
        assert (short["itode"], short["sd"], short["ao"], short["v"]) == (
            itode,
            seconds,
            False,
            "v1",
        )
        assert (long["seconds_delay"], shown.get("secondsDelay", 0)) == (seconds, seconds)
        assert long["question_id"] == shown["questionID"]
        assert long["neg_risk_market_id"] == shown["negRiskMarketID"]
