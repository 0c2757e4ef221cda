"""Raw frames in memory: a double for tests, held by the same suite as the real one."""

from collections.abc import AsyncGenerator, Sequence

from polycopy.runtime.log import Captured, session_name
from polycopy.runtime.metrics import CAPTURE_DROPPED
from polycopy.schemas.subjects import token


class MemoryCaptures:
    """Implements Captures."""

    def __init__(self) -> None:
        self.frames: list[Captured] = []

    def store(
        self,
        source: str,
        raw: bytes,
        *,
        session: str = "",
        received_at_ms: int = 0,
        reason: str = "",
    ) -> None:
        try:
            frame = Captured(
                sequence=len(self.frames) + 1,
                source=token(source),
                received_at_ms=received_at_ms,
                raw=raw,
                session=session_name(session),
                reason=reason,
            )
        except ValueError:
            CAPTURE_DROPPED.inc()
        else:
            self.frames.append(frame)

    async def span(self) -> tuple[int, int]:
        return 1, len(self.frames)

    async def read(
        self, sources: Sequence[str] = (), *, since_ms: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Captured], None]:
        found = [
            one
            for one in self.frames
            if one.received_at_ms >= since_ms and (not sources or one.source in sources)
        ]
        for first in range(0, len(found), size_max):
            yield found[first : first + size_max]
