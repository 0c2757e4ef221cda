"""Runs benchmarks: one here, several each in a process of its own.

What one leaves behind (a large heap, a warm cache, a log's settings) must not be measured by the
next.
"""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

import msgspec

from polycopy.runtime.logs import configure
from tests.bench.figures import Result, more_is_better

Measure = Callable[[], Result]
_FINE, _UNMEASURED, _WRONG_USAGE = 0, 1, 2
_LIMIT_S = 300.0
_TITLES = ("benchmark", "value", "target", "ok", "ratio to")


def main(arguments: Sequence[str], benches: Mapping[str, Measure]) -> int:
    """The exit code. Without a name, all of them."""
    unknown = [name for name in arguments if name not in benches]
    if unknown:
        _say(f"no benchmark is called {unknown[0]}; there are: {', '.join(benches)}")
        return _WRONG_USAGE
    if len(arguments) == 1:
        configure("bench", "error")
        _put(msgspec.json.encode(benches[arguments[0]]()).decode())
        return _FINE
    return _each(arguments or list(benches))


def table(results: Sequence[Result]) -> str:
    """For people."""
    rows = [_TITLES, *map(_row, results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _each(names: Sequence[str]) -> int:
    results = [found for name in names if (found := _alone(name)) is not None]
    sys.stderr.write(f"\n{table(results)}\n")
    return _FINE if len(results) == len(names) else _UNMEASURED


def _alone(name: str) -> Result | None:
    """One benchmark in a process of its own, whose last line is passed on; None: it failed."""
    command = [sys.executable, "-m", "tests.bench", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            told, _ = process.communicate(timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            _say(f"{name} was not measured: it took more than {_LIMIT_S:g} s")
            process.send_signal(signal.SIGINT)  # It stops its own servers then.
            return None
    if process.returncode:
        _say(f"{name} was not measured: it ended with {process.returncode}")
        return None
    line = told.splitlines()[-1]
    _put(line)
    return msgspec.json.decode(line, type=Result)


def _row(found: Result) -> tuple[str, ...]:
    limit = "≥" if more_is_better(found.unit) else "≤"
    return (
        found.name,
        f"{found.value:,g} {found.unit}",
        "–" if found.target is None else f"{limit} {found.target:,g}",
        "yes" if found.ok else "no",
        "–" if found.ratio_to is None else f"{found.ratio_to:g} × {found.also.get('baseline', '')}",
    )


def _put(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")
