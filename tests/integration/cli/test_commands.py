"""The commands against a stack that runs: `polycopy up` at the paper venue in its own home."""

import asyncio
import json
import re
import stat
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from polycopy.cli.adapters.health import notes_of
from tests.support import polycopy_command as command

pytestmark = pytest.mark.timeout(300)
STRATEGY = """
name = "{name}"
account = "{account}"
venue = "{venue}"
capital = 500
trade_age_s_max = 3600
[sizing]
mode = "fixed"
notional = 5
"""
SOMEBODY = "0x" + "ab" * 20
_ALL = ("order", "list", "--all")


@dataclass
class Up:
    """A running stack, and a runner to run commands in its loop."""

    home: Path
    runner: asyncio.Runner
    leader: str

    @property
    def stack(self) -> Path:
        return self.home / "main"

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        return self.runner.run(command.run(*arguments, home=self.home))

    def json(self, *arguments: str) -> list[dict[str, object]]:
        code, out, err = self(*arguments, "--json")
        assert code == 0, err
        found: list[dict[str, object]] = json.loads(out)
        return found

    def strategy(self, name: str, venue: str) -> str:
        file = self.home / f"{name}.toml"
        account = "main" if venue == "polymarket" else name
        file.write_text(STRATEGY.format(name=name, venue=venue, account=account))
        return str(file)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("home")

    async def start(exits: AsyncExitStack) -> str:
        arguments = ("up", "--pace-ms", "50")
        running = await exits.enter_async_context(command.polycopy(*arguments, home=home))
        line = await running.says("follow one with")
        return line.split()[-1]

    with asyncio.Runner() as runner:
        exits = AsyncExitStack()
        leader = runner.run(start(exits))
        try:
            yield Up(home, runner, leader)
        finally:
            runner.run(exits.aclose())


def test_targets_are_followed_dropped_and_listed(up: Up) -> None:
    assert up("target", "add", SOMEBODY.upper().replace("0X", "0x"), "--label", "a friend")[0] == 0
    assert up("target", "add", SOMEBODY)[2].strip().endswith("is followed already")
    assert [(t["wallet"], t["label"]) for t in up.json("target", "list")] == [
        (SOMEBODY, "a friend")
    ]
    assert up("target", "remove", SOMEBODY)[0] == 0
    code, _, err = up("target", "remove", SOMEBODY)
    assert code == 1
    assert "is not followed" in err
    assert up.json("target", "list") == []


def test_a_strategy_is_created_once_and_a_bad_file_names_every_fault(up: Up) -> None:
    file = up.strategy("once", "paper")
    assert up("strategy", "create", file)[0] == 0
    code, _, err = up("strategy", "create", file)
    assert code == 1
    assert "choose another name" in err
    bad = up.home / "bad.toml"
    bad.write_text(Path(file).read_text().replace("500", "-1") + "\nprize = 1\n")
    code, _, err = up("strategy", "create", str(bad))
    assert code == 2
    assert "capital: must be more than 0" in err
    assert "prize: unknown key" in err
    assert len(err.splitlines()) == 2
    assert all(one.startswith("polycopy: the strategy is refused: ") for one in err.splitlines())
    names = [one["strategy"]["strategy_id"] for one in up.json("strategy", "list")]  # type: ignore[index]
    assert names == ["once"]


def test_an_order_is_listed_and_explained_from_leader_to_fill(up: Up) -> None:
    up("strategy", "create", up.strategy("real", "polymarket"))
    up("target", "add", up.leader)
    up.runner.run(command.seen_in_log(up.stack, "orders.main.filled", 1))
    up.runner.run(_projected(up))
    orders = [one for one in up.json("order", "list") if one["state"] == "filled"]
    assert orders
    order = orders[0]
    for wanted in (order["order_id"], order["venue_order_id"], order["leader_transaction_hash"]):
        code, out, err = up("why", str(wanted))
        assert code == 0, err
        for words in ("leader ", "strategy real: yes", "levels used", "placed", "filled"):
            assert words in out
    types = [event["type"] for event in up.json("why", str(order["order_id"]))]
    assert types[0] == "polycopy.trade.observed.v1"
    assert "polycopy.order.requested.v1" in types
    code, out, _ = up("order", "list", "--all")
    assert str(order["order_id"])[:10] in out
    assert up("why", str(order["order_id"])[:10])[0] == 0
    times = [int(str(one["requested_at_ms"])) for one in up.json("order", "list", "--all")]
    assert times == sorted(times, reverse=True)
    assert len(up.json("order", "list", "--limit", "1")) == 1
    its = (("--strategy", order["strategy_id"]), ("--account", order["account"]))
    for whose in (*its, ("--state", "FILLED,lost")):
        assert str(order["order_id"]) in [
            one["order_id"] for one in up.json(*_ALL, *map(str, whose))
        ]
    states = {str(one["state"]) for one in up.json(*_ALL, "--hide-refused")}
    assert "filled" in states
    assert "refused" not in states
    assert {one["state"] for one in up.json(*_ALL, "--state", "refused,filled")} <= {
        "refused",
        "filled",
    }
    assert up.json(*_ALL, "--state", "expired") == []
    code, _, err = up(*_ALL, "--state", "gone")
    assert (code, "'gone' is no state: requested, uncertain" in err) == (2, True)
    for option, there in (("strategy", "real"), ("account", "main")):
        code, out, err = up(*_ALL, f"--{option}", "nobody")
        assert (code, out, there in err) == (1, "", True)
        assert err.startswith(f"there is no {option} nobody: there are ")


