"""Scenario files: the ready ones that come with the package, and anybody's own.

Every fault is a Halt of one line.
"""

import os
import sys
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.scenarios.scenario_file import ScenarioFault, parse
from polycopy.paper_venue.core.scenarios.tables import closest
from polycopy.runtime.errors import Halt

_SUFFIX = ".toml"


class ReadyScenarios:
    """Implements the port `Ready`."""

    def ready(self) -> dict[str, str]:
        return ready()

    def named(self, name: str) -> Scenario:
        if name not in ready():
            raise Halt(f"there is no ready scenario {name!r}{closest(name, ready())}")
        return load(name)[0]


def ready() -> dict[str, str]:
    """The names of the ready scenarios, and the first line of each, which says what it is."""
    files = {_name(each): each for each in _folder().iterdir() if each.name.endswith(_SUFFIX)}
    return {name: _first_line(files[name]) for name in sorted(files)}


def tell() -> None:
    """For people: what `--scenario NAME` may be, on stdout."""
    try:
        sys.stdout.writelines(f"{name:16} {line}\n" for name, line in ready().items())
        sys.stdout.flush()
    except BrokenPipeError:  # `| head -1` has read enough; nor may the flush at the exit complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def load(name: str) -> tuple[Scenario, Path]:
    """A ready scenario by its name, or a file's; and the folder that its paths are relative to.
    Without a name the empty one. Halt with every fault."""
    if not name:
        return Scenario(), Path()
    text, folder = _text(name)
    try:
        return parse(text), folder
    except ScenarioFault as fault:
        raise Halt(f"SCENARIO {name} is refused: {fault}") from fault


def _text(name: str) -> tuple[str, Path]:
    path = Path(name)
    known = ready()
    if name in known:
        return (_folder() / f"{name}{_SUFFIX}").read_text(encoding="utf-8"), Path()
    try:
        return path.read_text(encoding="utf-8"), path.parent
    except FileNotFoundError:
        there = f"ready ones are {', '.join(known)}{closest(name, known)}"
        raise Halt(f"SCENARIO {name}: there is no such file; {there}") from None
    except OSError as error:
        raise Halt(f"SCENARIO {name} cannot be read ({error.strerror}): name a file") from error
    except UnicodeDecodeError as error:
        raise Halt(f"SCENARIO {name} is no text in UTF-8") from error


def _folder() -> Traversable:
    return resources.files("polycopy.paper_venue") / "scenarios"


def _name(file: Traversable) -> str:
    return file.name.removesuffix(_SUFFIX)


def _first_line(file: Traversable) -> str:
    return file.read_text(encoding="utf-8").partition("\n")[0].removeprefix("#").strip()
