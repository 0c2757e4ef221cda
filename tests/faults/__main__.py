"""`python -m tests.faults LOOPS`: every fault test, then so many loops of kill -9 and their sum.

The last line on stdout is `loops=N orders=… fills=… lost=0 doubled=0 stuck=0 invariants=ok`, and
the exit code 1 where it says anything else. SEED in the environment runs the loop of that seed.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.logs import configure
from polycopy.stack import open_postgres, remove_stack
from tests.faults.harness.loops import run_loop
from tests.faults.harness.plans import plan
from tests.faults.harness.summary import Loop, failed, last_line, line_of
from tests.support.nursery import nursery
from tests.support.postgres import fresh_database

_FINE, _BROKEN, _WRONG_USAGE = 0, 1, 2
_LOOPS = 20
_FOLDER = Path(__file__).parent


def main(arguments: Sequence[str]) -> int:
    wanted = arguments[0] if arguments else str(_LOOPS)
    if len(arguments) > 1 or not wanted.isdecimal() or wanted == "0":
        _say("usage: python -m tests.faults [LOOPS], with SEED=… for the loop of one seed")
        return _WRONG_USAGE
    configure("faults", "error")
    seed = os.environ.get("SEED", "")
    tested = bool(seed) or _matrix()
    seeds = [seed] if seed else _new_seeds(int(wanted))
    loops = asyncio.run(_run(seeds))
    line, fine = last_line(loops, tested=tested)
    sys.stdout.write(f"{line}\n")
    return _FINE if fine else _BROKEN


def _matrix() -> bool:
    """Every test of this folder, the long ones too."""
    _say("the fault matrix, the reports, the defects and the negative controls")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
    every = ["-m", "long or not long", str(_FOLDER)]
    done = subprocess.run([*command, *every], stdout=sys.stderr, check=False)
    return done.returncode == 0


def _new_seeds(count: int) -> list[str]:
    """Seeds that nobody has seen; each is told with its loop."""
    now_ms = SystemClock().now_ms()
    return [f"{now_ms:x}-{number}" for number in range(1, count + 1)]


async def _run(seeds: Sequence[str]) -> list[Loop]:
    loops: list[Loop] = []
    async with nursery() as opened, _postgres() as postgres_url:
        for number, seed in enumerate(seeds, start=1):
            folder = Path(tempfile.mkdtemp(prefix="faults-"))
            _progress(f"loop {number} of {len(seeds)}, seed {seed}")
            try:
                with fresh_database(postgres_url) as url:
                    loop = await run_loop(opened, folder, plan(seed), database_url=url)
            except Exception as error:  # noqa: BLE001 - the others are still worth knowing
                loop = failed(seed, error)
            loops.append(loop)
            _say(f"loop {number} of {len(seeds)}: {line_of(loop)}")
            if loop.verdict.holds:
                shutil.rmtree(folder)
                continue
            for fault in loop.verdict.broken:
                _say(f"    {fault}")
            _say(f"    what there is lies in {folder}; again: make faults SEED={seed}")
    return loops


@asynccontextmanager
async def _postgres() -> AsyncIterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="faults-postgres-"))
    async with open_postgres(folder) as server:
        yield server.url
    await remove_stack(folder)


def _progress(line: str) -> None:
    """What goes on, on a terminal: the next line takes its place."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")
        sys.stderr.flush()


def _say(line: str) -> None:
    _progress("")
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
