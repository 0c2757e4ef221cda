"""A scenario from a file or from the control port, and back into tables.

TOML and JSON are read into the same tables; all faults of a text are told at once, each with its
place.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from polycopy.paper_venue.core.faults.rules import Fault
from polycopy.paper_venue.core.scenarios import laws
from polycopy.paper_venue.core.scenarios.commands import BY_NAME, AnyCommand, named
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.scenario import (
    ClockKind,
    Scenario,
    SourceTable,
    Step,
    Timing,
    VenueTable,
    WalletTable,
)
from polycopy.paper_venue.core.scenarios.tables import Laws, Reader, closest


class ScenarioFault(ValueError):  # noqa: N818 - the word says it
    """The text is no scenario, or no command. One line with every fault, each with its place."""


def parse(text: str) -> Scenario:
    """The scenario in a TOML file. Raises ScenarioFault with every fault."""
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioFault(f"not TOML: {error}") from error
    return of_tables(tables)


def of_json(raw: bytes) -> Any:
    """A JSON document without a float in it. Raises ScenarioFault, also where a text has half a
    character (`\\ud83d`), which could not be written down again."""
    try:
        read = json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
        json.dumps(read, ensure_ascii=False, default=str).encode()
    except UnicodeEncodeError as error:
        raise ScenarioFault("not JSON: half a character in a text") from error
    except (ValueError, RecursionError) as error:
        raise ScenarioFault(f"not JSON: {error}") from error
    return read


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def of_tables(tables: dict[str, Any]) -> Scenario:
    """The scenario in tables as `tomllib` or a JSON reader makes them. Raises ScenarioFault."""
    reader = Reader(_LAWS)
    for key in tables:
        if key not in _KEYS:
            reader.fault(key, f"unknown table{closest(key, _KEYS)}")
    scenario = Scenario(
        venue=reader.table(VenueTable, tables.get("venue", {}), "venue") or VenueTable(),
        source=reader.table(SourceTable, tables.get("source", {}), "source") or SourceTable(),
        markets=tuple(reader.tables(MarketTable, tables.get("market", []), "market")),
        wallets=tuple(reader.tables(WalletTable, tables.get("wallet", []), "wallet")),
        faults=tuple(reader.tables(Fault, tables.get("fault", []), "fault")),
        steps=tuple(_steps(reader, tables.get("step", []))),
    )
    for words in _twice(scenario):
        reader.fault("", words)
    if reader.faults:
        raise ScenarioFault("; ".join(reader.faults))
    return scenario


def command(reader: Reader, raw: dict[str, Any], place: str) -> AnyCommand | None:
    """The command in a table. None where it has faults, which the reader keeps."""
    do = raw.get("do")
    kind = BY_NAME.get(do) if isinstance(do, str) else None
    if kind is None:
        words = (
            "missing" if do is None else f"there is no command {do!r}{closest(str(do), BY_NAME)}"
        )
        reader.fault(f"{place}: do" if place else "do", words)
        return None
    said = {key: value for key, value in raw.items() if key != "do"}
    return reader.table(kind, said, place)  # type: ignore[return-value]  # the kinds are AnyCommand


def commands(body: object) -> list[AnyCommand]:
    """One command or a list of them, as the control port reads JSON. Raises ScenarioFault."""
    reader = Reader(_LAWS)
    found = []
    raws = body if isinstance(body, list) else [body]
    for number, raw in enumerate(raws, start=1):
        place = f"command {number}" if isinstance(body, list) else ""
        if isinstance(raw, dict):
            found.append(command(reader, raw, place))
        else:
            reader.fault(place, "must be an object with a `do`")
    if reader.faults:
        raise ScenarioFault("; ".join(reader.faults))
    return [each for each in found if each is not None]


def tables_of(scenario: Scenario) -> dict[str, Any]:
    """The file's tables, defaults too; `None` is left out. `of_tables` makes the same of them."""
    steps = [{**_said(step.timing), **command_table(step.command)} for step in scenario.steps]
    return {
        "venue": _said(scenario.venue),
        "source": _said(scenario.source),
        "market": [_said(table) for table in scenario.markets],
        "wallet": [_said(table) for table in scenario.wallets],
        "fault": [_said(fault) for fault in scenario.faults],
        "step": steps,
    }


def command_table(command: AnyCommand) -> dict[str, Any]:
    """A command as it is written down."""
    return {"do": named(type(command)), **_said(command)}


def _steps(reader: Reader, raw: object) -> Iterator[Step]:
    for number, each in reader.numbered(raw, "step"):
        place = f"step {number}"
        if not isinstance(each, dict):
            reader.fault(place, "must be a table")
            continue
        when = {key: value for key, value in each.items() if key in _TIMING}
        what = {key: value for key, value in each.items() if key not in _TIMING}
        timing, made = reader.table(Timing, when, place), command(reader, what, place)
        if timing is not None and made is not None:
            yield Step(timing=timing, command=made)


def _of_timing(timing: Timing) -> Iterator[str]:
    ways = ("at_ms", "after_trades", "after_orders", "after_fills")
    if len([way for way in ways if getattr(timing, way) is not None]) > 1:
        yield f"one of {', '.join(ways)}"
    if timing.times and not timing.every_ms:
        yield "times: it needs every_ms"


def _of_venue(venue: VenueTable) -> Iterator[str]:
    if venue.failed + venue.retried > 1:
        yield "failed and retried: together at most 1"
    if venue.starts_at is not None and venue.starts_at.tzinfo is None:
        yield "starts_at: it needs its offset: 2026-12-01T18:00:00Z"
    if venue.starts_at is not None and venue.clock is ClockKind.REAL:
        yield 'starts_at: it needs clock = "manual"'


def _twice(scenario: Scenario) -> Iterator[str]:
    named = {
        "market": [table.slug for table in scenario.markets],
        "wallet": [table.address.lower() for table in scenario.wallets],
        "fault": [fault.name for fault in scenario.faults if fault.name],
    }
    for table, names in named.items():
        for name, count in Counter(names).items():
            if count > 1:
                yield f"{table}: {name} is there {count} times"


def _said(value: msgspec.Struct) -> dict[str, Any]:
    shown = _without_none(msgspec.to_builtins(value, builtin_types=(Decimal, datetime)))
    return {key: each for key, each in shown.items() if key != "do"}


def _without_none(shown: Any) -> Any:
    """TOML has no word for nothing; a key that is absent says it."""
    if isinstance(shown, dict):
        return {key: _without_none(each) for key, each in shown.items() if each is not None}
    return shown


_LAWS: Laws = {**laws.LAWS, Timing: _of_timing, VenueTable: _of_venue}
_KEYS = ("venue", "source", "market", "wallet", "fault", "step")
_TIMING = frozenset(Timing.__struct_fields__)
