"""A director at the control port and the steps of a scenario, over real sockets."""

from typing import Any

import pytest

from polycopy.schemas.ids import TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.directing import STANDING, START_US, Control, directing
from tests.support.paper_venue import Key, Wish

ONE = 1_000_000
BOOK = """
[[market]]
slug = "mine"
bids = [[0.4, 100], [0.39, 200]]
asks = [[0.5, 100], [0.51, 200]]
"""


def token_of(control: Control, slug: str = "mine", index: int = 0) -> TokenId:
    books = control.running.venue.desk.exchange.books.values()
    (market,) = [book.market for book in books if book.market.slug == slug]
    return market.tokens[index].token_id


def buys(control: Control, salt: int = 1, **more: Any) -> Wish:
    """10 shares of the first outcome for 50 cents each, from whoever sells them."""
    return Wish(token_id=token_of(control), salt=salt, **more)


def rests(control: Control, salt: int = 1) -> Wish:
    """A bid of 20 shares at 45 cents, which meets nobody."""
    return buys(
        control, salt, maker_amount=9 * ONE, taker_amount=20 * ONE, order_type=OrderType.GTC
    )


async def tick(control: Control, token: TokenId) -> Any:
    return (await control.read(f"/tick-size?token_id={token}"))["minimum_tick_size"]


async def cash(control: Control, number: int = 11) -> int:
    account = control.running.venue.desk.exchange.accounts[Key(number).address]
    return account.cash_micros


async def test_a_step_is_done_when_its_time_has_come_by_the_venues_clock() -> None:
    step = '[[step]]\nat_ms = 5000\ndo = "set_tick"\nmarket = "mine"\ntick = 0.001'
    async with directing(STANDING + BOOK + step) as control:
        token = token_of(control)
        await control.advance(4999)
        assert await tick(control, token) == 0.01
        await control.advance(1)
        assert await tick(control, token) == 0.001
        (done,) = [each for each in await control.journal("commands") if each["by"] == "step 1"]
        assert done == {
            "at_us": START_US + 5_000_000,
            "by": "step 1",
            "command": {"do": "set_tick", "market": "mine", "tick": "0.001"},
            "error": "",
        }


async def test_a_step_after_so_many_orders_is_done_before_the_answer_to_the_last() -> None:
    step = '[[step]]\nafter_orders = 2\ndo = "set_tick"\nmarket = "mine"\ntick = 0.001'
    async with directing(STANDING + BOOK + step) as control:
        anna = await control.trader()
        await anna.post(rests(control, 1))
        assert await tick(control, token_of(control)) == 0.01
        await anna.post(rests(control, 2))
        assert await tick(control, token_of(control)) == 0.001


async def test_a_step_after_fills_and_one_after_leader_trades_wait_for_them() -> None:
    steps = """
        [[step]]
        after_fills = 1
        do = "note"
        text = "filled"
        [[step]]
        after_trades = 2
        do = "note"
        text = "two trades"
    """
    async with directing(STANDING + BOOK + steps) as control:
        anna = await control.trader()
        await control.done("next", count=2)
        await anna.post(buys(control))
        texts = [each["command"].get("text") for each in await control.journal("commands")]
        assert texts == ["two trades", None, "filled"]


async def test_a_step_comes_again_as_often_as_it_says() -> None:
    step = '[[step]]\nat_ms = 1000\nevery_ms = 2000\ntimes = 3\ndo = "next"'
    async with directing(STANDING + step) as control:
        await control.advance(60_000)
        done = [each for each in await control.journal("commands") if each["by"] == "step 1"]
        times = [each["at_us"] - START_US for each in done]
        assert times == [1_000_000, 3_000_000, 5_000_000]
        assert (await control.ask("GET", "status"))[1]["emitted"] == 3


async def test_at_a_pace_the_venues_clock_emits_and_a_new_pace_ends_the_old_one() -> None:
    async with directing(STANDING + "pace_ms = 1000\n") as control:
        await control.advance(2500)
        assert (await control.ask("GET", "status"))[1]["emitted"] == 2
        await control.done("set_pace", ms=0)
        await control.advance(60_000)
        assert (await control.ask("GET", "status"))[1]["emitted"] == 2


async def test_commands_are_done_in_their_order_up_to_the_first_that_cannot_be() -> None:
    async with directing(STANDING + BOOK) as control:
        status, answer = await control.do(
            {"do": "set_tick", "market": "mine", "tick": 0.001},
            {"do": "set_tick", "market": "yours", "tick": 0.001},
            {"do": "set_tick", "market": "mine", "tick": 0.1},
        )
        assert status == 409
        assert answer["error"].startswith("command 2: no market has the slug")
        assert await tick(control, token_of(control)) == 0.001
        errors = [bool(each["error"]) for each in await control.journal("commands")]
        assert errors == [False, True]


