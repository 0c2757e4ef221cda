"""Every mistake is one line that says what to do, and exit code 2. Nothing needs to run."""

import importlib.metadata
import os
from pathlib import Path

import pytest

from tests.support import polycopy_command as command


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Missing command"),
        (("bogus",), "No such command 'bogus'"),
        (("target",), "polycopy target --help"),
        (("target", "add"), "Missing argument 'WALLET|NAME'"),
        (("target", "add", "0xab"), "0xab is not a wallet: 0x and 40 hex digits, not 2"),
        (("target", "add", "0x" + "a" * 41), "0x and 40 hex digits, not 41"),
        (("target", "add", "!?"), "!? is neither a wallet (0x and 40 hex digits) nor a name"),
        (("target", "remove", ""), "'' is neither a wallet"),
        (("pool", "add", "a b"), "a b is no name of a pool"),
        (("pool", "add", "best", "--size", "1001"), "Invalid value for '--size'"),
        (("pool", "add", "best", "--period", "year"), "Invalid value for '--period'"),
        (("pool", "add", "best", "--category", ""), "'' is no category"),
        (("pool", "list"), ": start one with polycopy up"),
        (("feed", "list"), ": start one with polycopy up"),
        (("capture", "export", "day.txt"), "day.txt is no name for a recording"),
        (("capture", "export", "no/folder/day.jsonl"), "name a file in a folder that is there"),
        (("capture", "export", "day.jsonl", "--since", "noon"), "--since: 'noon' is no time: 2h"),
        (("capture", "export", "day.jsonl", "--source", "a b"), "a b is no source"),
        (("capture", "export", "day.jsonl"), ": start one with polycopy up"),
        (("target", "list"), ": start one with polycopy up"),
        (("order", "list", "--json"), ": start one with polycopy up"),
        (("why", "0x1"), ": start one with polycopy up"),
        (("account", "list"), ": start one with polycopy up"),
        (("account", "show", "a.b"), "a name has letters, digits, - and _"),
        (("halt",), ": start one with polycopy up"),
        (("halt", "--account", ""), "name an account"),
        (("halt", "--operator", ""), "name an operator"),
        (("resume", "--account", "a b"), "a name has letters, digits, - and _"),
        (("order", "cancel", "0x12"), "nobody would answer: start it with polycopy up"),
        (("order", "reconcile", "0x12"), "nobody would answer: start it with polycopy up"),
        (("order", "reconcile", "0x12", "--yes"), "--reason and --yes belong to --over"),
        (("order", "cancel", "0x12", "--wait", "nan"), "Invalid value for '--wait'"),
        (("order", "list", "--limit", "9" * 23), "Invalid value for '--limit'"),
        (("strategy", "create", "missing.toml"), "cannot read missing.toml"),
        (("demo", "--trades", "0"), "--trades"),
        (("demo", "--recording", "missing.json", "--trades", "1"), "missing.json"),
        (("demo", "--recording", "", "--trades", "1"), "name a recording"),
        (("up", "--recording", ""), "name a recording"),
        (("venue", "--recording="), "name a recording"),
        (("demo", "--trades", "1000001"), "--trades"),
        (("up", "--trades", "1000001"), "--trades"),
        (("venue", "--trades", "1000001"), "--trades"),
        (("demo", "--stack", ""), "name a folder"),
        (("target", "list", "--stack", ""), "name a folder"),
        (("up", "--venue", "moon"), "--venue is paper or polymarket"),
        (
            ("up", "--venue", "polymarket", "--scenario", "rough-day", "--seed", "2"),
            "--scenario, --seed: only the paper venue knows that",
        ),
    ],
)
async def test_a_mistake_is_told_in_one_line(
    arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    code, out, err = await command.run(*arguments, home=tmp_path)
    assert code == 2
    assert out == ""
    assert words in err
    assert "Traceback" not in err
    last = err.strip().splitlines()[-1]
    assert last.startswith("polycopy: ")


@pytest.mark.parametrize("command_name", ["demo", "up"])
@pytest.mark.parametrize("place", ["file", "file/below", "/proc/x", "x" * 300])
async def test_a_place_that_cannot_be_a_stack_is_told_in_one_line(
    command_name: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    stack = tmp_path / place
    code, out, err = await command.run(command_name, "--stack", str(stack), home=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"polycopy: {stack} cannot be a folder of ours (")
    assert len(err.splitlines()) == 1
    assert err.endswith(": choose another with --stack\n")


@pytest.mark.parametrize("command_name", ["demo", "up"])
async def test_a_home_that_cannot_be_made_is_told_in_one_line(
    command_name: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    code, _, err = await command.run(command_name, home=tmp_path / "file/below")
    assert code == 2
    assert "set POLYCOPY_HOME to another" in err
    assert len(err.splitlines()) == 1


async def test_one_server_without_the_other_is_refused(tmp_path: Path) -> None:
    code, _, err = await command.run("target", "list", home=tmp_path, NATS_URL="nats://127.0.0.1:1")
    assert (code, err) == (
        2,
        "polycopy: NATS_URL is set and DATABASE_URL is not: set both or neither\n",
    )


async def test_every_fault_of_every_service_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("no key")
    wrong = {
        "LIVE_ACCOUNT": "mine",
        "KEY_FILE": str(tmp_path / "key"),
        "API_FILE": str(tmp_path / "api"),
        "TICK_S": "0",
    }
    settings = {f"POLYCOPY_EXECUTOR_{name}": value for name, value in wrong.items()}
    settings |= {"POLYCOPY_STATUS_SYNC_POLL_S": "x", "POLYCOPY_EXECUTR_TICK_S": "1"}
    code, _, err = await command.run("up", "--venue", "polymarket", home=tmp_path, **settings)
    told = [line.partition("polycopy: ")[2].partition(": ")[0] for line in err.splitlines()[1:]]
    assert (code, told) == (
        2,
        [
            "POLYCOPY_EXECUTR_TICK_S",
            "POLYCOPY_EXECUTOR_KEY_FILE",
            "POLYCOPY_EXECUTOR_TICK_S",
            "POLYCOPY_STATUS_SYNC_POLL_S",
        ],
    )
    assert list((tmp_path / "main").iterdir()) == []


async def test_servers_that_are_away_are_named_without_their_password(tmp_path: Path) -> None:
    servers = {
        "NATS_URL": "nats://u:hidden@127.0.0.1:9",
        "DATABASE_URL": "postgresql://u:hidden@127.0.0.1:9/x",
    }
    for arguments in (("target", "list"), ("order", "list")):
        code, _, err = await command.run(*arguments, home=tmp_path, **servers)
        assert code == 2
        assert len(err.splitlines()) == 1
        assert "hidden" not in err


async def test_the_doctor_looks_at_the_machine_where_nothing_runs(tmp_path: Path) -> None:
    code, out, _ = await command.run("doctor", home=tmp_path)
    assert code == 0
    assert "no stack is running" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("target", "list"), 2), (("order", "cancel", "0x12"), 2), (("doctor",), 0)],
)
async def test_who_comes_while_the_stack_starts_is_told_so(
    arguments: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    (tmp_path / "main").mkdir()
    (tmp_path / "main/starting.pid").write_text(str(os.getpid()))
    ended, out, err = await command.run(*arguments, home=tmp_path)
    assert ended == code
    assert "the stack is still starting: try again in a few seconds" in out + err


async def test_the_version_is_an_answer(tmp_path: Path) -> None:
    code, out, _ = await command.run("--version", home=tmp_path)
    assert (code, out) == (0, f"polycopy {importlib.metadata.version('polycopy-cli')}\n")


async def test_help_is_an_answer(tmp_path: Path) -> None:
    code, out, _ = await command.run("--help", home=tmp_path)
    assert code == 0
    for name in (
        "demo",
        "up",
        "venue",
        "target",
        "pool",
        "feed",
        "capture",
        "strategy",
        "order",
        "account",
        "why",
        "halt",
        "resume",
        "doctor",
    ):
        assert name in out
