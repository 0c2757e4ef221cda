"""A real NATS server, and the operator's desk on a log in it."""

from tests.support.desk import desk
from tests.support.nats_server import nats_account, nats_server

__all__ = ["desk", "nats_account", "nats_server"]
