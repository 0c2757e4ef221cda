"""Servers for the tests of the runtime."""

from tests.support.nats_server import nats_account, nats_server, own_nats_server

__all__ = ["nats_account", "nats_server", "own_nats_server"]
