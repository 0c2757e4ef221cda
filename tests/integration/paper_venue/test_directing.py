"""A director at the control port and the steps of a scenario, over real sockets."""

from polycopy.schemas.money import Side
from tests.support.directing import (
    BOOK,
    ONE,
    STANDING,
    START_US,
    buys,
    directing,
    rests,
    tick,
    token_of,
)
from tests.support.paper_venue import Key


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
