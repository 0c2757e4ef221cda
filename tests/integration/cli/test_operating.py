"""What the operator does by hand, as he runs it, on a real log in which services answer."""

import getpass
import os

import pytest

from polycopy.cli.adapters.run_files import RunFiles
from polycopy.cli.core.plan import Servers
from polycopy.cli.core.runs import Run
from polycopy.cli.core.venue import VenueUrls
from polycopy.runtime.health import serve_health
from polycopy.schemas.control import (
    AccountLimitsSet,
    OrderCancelAsked,
    OrderReconcileAsked,
    TradingStateSet,
)
from polycopy.schemas.subjects import ALL_ORDER_WISHES
from polycopy.schemas.terms import CancelVerdict
from tests.support.desk import ORDER, OTHER, SILENT, Desk, last_wish, services
from tests.unit.cli.makers import ACCOUNT, NOW_MS

pytestmark = pytest.mark.timeout(300)


async def test_trading_is_halted_and_resumed_in_the_name_of_who_does_it(desk: Desk) -> None:
    code, out, err = await desk("halt", "--account", "main", "--reason", "too wild")
    assert code == 0
    assert err.startswith("trading is halted for account main: the executor acts on it within")
    assert "1 open order may still fill" in err
    assert "halted" in out
    said = await last_wish(desk, lambda event: isinstance(event, TradingStateSet))
    assert (said.operator, said.reason) == (getpass.getuser(), "too wild")
    assert "already" in (await desk("halt", "--account", "main"))[2]
    told = await desk.json("resume", "--operator", "ann")
    assert (told["news"], [one["trading"] for one in told["accounts"]]) == (False, ["halted"])
    told = await desk.json("resume", "--account", "main", "--operator", "ann")
    assert (told["news"], [one["trading"] for one in told["accounts"]]) == (True, ["active"])
    code, _, err = await desk("halt", "--account", "mian")
    assert (code, err) == (1, "there is no account mian: there are main\n")


async def test_an_account_is_shown_with_its_limits_and_they_can_be_changed(desk: Desk) -> None:
    [one] = await desk.json("account", "list")
    assert (one["account"], len(one["open_orders"]), len(one["lost_orders"])) == ("main", 1, 1)
    code, out, _ = await desk("account", "show", "main")
    assert code == 0
    for words in ("BEHIND: not read since", "$1,000.00", "LOST", "10 %", "default"):
        assert words in out
    changed = ("account", "limits", "main", "--order-percent", "2.5", "--operator", "ann")
    told = await desk.json(*changed, "--reason", "a quiet week")
    assert (told["news"], told["limits"]["order_ppm_max"], told["remarks"]) == (True, 25_000, [])
    said = await last_wish(desk, lambda event: isinstance(event, AccountLimitsSet))
    assert (said.operator, said.reason) == ("ann", "a quiet week")
    assert "hold already" in (await desk(*changed))[2]
    assert (await desk.json("account", "show", "main"))["limits"]["order_ppm_max"] == 25_000
    code, _, err = await desk("account", "limits", "main", "--order-percent", "x")
    assert (code, err.count("\n")) == (2, 1)
    assert (await desk("account", "show", "nobody"))[0] == 1


async def test_a_cancel_tells_the_verdict_in_plain_words(desk: Desk) -> None:
    async with services(desk):
        code, out, _ = await desk("order", "cancel", OTHER.order_id[:10], "--reason", "slow")
    assert (code, out) == (0, f"order {OTHER.order_id}: the venue cancelled it\n")
    said = await last_wish(desk, lambda event: isinstance(event, OrderCancelAsked))
    assert (said.reason, said.operator) == ("slow", getpass.getuser())
    async with services(desk, verdict=CancelVerdict.MATCHED):
        code, out, _ = await desk("order", "cancel", OTHER.order_id)
    assert (code, out.split(": ")[1]) == (1, "too late")


async def test_a_lost_order_is_examined_and_ended_in_the_operators_name(desk: Desk) -> None:
    async with services(desk):
        code, out, _ = await desk("order", "reconcile", ORDER.order_id[:10])
        assert code == 0
        assert "the venue denies it, and it is lost already" in out
        code, _, err = await desk("order", "reconcile", ORDER.order_id, "--over")
        assert (code, err) == (2, "polycopy: there is nobody here to confirm it: say --yes\n")
        over = ("order", "reconcile", ORDER.order_id, "--over", "--note", "asked", "--yes")
        told = await desk.json(*over, "--operator", "ann")
        code, out, _ = await desk("order", "reconcile", ORDER.order_id)
        assert code == 0, "it can be asked for again"
        assert "and by the log it is over: cancelled" in out
    assert (told["over"], [one["verdict"] for one in told["findings"]]) == (True, ["absent"])
    types = [one["type"].split(".")[2] for one in await desk.json("order", "show", ORDER.order_id)]
    assert types[:2] == ["requested", "lost"]
    assert types[-4:] == ["judged", "cancelled", "reconcile-asked", "examined"]
    code, _, err = await desk(*over)
    assert code == 1
    assert err.startswith(f"nothing to end: order {ORDER.order_id} is cancelled")


