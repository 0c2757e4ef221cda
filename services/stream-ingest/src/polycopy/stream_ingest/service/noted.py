"""Until when each source was surely heard, noted beside the log every ten seconds.

For a process that was killed: without the note its gap would begin at the last word about the
source in the log, minutes ago. It is a cache; where it is lost the gap is told longer.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Permanent, Transient
from polycopy.runtime.log import Snapshots
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import LogId

EVERY_S = 10.0
UNSURE_MS = 60_000
"""A source that fell silent is noticed within that time."""
_NAME = "stream-ingest-heard"
_logger = get_logger("stream-ingest")


class NotedLog(Protocol):
    """The parts of `polycopy.runtime.log` that are used here."""

    @property
    def log_id(self) -> LogId: ...

    @property
    def snapshots(self) -> Snapshots: ...


class _Note(msgspec.Struct, frozen=True):
    log_id: LogId
    heard_ms: dict[str, int]


class Noted:
    """`hearing` names the sources that deliver now."""

    def __init__(
        self, log: NotedLog, hearing: Callable[[], Mapping[str, bool]], *, clock: Clock
    ) -> None:
        self._log = log
        self._hearing = hearing
        self._clock = clock
        self._heard_ms: dict[str, int] = {}

    async def read(self) -> Mapping[str, int]:
        """By source, in ms; nothing where there is no note of this log."""
        try:
            raw = await self._log.snapshots.get(_NAME)
            note = msgspec.json.decode(raw or b"", type=_Note)
        except (Transient, msgspec.MsgspecError):
            return {}
        self._heard_ms = note.heard_ms if note.log_id == self._log.log_id else {}
        return self._heard_ms

    async def run(self) -> None:
        """Without end."""
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Where that fails the older note stays."""
        surely_ms = self._clock.now_ms() - UNSURE_MS
        for source, hears in self._hearing().items():
            if hears:
                self._heard_ms[source] = max(surely_ms, self._heard_ms.get(source, 0))
        note = _Note(self._log.log_id, self._heard_ms)
        try:
            await self._log.snapshots.put(_NAME, [msgspec.json.encode(note)])
        except (Transient, Permanent) as error:
            _logger.warning("not noted", why=str(error))
