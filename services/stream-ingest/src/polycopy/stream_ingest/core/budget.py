"""How many requests may leave, whoever wants to send them."""

from collections import deque

SPAN_MS = 1_000


class Budget:
    """At most `per_second` requests in any second, in one go or spread. Times are milliseconds of
    a clock that never steps back. A decision costs O(1)."""

    def __init__(self, per_second: int) -> None:
        if per_second < 1:
            raise ValueError("less than one request a second")
        self._sent_ms: deque[int] = deque(maxlen=per_second)
        self._most = per_second

    def wait_ms(self, now_ms: int) -> int:
        """How long until one may leave; 0: now. A clock of milliseconds is late by up to one, so
        a full span has to lie between its readings, and one more."""
        if len(self._sent_ms) < self._most:
            return 0
        return max(self._sent_ms[0] + SPAN_MS + 1 - now_ms, 0)

    def take(self, now_ms: int) -> None:
        """One leaves; only where `wait_ms` says 0."""
        assert not self.wait_ms(now_ms)  # noqa: S101 - the caller has waited
        self._sent_ms.append(now_ms)
