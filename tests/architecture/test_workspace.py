"""The repository keeps its shape."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEMBERS = [
    ROOT / "schemas",
    *sorted(path for path in (ROOT / "shared").iterdir() if path.is_dir()),
    *sorted(path for path in (ROOT / "services").iterdir() if path.is_dir()),
]
SERVICES = [member for member in MEMBERS if member.parent.name == "services"]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
SHAPE = "every service has the same shape"
LAYERS = {"__main__", "config", "service", "adapters", "ports", "core"}
"""Modules, or packages where one file would be too long."""
BESIDES = {"__init__.py", "py.typed", "__pycache__", "scenarios"}
"""The last holds files that come with the paper venue, and no code."""
# Written in parts, so that this file does not name what it forbids.
REGISTRY_HOSTS = "|".join(("py" + r"pi\.o" + "rg", "python" + "hosted", "registry" + r"\.npm"))
MACHINE_PATHS = "|".join(("/wo" + "rk/", "(^|[^a-z])/ro" + "ot/"))
LINES_MAX = 300
FUNCTION_LINES_MAX = 40


def name(member: Path) -> str:
    return member.name.replace("-", "_")


def tracked() -> list[Path]:
    """Files that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [ROOT / line for line in listed.splitlines() if (ROOT / line).is_file()]


PYTHON = [path for path in tracked() if path.suffix == ".py"]


def function_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("member", MEMBERS, ids=name)
def test_nobody_owns_the_namespace(member: Path) -> None:
    assert not (member / "src/polycopy/__init__.py").exists()


@pytest.mark.parametrize("member", MEMBERS, ids=name)
def test_every_member_is_typed_and_type_checked(member: Path) -> None:
    assert (member / "src/polycopy" / name(member) / "py.typed").exists()
    assert str((member / "src").relative_to(ROOT)) in CONFIG["mypy"]["mypy_path"]


def test_every_folder_says_what_it_is_for() -> None:
    """At the first two levels; what is made (schemas, records of decisions) by its parent."""
    below = [path.relative_to(ROOT).parts for path in tracked()]
    folders = {parts[:deep] for parts in below for deep in (1, 2) if len(parts) > deep}
    made = {(".ci",), ("deploy", "pins")} | {
        ("schemas", name) for name in ("json", "samples", "src")
    }
    silent = [
        folder
        for folder in sorted(folders - made)
        if not ROOT.joinpath(*folder, "README.md").is_file()
    ]
    assert silent == []


@pytest.mark.parametrize("service", SERVICES, ids=name)
def test_every_service_is_under_the_shape_contract(service: Path) -> None:
    [shape] = [c for c in CONFIG["importlinter"]["contracts"] if c["name"] == SHAPE]
    assert f"polycopy.{name(service)}" in shape["containers"]


@pytest.mark.parametrize("service", SERVICES, ids=name)
def test_a_service_holds_the_six_names_and_no_other(service: Path) -> None:
    found = {path.name for path in (service / "src/polycopy" / name(service)).iterdir()} - BESIDES
    layers = {path.removesuffix(".py") for path in found}
    assert layers <= LAYERS
    assert layers >= {"__main__", "config", "service"}


@pytest.mark.parametrize("service", SERVICES, ids=name)
def test_wiring_and_settings_stay_small(service: Path) -> None:
    package = service / "src/polycopy" / name(service)
    assert len((package / "__main__.py").read_text().splitlines()) <= 60
    assert len((package / "config.py").read_text().splitlines()) <= 80


def test_no_file_and_no_function_is_too_long() -> None:
    long = [str(path) for path in PYTHON if len(path.read_text().splitlines()) > LINES_MAX]
    for path in PYTHON:
        long += [
            f"{path}:{node.lineno} {node.name}"
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and function_lines(node) > FUNCTION_LINES_MAX
        ]
    assert not long


def test_no_module_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "helpers", "common", "manager", "misc"}
    assert not [path for path in PYTHON if path.stem in drawers]


def test_nothing_names_a_registry_or_a_path_of_one_machine() -> None:
    forbidden = re.compile(f"{REGISTRY_HOSTS}|{MACHINE_PATHS}")
    named = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        named += [f"{path}: {line}" for line in text.splitlines() if forbidden.search(line)]
    assert not named


def test_the_lock_file_is_not_kept() -> None:
    assert ROOT / "uv.lock" not in tracked()