def test_what_to_do_next_is_in_the_stack_that_was_named(up: Up) -> None:
    named = ("--stack", str(up.stack))
    for arguments, then in (
        (("target", "add", SOMEBODY), "polycopy order list"),
        (("target", "remove", "0x" + "ef" * 20), "polycopy target list"),
        (("strategy", "pause", "nobody"), "polycopy strategy list"),
        (("order", "show", "0xnothing"), "polycopy order list"),
        (("account", "show", "nobody"), "polycopy account list"),
    ):
        _, _, err = up(*arguments, *named)
        assert f"{then} --stack {up.stack}" in err
    up("target", "remove", SOMEBODY)


def test_a_strategy_gets_no_account_that_is_not_its_to_have(up: Up) -> None:
    for name, venue, account, words in (
        ("lonely", "polymarket", "nowhere", "no executor sends real orders for account nowhere"),
        ("mixed", "paper", "main", "account main is"),
    ):
        file = Path(up.strategy(name, venue))
        own = "main" if venue == "polymarket" else name
        file.write_text(file.read_text().replace(f'"{own}"\nvenue', f'"{account}"\nvenue'))
        code, _, err = up("strategy", "create", str(file))
        assert code == 2
        assert words in err
        assert len(err.splitlines()) == 1


def test_a_strategy_is_paused_and_resumed(up: Up) -> None:
    up("strategy", "create", up.strategy("breaks", "paper"))
    for verb, state in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        assert up("strategy", verb, "breaks")[0] == 0
        paused = {
            one["strategy"]["strategy_id"]: one["paused"]  # type: ignore[index]
            for one in up.json("strategy", "list")
        }
        assert paused["breaks"] is state
    code, _, err = up("strategy", "pause", "nobody")
    assert (code, err) == (1, "there is no strategy nobody: see polycopy strategy list\n")


async def _projected(up: Up) -> None:
    """Waits until the read model has a filled order."""
    async with asyncio.timeout(60):
        while True:
            _, out, _ = await command.run("order", "list", "--json", home=up.home)
            if any(one["state"] == "filled" for one in json.loads(out)):
                return


def test_why_of_something_unknown_is_a_no(up: Up) -> None:
    code, out, err = up("why", "0xnothing")
    assert (code, out) == (1, "")
    assert "nothing has the id" in err


def test_the_doctor_finds_nothing_and_then_a_key_that_others_can_read(up: Up) -> None:
    code, out, err = up("doctor")
    assert code == 0, out + err
    findings = {str(one["name"]): one["ok"] for one in up.json("doctor")}
    for name in ("log server", "streams", "log id", "database", "services", "keys", "clock"):
        assert findings[name] is True
    key = up.stack / "secrets/signing-key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    key.chmod(0o644)
    try:
        code, out, _ = up("doctor")
    finally:
        key.chmod(0o600)
    assert code == 1
    assert "chmod 600" in out


def test_a_running_stack_tells_where_its_executor_tells_of_its_circuit_breaker(up: Up) -> None:
    port = command.running(up.stack)["health_ports"]["executor"]
    assert up.runner.run(notes_of(port)) == {"breaker": "closed"}


def test_run_json_is_for_us_alone_and_passwords_are_shown_nowhere(up: Up) -> None:
    assert stat.S_IMODE((up.stack / "run.json").stat().st_mode) == 0o600
    password = re.search(r"//polycopy:([^@]+)@", command.running(up.stack)["servers"]["nats_url"])
    assert password is not None
    for arguments in (("doctor",), ("strategy", "list"), ("order", "list")):
        code, out, err = up(*arguments)
        assert code == 0
        assert password[1] not in out + err
    for log in (up.stack / "logs").iterdir():
        assert password[1] not in log.read_text(), log


def test_a_second_up_on_the_same_stack_is_refused(up: Up) -> None:
    code, _, err = up("up")
    assert code == 2
    assert "is used by another process" in err
    assert up.json("target", "list") is not None
