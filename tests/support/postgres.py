"""A Postgres for the whole run, a fresh database for each test.

`DATABASE_URL` names a running server instead; its user must be allowed to create databases.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from anyio.from_thread import start_blocking_portal

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
    # In a loop of its own: whichever test comes first may be in the middle of another one.
    with start_blocking_portal() as portal:
        with portal.wrap_async_context_manager(open_postgres(folder)) as server:
            yield server.url
        portal.call(remove_stack, folder)


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    with fresh_database(postgres_url) as url:
        yield url


@contextmanager
def fresh_database(postgres_url: str) -> Iterator[str]:
    """An empty database, dropped at the end."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" STRATEGY file_copy'.encode())
        start, _ = postgres_url.rsplit("/", 1)
        try:
            yield f"{start}/{name}"
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())
