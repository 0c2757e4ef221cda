"""A real NATS server."""

from tests.support.nats_server import nats_account, nats_server

__all__ = ["nats_account", "nats_server"]
