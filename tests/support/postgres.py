"""A Postgres for the whole run, a fresh database for each test.

`DATABASE_URL` names a running server instead; its user must be allowed to create databases.
"""

import asyncio
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from polycopy.stack import open_postgres, remove_stack

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server. Only make databases of your own in it."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    folder: Path = tmp_path_factory.mktemp("postgres")
    # The loop stands still between start and stop; the server needs no attention.
    with asyncio.Runner() as runner:
        server = open_postgres(folder)
        started = runner.run(server.__aenter__())
        try:
            yield started.url
        finally:
            runner.run(server.__aexit__(None, None, None))
            runner.run(remove_stack(folder))


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """An empty database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy'.encode())
        start, _ = postgres_url.rsplit("/", 1)
        try:
            yield f"{start}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
