"""Ports of loopback, chosen by us so that both servers can be told before they start."""

import socket
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def choose(names: Sequence[str], remembered: Mapping[str, int]) -> dict[str, int]:
    """A free port for each name: the remembered one unless somebody has it now.

    Free now is not free for ever: who listens must be ready to choose again.
    """
    with ExitStack() as held:
        return {name: _bind(held, remembered.get(name, 0)) for name in names}


def taken(ports: Mapping[str, int]) -> list[int]:
    """Those that somebody listens on."""
    return [port for port in ports.values() if not _free(port)]


def _bind(held: ExitStack, wanted: int) -> int:
    if wanted and _free(wanted):
        return wanted
    bound = held.enter_context(socket.socket())
    bound.bind((LOOPBACK, 0))
    chosen: int = bound.getsockname()[1]
    return chosen


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a connection of the last run in TIME_WAIT is in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True
