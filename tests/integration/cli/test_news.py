"""What needs a hand is told where the stack runs, as it comes and at the next start."""

import signal
from pathlib import Path

import pytest

from tests.support import polycopy_command as command

pytestmark = pytest.mark.timeout(180)


async def test_a_switch_is_told_in_the_foreground_and_again_at_the_next_start(
    tmp_path: Path,
) -> None:
    for words in ("by ann: too wild", "too wild (polycopy resume ends it)"):
        async with command.polycopy("up", home=tmp_path) as running:
            await running.says("stop with Ctrl-C")
            halt = ("halt", "--operator", "ann", "--reason", "too wild")
            code, _, err = await command.run(*halt, home=tmp_path)
            assert code == 0, err
            line = await running.says("trading is halted for all accounts")
            assert line.strip().endswith(words)
            running.signal(signal.SIGINT)
            assert (await running.ends())[0] == 0
