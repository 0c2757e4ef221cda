"""A log and a database of its own for each test."""

from tests.support.nats_server import nats_account, nats_server
from tests.support.postgres import database_url, postgres_url

__all__ = ["database_url", "nats_account", "nats_server", "postgres_url"]