async def test_where_a_source_is_silent_an_order_is_ended_with_a_reason_alone(desk: Desk) -> None:
    over = ("order", "reconcile", OTHER.order_id, "--over", "--yes")
    async with services(desk, findings=SILENT):
        code, out, err = await desk(*over)
        assert code == 1
        risk = "trades gave no answer: ending it frees $10.00, although it may be at the venue"
        assert risk in out
        assert "nothing is proven" not in out
        assert err.startswith(f"nothing was ended, {risk}")
        assert err.endswith(": say why it is over with --reason\n")
        wishes = [type(one.event) for one in await desk.log.read([ALL_ORDER_WISHES])]
        assert wishes == [OrderReconcileAsked]
        told = await desk.json(*over)
        assert (told["over"], told["hint"]) == (False, "say why it is over with --reason")
        told = await desk.json(*over, "--reason", "support said so")
        assert told["over"] is True


async def test_an_order_that_a_source_still_has_is_not_ended(desk: Desk) -> None:
    async with services(desk, held=True):
        over = ("order", "reconcile", ORDER.order_id, "--over", "--yes")
        code, out, err = await desk(*over)
    assert code == 1
    assert "the venue has it as LIVE" in out
    assert "is not ended, by what the sources say now: open-orders: present, LIVE" in err


@pytest.mark.parametrize(
    ("verb", "service"), [("cancel", "the executor"), ("reconcile", "status-sync")]
)
async def test_who_does_not_answer_is_named_in_one_line(
    desk: Desk, verb: str, service: str
) -> None:
    code, out, err = await desk("order", verb, ORDER.order_id, "--wait", "0.2")
    assert (code, out) == (1, "")
    assert err == (
        f"{service} did not answer within 0.2 s: polycopy doctor tells whether it runs; "
        "what was asked stays in the log\n"
    )


async def test_an_order_that_nobody_has_is_a_no(desk: Desk) -> None:
    for verb in ("show", "cancel", "reconcile"):
        code, out, err = await desk("order", verb, "0xnothing")
        assert (code, out) == (1, "")
        assert err == "no order has the id 0xnothing: see polycopy order list\n"


async def test_the_doctor_warns_and_is_well(desk: Desk) -> None:
    await desk("halt")
    findings = await desk.json("doctor")
    warned = [one["says"].split(" ")[:3] for one in findings if one["warning"]]
    assert warned == [
        ["trading", "is", "halted"],
        ["behind", "(not", "read"],
        ["1", "lost", "order"],
    ]
    assert all(one["ok"] for one in findings if one["warning"])


@pytest.mark.parametrize("breaker", ["closed", "open: 5 order requests without a proven answer"])
async def test_an_open_circuit_breaker_is_told_in_one_line(desk: Desk, breaker: str) -> None:
    (desk.home / "main").mkdir()
    nowhere = VenueUrls(clob="http://127.0.0.1:9", user_ws="", market_ws="", rtds="")
    async with serve_health(0, dict, lambda: {"breaker": breaker}) as url:
        run = Run(
            stack=str(desk.home / "main"),
            pid=os.getpid(),
            started_at_ms=NOW_MS,
            servers=Servers(nats_url="", nats_monitor_url="", database_url=""),
            log_id=desk.log.log_id,
            venue=nowhere,
            health_ports={"executor": int(url.rpartition(":")[2])},
        )
        RunFiles(desk.home).write(run)
        findings = await desk.json("doctor")
        _, shown, _ = await desk("account", "show", ACCOUNT)
        _, listed, _ = await desk("account", "list")
        programs = [await desk.json("account", "show", ACCOUNT)]
        programs += await desk.json("account", "list")
        programs += (await desk.json("halt"))["accounts"]

    told = [one["says"] for one in findings if one["name"] == "breaker"]
    wanted = [] if breaker == "closed" else [f"{breaker}; until it closes, exits and cancels pass"]
    assert told == wanted
    for words, where in ((f"{breaker}; until it closes", shown), ("breaker OPEN", listed)):
        assert (words in where) is bool(wanted)
    assert [one["breaker"] for one in programs] == [breaker if wanted else ""] * 3
