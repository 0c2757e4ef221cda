"""Recordings of the real venue. They lie beside the repository and are never copied into it."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[2].parent / "shared/data"


def recording(name: str) -> bytes:
    """The bytes of a recording, unpacked; skips the test where it is absent."""
    path = _FOLDER / name
    if not path.exists():
        pytest.skip(f"no recording {name} beside the repository")
    content = path.read_bytes()
    return gzip.decompress(content) if path.suffix == ".gz" else content


def json_lines(name: str) -> list[Any]:
    """The documents of a recording with one a line."""
    return [json.loads(line) for line in recording(name).splitlines()]


def json_whole(name: str) -> Any:
    """A recording that is one document."""
    return json.loads(recording(name))
