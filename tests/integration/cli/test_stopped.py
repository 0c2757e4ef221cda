"""The commands against a stack that was stopped, and how it is."""

import asyncio
import json
import shutil
import signal
from pathlib import Path

import pytest

from tests.support import polycopy_command as command

pytestmark = pytest.mark.timeout(300)
SOMEBODY = "0x" + "ab" * 20


def test_ctrl_c_is_the_good_end_of_up(tmp_path: Path) -> None:
    async def scenario() -> tuple[int, str, str]:
        async with command.polycopy("up", home=tmp_path) as running:
            await running.says("stop with Ctrl-C")
            running.signal(signal.SIGINT)
            return await running.ends()

    code, _, err = asyncio.run(scenario())
    assert code == 0, err
    assert not (tmp_path / "main/run.json").exists()


async def test_a_stopped_stack_is_read_by_starting_its_servers_for_the_command(
    tmp_path: Path,
) -> None:
    async with command.polycopy("up", home=tmp_path) as running:
        await running.says("stop with Ctrl-C")
        await command.run("target", "add", SOMEBODY, home=tmp_path)
        running.signal(signal.SIGINT)
        await running.ends()
    elsewhere = tmp_path / "elsewhere"
    named = ("--stack", str(tmp_path / "main"))
    for home, arguments in ((tmp_path, ()), (elsewhere, named)):
        code, out, err = await command.run("target", "list", "--json", *arguments, home=home)
        assert code == 0, err
        assert [one["wallet"] for one in json.loads(out)] == [SOMEBODY]
        assert "is stopped; its servers run for this command" in err
    code, out, _ = await command.run("order", "list", "--json", home=tmp_path)
    assert (code, json.loads(out)) == (0, [])
    assert not (tmp_path / "main/run.json").exists()
    code, _, err = await command.run("halt", home=tmp_path)
    assert code == 0
    assert "trading is halted for all accounts: it holds from the next start of the stack" in err


async def test_a_stopped_stack_whose_rows_are_gone_has_no_list_of_orders(tmp_path: Path) -> None:
    """As one that was restored from its log."""
    async with command.polycopy("up", home=tmp_path) as running:
        await running.says("stop with Ctrl-C")
        running.signal(signal.SIGINT)
        await running.ends()
    restored = tmp_path / "restored"
    shutil.copytree(tmp_path / "main", restored, ignore=shutil.ignore_patterns("postgres"))
    named = ("--stack", str(restored))
    code, out, err = await command.run("order", "list", "--json", *named, home=tmp_path)
    told = json.loads(out)
    assert code == 1
    assert told["error"].endswith(" events of the log are not in these rows yet")
    assert told["hint"] == f"polycopy up --stack {restored} brings them in"
    assert f"{told['error']}: {told['hint']}" in err


async def test_a_demo_that_is_stopped_says_so(tmp_path: Path) -> None:
    async with command.polycopy("demo", home=tmp_path) as running:
        await running.says(command.RUNS)
        running.signal(signal.SIGINT)
        code, out, err = await running.ends()
    assert (code, out) == (1, "")
    assert "stopped before its end: nothing was checked" in err
