"""What comes from outside is pinned: by hash for `make` and containers, by version for `uv run`."""

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest

from tests.support.pin_files import (
    MEMBERS,
    PINS,
    ROOT,
    SERVICES,
    build_constraint,
    constraints,
    requirements,
)

FILES = sorted(PINS.glob("*"))
PIN = re.compile(r"([a-z0-9-]+)==([A-Za-z0-9.+!]+)( ; [a-z0-9_'<>=!.() -]+)?", re.IGNORECASE)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}")
PROJECTS = {
    project["project"]["name"]: project["project"]
    for member in MEMBERS
    for path in ROOT.glob(f"{member}/pyproject.toml")
    for project in [tomllib.loads(path.read_text())]
}
ANEW = "run `make pins`"


def plain(requirement: str) -> str:
    """The normalized name of what a requirement asks for."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(name: str) -> set[tuple[str, str]]:
    """Names and versions of a pin file."""
    found = [PIN.fullmatch(line) for line in requirements(name)]
    return {(match[1], match[2]) for match in found if match}


def declared(projects: Iterable[str]) -> set[str]:
    """Third-party names that these members and the members below them ask for."""
    names: set[str] = set()
    seen: set[str] = set()
    waiting = list(projects)
    while waiting:
        member = waiting.pop()
        if member in seen:
            continue
        seen.add(member)
        project: dict[str, Any] = PROJECTS[member]
        extras = project.get("optional-dependencies", {}).values()
        asked = {plain(one) for group in (project["dependencies"], *extras) for one in group}
        waiting += asked & set(PROJECTS)
        names |= asked - set(PROJECTS)
    return names


def test_there_is_a_file_for_every_service_and_no_other() -> None:
    assert {path.name for path in FILES} == {f"{name}.txt" for name in ("dev", "uv", *SERVICES)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_holds_versions_with_their_hashes_and_nothing_else(path: Path) -> None:
    joined = path.read_text().replace(" \\\n    --hash", "\n    --hash").splitlines()
    assert [line for line in joined if not PIN.fullmatch(line) and not HASH.fullmatch(line)] == []
    followers = zip(joined, [*joined[1:], ""], strict=True)
    assert [pin for pin, after in followers if PIN.fullmatch(pin) and not HASH.match(after)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_all_that_it_and_the_members_below_it_ask_for(service: str) -> None:
    names = {name for name, _ in pinned(service)}
    assert declared([f"polycopy-{service}"]) <= names, ANEW
    assert not names & set(PROJECTS)


def test_the_two_commands_have_all_that_anybody_asks_for() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"].values()
    asked = {plain(one) for group in groups for one in group if isinstance(one, str)}
    names = {name for name, _ in pinned("dev")}
    assert (asked - set(PROJECTS)) | declared(PROJECTS) <= names, ANEW


@pytest.mark.parametrize("name", ["uv", *SERVICES])
def test_a_version_is_the_same_in_every_file(name: str) -> None:
    assert pinned(name) <= pinned("dev"), ANEW


def test_uv_run_takes_the_pinned_versions() -> None:
    assert constraints() == requirements("dev"), ANEW
    assert build_constraint() in (ROOT / "pyproject.toml").read_text().splitlines(), ANEW


def test_these_tests_run_on_the_pinned_versions() -> None:
    names = {name for name, _ in pinned("dev")}
    installed = {(plain(found.name), found.version) for found in distributions()}
    assert {(name, version) for name, version in installed if name in names} <= pinned("dev")
