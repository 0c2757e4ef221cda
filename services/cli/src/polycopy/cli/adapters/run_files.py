"""`run.json` in the folder of a running stack, and `starting.pid` until it is there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from polycopy.cli.core.runs import Run

_NAME = "run.json"
_STARTING = "starting.pid"


class RunFiles:
    """`home` holds the stacks that were not put elsewhere."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def write(self, run: Run) -> None:
        """All or nothing, readable by us alone: the URLs hold passwords."""
        path = Path(run.stack) / _NAME
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(msgspec.json.encode(run))
        draft.replace(path)

    def remove(self, stack: str) -> None:
        (Path(stack) / _NAME).unlink(missing_ok=True)

    @contextmanager
    def starting(self, stack: Path) -> Iterator[None]:
        """Tell other commands, as long as the block lasts and until there is a run, that the
        stack's servers are being started."""
        mark = stack / _STARTING
        if self.is_starting(stack) or self.find(stack) is not None:
            yield  # Another process has it, and we shall not get far.
            return
        mark.write_text(str(os.getpid()))
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)

    def is_starting(self, stack: Path) -> bool:
        try:
            starter = int((stack / _STARTING).read_text())
        except (OSError, ValueError):
            return False
        return is_alive(starter) and self.find(stack) is None

    def find(self, stack: Path | None) -> Run | None:
        """The run of that stack, or the newest one; None where none runs."""
        places = [stack / _NAME] if stack else list(self._home.glob(f"*/{_NAME}"))
        runs = [run for run in map(_read, places) if run is not None and is_alive(run.pid)]
        return max(runs, key=lambda run: run.started_at_ms, default=None)


def _read(path: Path) -> Run | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except (OSError, msgspec.MsgspecError):
        return None


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
