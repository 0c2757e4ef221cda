"""The reference of the scenario format says what the structs say."""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.paper_venue.core.scenarios.commands import BY_NAME
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.scenario import (
    SourceTable,
    Timing,
    VenueTable,
    WalletTable,
)

REFERENCE = Path(__file__).parents[3] / "services/paper-venue/SCENARIOS.md"


def shown(field: msgspec.structs.FieldInfo) -> str:
    """A default as the reference writes it."""
    match field.default:
        case None:
            return "–"
        case msgspec.NODEFAULT:
            return "required"
        case bool():
            return f"`{str(field.default).lower()}`"
        case str():
            return f'`"{field.default}"`'
        case tuple():
            return f"`{list(field.default)}`"
        case float():
            return f"`{field.default:g}`"
        case _:
            return f"`{field.default}`"


def rows(section: str) -> dict[str, list[str]]:
    """The table of a section of the reference: its other cells by its first."""
    text = REFERENCE.read_text().split(f"## `{section}`")[1].split("\n## ")[0]
    table = text.split("\n\n| ")[1].split("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    return {row[0].strip("`"): row[1:] for row in cells}


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("[venue]", VenueTable),
        ("[source]", SourceTable),
        ("[[market]]", MarketTable),
        ("[[wallet]]", WalletTable),
        ("[[fault]]", Fault),
        ("[[step]]", Timing),
    ],
)
def test_the_reference_has_every_key_with_its_default(
    section: str, kind: type[msgspec.Struct]
) -> None:
    fields = {field.name: shown(field) for field in msgspec.structs.fields(kind)}
    assert {key: cells[0] for key, cells in rows(section).items()} == fields


def test_the_reference_has_every_command_with_its_keys() -> None:
    text = REFERENCE.read_text().split("| `do` | keys | |\n| --- | --- | --- |\n")[1]
    written: dict[str, Mapping[str, bool]] = {}
    for line in text.split("\n\n")[0].splitlines():
        name, keys = line.split("|")[1:3]
        written[name.strip(" `")] = {
            key.strip("`*"): key.endswith("*") for key in keys.strip().split(", ")
        }
    assert written == {
        name: {field.name: field.required for field in msgspec.structs.fields(kind)}
        for name, kind in BY_NAME.items()
    }


def test_the_reference_has_every_kind_of_fault() -> None:
    text = REFERENCE.read_text().split("| `on` | `kind` |")[1].split("\n\n")[0]
    assert set(FaultKind) <= set(re.findall(r"`([a-z_]+)`", text))
