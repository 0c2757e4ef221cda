"""The venue goes down and comes back: every connection breaks, and perhaps its memory with them."""

from collections.abc import Callable

from polycopy.paper_venue.core.scenarios.commands import Restart
from polycopy.paper_venue.ports import Outlet
from polycopy.paper_venue.service.agenda import VenueClock


class Restarts:
    """Who is connected, and whether anybody may be. `break_off` ends requests that wait,
    `forget` makes the venue what it was at its start."""

    def __init__(
        self, clock: VenueClock, *, break_off: Callable[[], None], forget: Callable[[], None]
    ) -> None:
        self._clock = clock
        self._break_off = break_off
        self._forget = forget
        self._outlets: dict[Outlet, str] = {}
        self._down_until_us = 0

    @property
    def down(self) -> bool:
        return self._clock.now_us() < self._down_until_us

    def came(self, outlet: Outlet, socket: str) -> bool:
        """False: nobody answers, the connection is to be broken. `socket`: its channel's name."""
        if self.down:
            return False
        self._outlets[outlet] = socket
        return True

    def gone(self, outlet: Outlet) -> None:
        self._outlets.pop(outlet, None)

    def disconnect(self, socket: str) -> None:
        """Close the connections of a channel; of all where none is named."""
        for outlet, name in list(self._outlets.items()):
            if socket in ("", name):
                outlet.close()
                del self._outlets[outlet]

    def restart(self, command: Restart) -> None:
        self._down_until_us = self._clock.now_us() + command.down_ms * 1000
        self._break_off()
        self.disconnect("")
        if not command.memory:
            self._forget()
