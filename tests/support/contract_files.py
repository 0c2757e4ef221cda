"""Where the contract's files lie, and what they must hold.

`make contract` writes what is missing: JSON Schemas, `asyncapi.yaml` and `reasons.md` are always
made anew, an approved sample is never written over. A changed sample is a changed contract.
"""

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from polycopy.schemas.catalog import EVENT_TYPES
from polycopy.schemas.event import encode
from tests.support.asyncapi import asyncapi_text
from tests.support.event_makers import make
from tests.support.reason_codes import reasons_text

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "schemas/samples"
JSON_SCHEMAS = ROOT / "schemas/json"
ASYNCAPI = ROOT / "schemas/asyncapi.yaml"
REASONS = ROOT / "schemas/reasons.md"


def sample_path(event_type: str, *, full: bool) -> Path:
    return SAMPLES / f"{event_type}.{'full' if full else 'minimal'}.json"


def schema_path(event_type: str) -> Path:
    return JSON_SCHEMAS / f"{event_type}.json"


def schema_text(event_type: str) -> str:
    """The JSON Schema of an event's body, as it is kept in the repository."""
    schema: dict[str, Any] = _cleaned(msgspec.json.schema(EVENT_TYPES[event_type]))
    schema["$id"] = event_type
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


def _cleaned(schema: Any) -> Any:
    """Docstrings without their indentation, which Python keeps up to 3.12 only."""
    if isinstance(schema, dict):
        return {
            name: cleandoc(part)
            if name == "description" and isinstance(part, str)
            else _cleaned(part)
            for name, part in schema.items()
        }
    return [_cleaned(part) for part in schema] if isinstance(schema, list) else schema


def write_missing() -> None:
    ASYNCAPI.write_text(asyncapi_text())
    REASONS.write_text(reasons_text())
    for event_type, kind in EVENT_TYPES.items():
        schema_path(event_type).write_text(schema_text(event_type))
        for full in (True, False):
            path = sample_path(event_type, full=full)
            if not path.exists():
                path.write_bytes(encode(make(kind, full=full)) + b"\n")


if __name__ == "__main__":
    write_missing()
