"""The table of cases names tests that are there, every case, and every test of a case."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "tests/acceptance/README.md").read_text()
ROWS = [line.split("|")[1:-1] for line in TABLE.splitlines() if line.startswith("| ")]
CASES = {row[0].strip(): row for row in ROWS}
NAMED = re.findall(r"`([\w/]+\.py)::(\w+)`", TABLE)
OURS = [
    *sorted((ROOT / "tests/acceptance").glob("test_*.py")),
    *sorted((ROOT / "tests/faults").glob("test_defects_*.py")),
]


def names_in(path: Path) -> set[str]:
    """The tests of a file, as pytest would collect them."""
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    named = [node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions)]
    return {name for name in named if name.startswith("test_")}


def test_every_case_has_a_row() -> None:
    numbers = [3, 4, 5, *range(13, 17), *range(40, 45), *range(70, 79), *range(80, 88)]
    expected = {f"E{number:02}" for number in numbers}
    expected |= {f"L{number}" for number in range(1, 7)} | {f"D{number}" for number in range(1, 13)}
    assert expected <= set(CASES)


def test_every_row_names_a_test_or_says_why_there_is_none() -> None:
    silent = [
        case
        for case, row in CASES.items()
        if re.fullmatch(r"[ELD]\d+", case) and "::" not in row[2] and "not here" not in row[1]
    ]
    assert silent == []


def test_every_test_that_is_named_exists() -> None:
    assert NAMED
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not (ROOT / "tests" / path).is_file() or name not in names_in(ROOT / "tests" / path)
    ]
    assert missing == []


def test_every_test_of_a_case_is_named() -> None:
    named = {name for _, name in NAMED}
    assert [name for path in OURS for name in sorted(names_in(path)) if name not in named] == []
