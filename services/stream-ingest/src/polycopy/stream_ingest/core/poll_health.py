"""Whether the Data API answers, in which version it is asked, and how long it is left alone.

A single failure may be of one wallet and costs the others nothing; from the second in a row on
nobody asks for 1, 2, 4 … seconds. `Retry-After` is heeded at once, and never for longer than
`PAUSE_MS_MAX`. After `SWITCH_AFTER` bad answers in a row the other version is tried: version 1 for
`FIRST_FOR_MS`, then the second again. Times are milliseconds of a clock that never steps back.
"""

from polycopy.polymarket.activity_query import Version

PAUSE_MS_MIN = 1_000
PAUSE_MS_MAX = 60_000
FAILED_PAUSE_MS_MAX = 10_000
"""Longer nobody waits who was not told to: what is heard a minute late is not copied."""
SWITCH_AFTER = 3
FIRST_FOR_MS = 5 * 60_000


class ApiHealth:
    """`watchdog_ms`: how long answers may fail before the source counts as silent."""

    def __init__(self, watchdog_ms: int) -> None:
        self._watchdog_ms = watchdog_ms
        self._version = Version.V2
        self._first_until_ms = 0
        self._in_row = 0
        self._of_version = 0
        self._counted_ms = 0
        self._closed_until_ms = 0
        self._failing_since_ms = 0
        self.is_delivering = False
        """A good answer came, and no silence since."""
        self.reason = ""
        """Of the last failure."""

    @property
    def failed_in_row(self) -> int:
        """Failures since the last good answer; those of requests side by side are one."""
        return self._in_row

    def version(self, now_ms: int) -> Version:
        """In which to begin a walk."""
        if self._version is Version.V1 and now_ms >= self._first_until_ms:
            self._turn(Version.V2, now_ms)
        return self._version

    def wait_ms(self, now_ms: int) -> int:
        """How long nobody may ask; 0: now."""
        return max(self._closed_until_ms - now_ms, 0)

    def good(self) -> None:
        """A good answer came."""
        self._in_row = 0
        self.is_delivering = True

    def walked(self, of: Version) -> None:
        """A walk came to its end. One good page says nothing for a version whose cursors fail."""
        if of is self._version:
            self._of_version = 0

    def bad(
        self,
        reason: str,
        *,
        asked_ms: int,
        now_ms: int,
        of: Version | None = None,
        retry_after_s: int = 0,
    ) -> None:
        """An answer failed, or none came. `of`: the version whose fault it may be; None for what
        says nothing about a version: no connection, too many requests."""
        self.reason = reason
        pause_ms = retry_after_s * 1000
        if asked_ms >= self._counted_ms or not self._in_row:
            pause_ms = max(self._count(of, now_ms), pause_ms)
        closed_until_ms = now_ms + min(pause_ms, PAUSE_MS_MAX)
        self._closed_until_ms = max(self._closed_until_ms, closed_until_ms)

    def _count(self, of: Version | None, now_ms: int) -> int:
        """Failures of requests that were on their way together count as one. The pause after."""
        if not self._in_row:
            self._failing_since_ms = now_ms
        self._in_row += 1
        self._counted_ms = now_ms
        if of is self._version:
            self._of_version += 1
        if self._of_version >= SWITCH_AFTER:
            self._turn(Version.V1 if self._version is Version.V2 else Version.V2, now_ms)
        if self._in_row == 1:
            return 0
        return int(min(PAUSE_MS_MIN << min(self._in_row - 2, 6), FAILED_PAUSE_MS_MAX))

    def _turn(self, version: Version, now_ms: int) -> None:
        self._version = version
        self._of_version = 0
        self._first_until_ms = now_ms + FIRST_FOR_MS

    def fell_silent(self, now_ms: int) -> bool:
        """Whether the source, which had delivered, counts as silent from now on. Says so once."""
        since_ms = now_ms - self._failing_since_ms
        if not (self.is_delivering and self._in_row and since_ms >= self._watchdog_ms):
            return False
        self.is_delivering = False
        return True