async def test_a_body_is_refused_with_all_its_faults_and_nothing_is_done() -> None:
    async with directing() as control:
        status, answer = await control.do({"do": "next"}, {"do": "nxt"}, {"do": "next", "n": 1})
        assert (status, answer["error"].split("; ")) == (
            400,
            [
                "command 2: do: there is no command 'nxt' (did you mean next?)",
                "command 3: n: unknown key",
            ],
        )
        assert (await control.ask("GET", "status"))[1]["emitted"] == 0
        for body in ("{", "[1]", '{"do": "next", "count": 1e999}', "\xff"):
            assert (await control.ask("POST", "do", body))[0] == 400


async def test_wallets_of_the_scenario_have_what_it_says_before_they_sign_in() -> None:
    rich, banned = Key(11).address, Key(12).address
    wallets = f"""
        [[wallet]]
        address = "{rich}"
        cash = 5.5
        shares = {{ mine = [10, 0] }}
        tier = "gold"
        [[wallet]]
        address = "{banned}"
        banned = true
    """
    async with directing(STANDING + BOOK + wallets) as control:
        anna, bert = await control.trader(11), await control.trader(12)
        sells = buys(control, side=Side.SELL, maker_amount=10 * ONE, taker_amount=4 * ONE)
        assert (await anna.post(sells))[1]["status"] == "matched"
        assert (await anna.signed("GET", "/v1/user/rate-limit-tier"))[1]["tier"] == "gold"
        status, answer = await bert.post(buys(control))
        assert (status, "banned" in answer["error"]) == (400, True)


async def test_a_fault_of_the_scenario_strikes_and_stands_in_the_journal() -> None:
    fault = '[[fault]]\nname = "busy"\nkind = "error_after"\non = "POST /order"\nskip = 1\n'
    async with directing(STANDING + BOOK + fault) as control:
        anna = await control.trader()
        answers = [(await anna.post(rests(control, salt)))[0] for salt in (1, 2)]
        assert answers == [200, 500]
        seen = [each for each in await control.journal("requests") if each["path"] == "/order"]
        assert [(each["fault"], each["wallet"]) for each in seen] == [
            ("", anna.key.address),
            ("busy", anna.key.address),
        ]
        _, body = await control.ask("GET", "faults")
        assert [(each["name"], each["fitted"], each["struck"]) for each in body["faults"]] == [
            ("busy", 2, 1)
        ]
        await control.done("clear_faults")
        assert (await control.ask("GET", "faults"))[1]["faults"] == []


async def test_the_journal_has_every_step_of_a_fill_with_its_time() -> None:
    async with directing(STANDING + BOOK) as control:
        anna = await control.trader()
        await anna.post(buys(control))
        await control.advance(10_000)
        (fill,) = await control.journal("fills")
        steps = [(each["status"], each["at_us"] - START_US) for each in fill["statuses"]]
        assert steps == [("MATCHED", 0), ("MINED", 2_000_000), ("CONFIRMED", 4_000_000)]
        assert fill["status"] == "CONFIRMED"
        assert fill["transaction_hash"] == fill["statuses"][-1]["transaction_hash"]
        assert await control.journal("statuses") == fill["statuses"]


async def test_the_journal_is_read_page_by_page() -> None:
    async with directing() as control:
        for _ in range(5):
            await control.read("/time")
        _, first = await control.ask("GET", "journal?kind=requests&limit=3")
        _, second = await control.ask("GET", f"journal?kind=requests&since={first['next']}")
        assert [len(first["requests"]), len(second["requests"])] == [3, 2]
        assert (second["first"], second["next"], second["total"]) == (0, 5, 5)
        assert set(first) == {"requests", "first", "next", "total"}
        for bad in ("since=1", "kind=colours", "kind=fills&since=x", "kind=fills&limit=0"):
            assert (await control.ask("GET", f"journal?{bad}"))[0] == 400


async def test_sockets_are_counted_and_closed_by_order() -> None:
    async with (
        directing(STANDING + BOOK) as control,
        control.http.ws_connect(control.running.urls["market_ws"]) as market,
        control.http.ws_connect(control.running.urls["rtds"]) as feed,
    ):
        await feed.receive()
        await market.send_json({"type": "market", "assets_ids": [token_of(control)]})
        await market.receive()
        _, body = await control.ask("GET", "journal")
        assert body["sockets"]["market"] == {"opened": 1, "closed": 0, "heard": 1, "sent": 1}
        assert body["sockets"]["rtds"]["sent"] == 1

        await control.done("disconnect", socket="market")
        await market.receive()
        assert market.closed
        await feed.send_str("PING")
        assert not feed.closed


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
