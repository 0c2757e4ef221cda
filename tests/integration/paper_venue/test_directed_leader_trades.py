"""`leader_trade`: a leader's trade outside the script, which goes the way of those in it."""

from typing import Any

import aiohttp

from tests.support.directing import BOOK, ONE, STANDING, Control, cash, directing, token_of

LEADER = "0x1ead000000000000000000000000000000000001"
TRADE = {"do": "leader_trade", "wallet": LEADER, "market": "mine", "size": 5, "price": 0.45}


async def feed_of(control: Control) -> aiohttp.ClientWebSocketResponse:
    feed = await control.http.ws_connect(control.running.urls["rtds"])
    await feed.receive()
    wanted = [{"topic": "activity", "type": "trades"}]
    await feed.send_json({"action": "subscribe", "subscriptions": wanted})
    while not (await control.ask("GET", "status"))[1]["rtds_subscribers"]:
        await control.read("/time")
    return feed


async def test_it_comes_to_the_chain_after_the_delay_of_the_feed() -> None:
    async with directing(STANDING + BOOK) as control:
        await control.done("set_venue", rtds_delay_ms=2000)
        assert (await control.do(TRADE))[0] == 200
        ledger = control.running.venue.settling.ledger
        assert len(ledger) == 0
        await control.advance(2000)
        (settled,) = ledger
        assert [each.wallet == LEADER for each in settled.executions] == [True, False]


async def test_a_fault_of_trades_strikes_it() -> None:
    async with directing(STANDING + BOOK) as control:
        fault = {"kind": "settle_failed", "on": "trade", "wallet": LEADER, "times": 1}
        await control.done("set_fault", fault=fault)
        feed = await feed_of(control)
        ledger = control.running.venue.settling.ledger
        assert (await control.do(TRADE))[0] == 200
        frame = await feed.receive_json()
        assert frame["payload"]["proxyWallet"].lower() == LEADER
        await control.advance(60_000)
        assert len(ledger) == 0
        assert (await control.do(TRADE))[0] == 200
        assert len(ledger) == 1
        await feed.close()


async def test_the_market_channel_hears_of_it_and_the_book_stays() -> None:
    async with (
        directing(STANDING + BOOK) as control,
        control.http.ws_connect(control.running.urls["market_ws"]) as channel,
    ):
        token = token_of(control)
        await channel.send_json({"type": "market", "assets_ids": [token]})
        first: Any = await channel.receive_json()
        assert (await control.do({**TRADE, "repeat": 2}))[0] == 200
        told = await channel.receive_json()
        while told["event_type"] == "book":  # A trade is told with the book beside it.
            told = await channel.receive_json()
        assert (told["event_type"], told["asset_id"]) == ("last_trade_price", token)
        assert (told["price"], told["size"], told["side"]) == ("0.45", "10", "BUY")
        (settled,) = control.running.venue.settling.ledger
        assert told["transaction_hash"] == settled.transaction_hash
        book, before = await control.read(f"/book?token_id={token}"), first[0]
        assert (book["bids"], book["asks"]) == (before["bids"], before["asks"])


async def test_a_wallet_that_has_an_account_moves_with_it() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        wallet = anna.key.address
        await control.done("set_wallet", wallet=wallet, cash=100)
        trade = {**TRADE, "wallet": wallet, "size": 20, "price": 0.5}
        assert (await control.do({**trade, "repeat": 2, "maker": True}))[0] == 200
        account = control.running.venue.desk.exchange.accounts[wallet]
        assert (await cash(control), account.shares[token_of(control)]) == (80 * ONE, 40 * ONE)
        assert (await control.do({**trade, "side": "SELL"}))[0] == 200
        assert (await cash(control), account.shares[token_of(control)]) == (90 * ONE, 20 * ONE)
        for more in ({"size": 181}, {"size": 21, "side": "SELL"}):
            status, answer = await control.do({**trade, **more})
            assert (status, "has not enough for that" in answer["error"]) == (409, True)
