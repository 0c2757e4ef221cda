"""When a host is left alone. Pure: times are arguments."""

from polycopy.runtime.errors import Transient

_FAILURES_BORNE = 3
_REST_MS_MIN = 500
_REST_MS_MAX = 60_000
_DOUBLINGS_MAX = 10


class Resting(Transient):
    """The host is left alone for `after_s`. Nothing was asked, so nothing failed."""


class Rest:
    """A host that failed three times on end is left alone, longer each time; one that says for how
    long, at once. So an outage costs few requests, and is over for us a minute later at the most.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._until_ms = 0

    def left_ms(self, now_ms: int) -> int:
        """How much longer the host is left alone."""
        return max(self._until_ms - now_ms, 0)

    def failed(self, now_ms: int, *, asked_ms: int = 0) -> None:
        """`asked_ms`: how long the host wants to be left alone."""
        self._failures += 1
        rest_ms = asked_ms
        beyond = self._failures - _FAILURES_BORNE
        if not asked_ms and beyond >= 0:
            rest_ms = min(_REST_MS_MIN << min(beyond, _DOUBLINGS_MAX), _REST_MS_MAX)
        self._until_ms = max(self._until_ms, now_ms + rest_ms)

    def answered(self) -> bool:
        """Whether it had failed before."""
        was_away = self._failures > 0
        self._failures = 0
        return was_away

    @property
    def failures(self) -> int:
        return self._failures
