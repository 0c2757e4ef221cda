"""The venue's user socket: kept open, watched, and opened again."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.user_channel import PING, PING_EVERY_S, feed, subscribe_message
from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.logs import get_logger
from polycopy.status_sync.core.hearing import Connected, Lost
from polycopy.status_sync.core.reconcile import Report

FRAMELESS_S_MAX = 3.0 * PING_EVERY_S
"""Each PING is answered, so that a connection without a frame is a dead one."""
_OPEN_S_MAX = 10.0
_FRAME_BYTES_MAX = 4 * 1024 * 1024
_BACK_OFF_S_MAX = 10.0
_PONGS = ("PONG", b"PONG")
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
        frameless_s_max: float = FRAMELESS_S_MAX,
    ) -> None:
        self._url = url
        self._credentials = credentials
        self._clock = clock
        self._chance = chance
        self._ping_every_s = ping_every_s
        self._frameless_s_max = frameless_s_max
        self._socket: ClientConnection | None = None
        self._given_up = ""
        self.connected = False

    async def listen(self) -> AsyncGenerator[Connected | Lost | Sequence[Report], None]:
        """Connected is said with the first frame: a subscription that the venue does not take is
        closed without one."""
        failures = 0
        while True:
            began_s = self._clock.monotonic_s()
            why, lived = "closed", False
            try:
                async with aclosing(self._connection()) as told:
                    async for heard in told:
                        lived = True
                        yield heard
            except (OSError, WebSocketException) as error:
                why = self._given_up or str(error) or repr(error)
            finally:
                self.connected, self._socket, self._given_up = False, None, ""
            _logger.warning("user socket lost", why=why)
            if lived:
                yield Lost(reason=why)
            lasted = self._clock.monotonic_s() - began_s >= self._ping_every_s
            failures = 0 if lived and lasted else failures + 1
            longest = min(_BACK_OFF_S_MAX, 0.1 * 2**failures)
            await asyncio.sleep(self._chance.uniform(0, longest))

    def reconnect(self, why: str) -> None:
        if self._socket is not None:
            self._given_up = why
            self._socket.transport.abort()

    async def _connection(self) -> AsyncGenerator[Connected | Sequence[Report], None]:
        """One connection, until it ends. Raises OSError or WebSocketException."""
        async with connect(
            self._url,
            open_timeout=_OPEN_S_MAX,
            max_size=_FRAME_BYTES_MAX,
            ping_interval=None,
        ) as socket:
            self._socket = socket
            await socket.send(subscribe_message(self._credentials))
            async for frame in self._frames(socket):
                if not self.connected:
                    self.connected = True
                    yield Connected()
                if frame.strip() and frame not in _PONGS:
                    yield self._readable(frame)

    async def _frames(self, socket: ClientConnection) -> AsyncIterator[str | bytes]:
        """Until the connection ends, or brings no frame for too long (TimeoutError)."""
        heard_s = self._clock.monotonic_s()
        pinged_s = heard_s - self._ping_every_s
        while True:
            now_s = self._clock.monotonic_s()
            if now_s - heard_s > self._frameless_s_max:
                raise TimeoutError(f"no frame for {now_s - heard_s:.0f} s")
            if now_s - pinged_s >= self._ping_every_s:
                await socket.send(PING)
                pinged_s = now_s
            try:
                async with asyncio.timeout(max(0.0, pinged_s + self._ping_every_s - now_s)):
                    frame = await socket.recv()
            except TimeoutError:
                continue
            heard_s = self._clock.monotonic_s()
            yield frame

    def _readable(self, frame: str | bytes) -> list[Report]:
        reports: list[Report] = []
        for message in feed(frame):
            if isinstance(message, Unreadable):
                _logger.error("unreadable message", reason=message.reason, raw=repr(message.raw))
            else:
                reports.append(message)
        return reports
