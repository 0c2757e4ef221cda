"""Folders for stacks, removed afterwards wherever their parts lie.

Making a database takes longer than starting it, so the tests of a module share one folder; each
leaves it stopped.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from polycopy.stack import remove_stack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("shared") / "stack"
    yield path
    asyncio.run(remove_stack(path))


@pytest.fixture
async def fresh_folder(tmp_path: Path) -> AsyncIterator[Path]:
    path = tmp_path / "another stack"
    yield path
    await remove_stack(path)
