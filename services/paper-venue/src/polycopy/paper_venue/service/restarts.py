"""The venue goes down and comes back: every connection breaks, and perhaps its memory with them."""

from collections.abc import Callable

from polycopy.paper_venue.core.commands import Restart
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
        self._outlets: dict[Outlet, None] = {}
        self._down_until_us = 0

    @property
    def down(self) -> bool:
        return self._clock.now_us() < self._down_until_us

    def came(self, outlet: Outlet) -> bool:
        """False: nobody answers, the connection is to be broken."""
        if self.down:
            return False
        self._outlets[outlet] = None
        return True

    def gone(self, outlet: Outlet) -> None:
        self._outlets.pop(outlet, None)

    def restart(self, command: Restart) -> None:
        self._down_until_us = self._clock.now_us() + command.down_ms * 1000
        self._break_off()
        for outlet in self._outlets:
            outlet.close()
        self._outlets.clear()
        if not command.memory:
            self._forget()
