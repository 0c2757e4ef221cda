"""The venue's user socket: kept open, watched, and opened again."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.user_channel import PING, PING_EVERY_S, feed, subscribe_message
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.status_sync.core.reconcile import Report

_OPEN_S_MAX = 10.0
_FRAME_BYTES_MAX = 4 * 1024 * 1024
_BACK_OFF_S_MAX = 10.0
_logger = get_logger("status-sync")


class UserSocket:
    """`listen` never ends by itself. `connected` tells whether it hears the venue now."""

    def __init__(
        self,
        url: str,
        credentials: ApiCredentials,
        *,
        clock: Clock,
        chance: random.Random,
        ping_every_s: float = PING_EVERY_S,
        silence_s_max: float = 3 * PING_EVERY_S,
    ) -> None:
        """Each PING is answered, so that a silent connection is a dead one."""
        self._url = url
        self._credentials = credentials
        self._clock = clock
        self._chance = chance
        self._ping_every_s = ping_every_s
        self._silence_s_max = silence_s_max
        self.connected = False

    async def listen(self) -> AsyncIterator[Sequence[Report] | None]:
        failures = 0
        while True:
            try:
                async with connect(
                    self._url,
                    open_timeout=_OPEN_S_MAX,
                    max_size=_FRAME_BYTES_MAX,
                    ping_interval=None,
                ) as socket:
                    await socket.send(subscribe_message(self._credentials))
                    self.connected, failures = True, 0
                    yield None
                    async for reports in self._reports(socket):
                        yield reports
            except (OSError, WebSocketException) as error:
                _logger.warning("user socket lost", why=repr(error))
            finally:
                self.connected = False
            failures += 1
            longest = min(_BACK_OFF_S_MAX, 0.1 * 2**failures)
            await asyncio.sleep(self._chance.uniform(0, longest))

    async def _reports(self, socket: ClientConnection) -> AsyncIterator[Sequence[Report]]:
        """Until the connection ends, or is silent for too long (TimeoutError)."""
        heard_s = pinged_s = self._clock.monotonic_s()
        while True:
            now_s = self._clock.monotonic_s()
            if now_s - heard_s > self._silence_s_max:
                raise TimeoutError("silent")
            if now_s - pinged_s >= self._ping_every_s:
                await socket.send(PING)
                pinged_s = now_s
            try:
                async with asyncio.timeout(max(0.0, pinged_s + self._ping_every_s - now_s)):
                    frame = await socket.recv()
            except TimeoutError:
                continue
            heard_s = self._clock.monotonic_s()
            if reports := self._readable(frame):
                yield reports

    def _readable(self, frame: str | bytes) -> list[Report]:
        reports: list[Report] = []
        for message in feed(frame):
            if isinstance(message, Unreadable):
                _logger.error("unreadable message", reason=message.reason, raw=repr(message.raw))
            else:
                reports.append(message)
        return reports
