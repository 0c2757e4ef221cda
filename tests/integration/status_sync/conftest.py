"""A log of each kind and a paper venue, fresh for each test."""

from tests.support.executing_fixtures import keys, log, paper, venue, venues
from tests.support.nats_server import nats_account, nats_server

__all__ = ["keys", "log", "nats_account", "nats_server", "paper", "venue", "venues"]
