"""The venue's time: a clock that can be moved, and what is due by it.

Everything that the venue does later (a settlement step, an expiry, the end of a taker delay) stands
in one agenda. So when a tester moves the clock by an hour, what falls due in that hour happens in
its order, each thing at its own time.
"""

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from polycopy.paper_venue.ports import Clock

Action = Callable[[], None]
_US_PER_S = 1_000_000
_TIMER_S_MAX = 3600.0
_RAISES_MAX = 1000


class VenueClock:
    """Microseconds since the epoch. Runs with `base`, moved ahead; or stands still (`start_us`) and
    moves by order only."""

    def __init__(self, base: Clock, *, start_us: int | None = None) -> None:
        self._base = base
        self._ahead_us = 0
        self._stands_at_us = start_us

    @property
    def stands(self) -> bool:
        return self._stands_at_us is not None

    def now_us(self) -> int:
        if self._stands_at_us is not None:
            return self._stands_at_us
        return self._base.now_us() + self._ahead_us

    def wall_us(self) -> int:
        """By the clock beneath it, which nobody moves."""
        return self._base.now_us()

    def move_to(self, at_us: int) -> None:
        """Never back."""
        if self._stands_at_us is not None:
            self._stands_at_us = max(at_us, self._stands_at_us)
        else:
            self._ahead_us = max(at_us - self._base.now_us(), self._ahead_us)


class Agenda:
    """Actions by the time they are due; equal times in the order in which they were entered. Lives
    inside one running event loop and sets one timer, for the earliest."""

    def __init__(self, clock: VenueClock) -> None:
        self._clock = clock
        self._entries: list[tuple[int, int, Action]] = []
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self._target_us: int | None = None
        self._raises = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def next_us(self) -> int | None:
        """When the earliest is due."""
        return self._entries[0][0] if self._entries else None

    @property
    def target_us(self) -> int | None:
        """Where the clock is on its way to, while it is moved."""
        return self._target_us

    def now_us(self) -> int:
        return self._clock.now_us()

    def at(self, due_us: int, action: Action) -> None:
        """Do it at that time; at the next turn of the loop where the time is over."""
        heapq.heappush(self._entries, (due_us, next(self._numbers), action))
        if self._entries[0][0] == due_us:
            self._set_timer()

    def after(self, delay_ms: int, action: Action) -> None:
        self.at(self._clock.now_us() + delay_ms * 1000, action)

    def advance(self, ms: int) -> None:
        """Move the clock ahead by so much, with everything that is due on the way.

        What is due may move it further; that makes the way longer. It is not heard any more when it
        has done so `_RAISES_MAX` times, for an action that moves the clock to its own next time
        would never end.
        """
        target_us = self._clock.now_us() + ms * 1000
        if self._target_us is not None:
            if target_us > self._target_us and self._raises < _RAISES_MAX:
                self._target_us = target_us
                self._raises += 1
            return
        self._target_us, self._raises = target_us, 0
        try:
            while self._entries and self._entries[0][0] <= self._target_us:
                self._clock.move_to(self._entries[0][0])
                self._next()
            self._clock.move_to(self._target_us)
        finally:
            self._target_us = None
            self._set_timer()

    def clear(self) -> None:
        self._entries.clear()
        self._set_timer()

    def _run_due(self) -> None:
        try:
            while self._entries and self._entries[0][0] <= self._clock.now_us():
                self._next()
        finally:  # One action that fails must not stop the venue's time.
            self._set_timer()

    def _next(self) -> None:
        _, _, action = heapq.heappop(self._entries)
        action()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._entries:
            return
        left_us = self._entries[0][0] - self._clock.now_us()
        if left_us <= 0 or not self._clock.stands:
            # Looks at the clock again when the timer is due: the two do not run alike.
            left_s = min(max(left_us, 0) / _US_PER_S, _TIMER_S_MAX)
            self._timer = asyncio.get_running_loop().call_later(left_s, self._run_due)
