"""A folder for a stack, removed afterwards wherever its parts lie."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from polycopy.stack import remove_stack


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "stack"
    yield path
    await remove_stack(path)


@pytest.fixture
async def other_folder(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "another stack"
    yield path
    await remove_stack(path)
