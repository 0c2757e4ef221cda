"""What a command answers to people and to programs, on a real log: what was done, or why not."""

import json

import pytest
from msgspec.structs import asdict

from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.terms import CancelVerdict
from tests.support.desk import ORDER, OTHER, Desk, services
from tests.unit.cli.makers import STRATEGY

pytestmark = pytest.mark.timeout(300)


async def test_limits_go_back_to_the_defaults_and_nothing_at_all_is_said_to_be_that(
    desk: Desk,
) -> None:
    limits = ("account", "limits", "main")
    code, _, err = await desk(*limits, "--order-percent", "0", "--total-percent", "50")
    assert (code, err.splitlines()) == (
        0,
        ["these limits of account main hold from now on", "one order: 0, so it sends no entry"],
    )
    wrong = ("--order-percent", "101", "--orders-per-minute", "1_0")
    code, out, err = await desk(*limits, *wrong, "--json")
    assert (code, out, err.splitlines()) == (
        2,
        "",
        [
            "polycopy: the limits are refused: --order-percent: must be from 0 to 100 percent",
            "polycopy: the limits are refused: --orders-per-minute: must be a whole number from 0 "
            "to 1000",
        ],
    )
    back = await desk.json(*limits, "--default", "--total-percent", "70")
    assert back["limits"] == asdict(AccountLimits(total_exposure_ppm_max=700_000))
    assert (await desk.json(*limits, "--default"))["limits"] == asdict(AccountLimits())
    code, _, err = await desk(*limits, "--reason", "none")
    assert (code, "--reason belongs to a change" in err) == (2, True)


async def test_a_no_is_told_to_programs_too(desk: Desk) -> None:
    for arguments, error in (
        (("order", "show", "0xnothing"), "no order has the id 0xnothing"),
        (("order", "cancel", "0xnothing"), "no order has the id 0xnothing"),
        (("why", "0xnothing"), "nothing has the id 0xnothing"),
        (("why", "0x1"), "'0x1' is too short"),
        (("order", "show", "0x1"), "'0x1' is too short"),
        (("order", "list", "--account", "nobody"), "there is no account nobody"),
        (("account", "show", "nobody"), "there is no account nobody"),
        (("account", "limits", "nobody"), "there is no account nobody"),
        (("halt", "--account", "nobody"), "there is no account nobody"),
        (("resume", "--account", "nobody"), "there is no account nobody"),
        (("strategy", "pause", "nobody"), "there is no strategy nobody"),
        (("strategy", "resume", "nobody"), "there is no strategy nobody"),
        (("target", "remove", "0x" + "ab" * 20), f"0x{'ab' * 20} is not followed"),
        (("order", "reconcile", ORDER.order_id, "--wait", "0.2"), "status-sync did not answer"),
    ):
        code, out, err = await desk(*arguments, "--json")
        told = json.loads(out)
        assert (code, told["error"].startswith(error)) == (1, True)
        assert err == f"{told['error']}: {told['hint']}\n"
    async with services(desk, verdict=CancelVerdict.MATCHED):
        code, out, _ = await desk("order", "cancel", OTHER.order_id, "--json")
    told = json.loads(out)
    assert (code, told["verdict"], told["cancelled"]) == (1, "matched", False)
    assert "too late" in told["error"]
    async with services(desk, held=True):
        over = ("order", "reconcile", ORDER.order_id, "--over", "--yes", "--json")
        code, out, _ = await desk(*over)
    told = json.loads(out)
    assert (code, told["over"], [one["verdict"] for one in told["findings"]]) == (
        1,
        False,
        ["present"],
    )
    assert "is not ended" in told["error"]


async def test_what_was_done_is_told_to_programs_too(desk: Desk) -> None:
    wallet = "0x" + "ab" * 20
    for news in (True, False):
        told = await desk.json("target", "add", wallet)
        known = {"wallet": wallet, "followed": True, "news": news}
        assert told == known | {"name": "", "why": ["added"]}
    told = await desk.json("target", "remove", wallet)
    gone = {"wallet": wallet, "followed": False, "news": True}
    assert told == gone | {"name": "", "why": []}
    for verb, paused in (("pause", True), ("resume", False)):
        told = await desk.json("strategy", verb, STRATEGY)
        assert told == {"strategy_id": STRATEGY, "paused": paused, "news": True}
