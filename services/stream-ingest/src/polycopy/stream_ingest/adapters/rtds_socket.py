"""One connection to the venue's real-time data socket, made again whenever it ends.

The venue answers no protocol pings and wants a text PING instead. When a session is over that still
looks open, `rtds_session` knows.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing, suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidURI

from polycopy.polymarket import rtds
from polycopy.polymarket.rtds_session import RtdsSession, Rules
from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.reconnecting import reconnecting
from polycopy.stream_ingest.core.reports import RTDS, Frame
from polycopy.stream_ingest.ports import Delivering, Heard, Silent

_FRAME_BYTES_MAX = 1 << 20
_QUEUE_FRAMES_MAX = 1_024
_OPEN_TIMEOUT_S = 10
_CLOSE_TIMEOUT_S = 1
_NO_DATA = (b"", b"PONG")


class RtdsSocket:
    """Implements `Source`. `slot` numbers the connections that run side by side; `first_life_ms`:
    how long the first session lives, so that they are not all renewed at once."""

    name = RTDS

    def __init__(
        self, url: str, *, slot: int, rules: Rules, clock: Clock, first_life_ms: int = 0
    ) -> None:
        self._url = url
        self._slot = slot
        self._rules = rules
        self._life_ms = first_life_ms or rules.life_ms
        self._clock = clock
        self._connected = False

    @property
    def connected(self) -> bool:
        """Open and subscribed."""
        return self._connected

    def aim(self, wallets: Collection[Wallet]) -> None:
        """The feed has no filter by wallet: all of it comes."""

    def look(self, wallet: Wallet) -> None:
        """The feed cannot be asked."""

    async def listen(self) -> AsyncGenerator[Heard, None]:
        """Frames and what becomes of the connection, without end."""
        told = reconnecting(self._attempts(), self._session, clock=self._clock)
        async with aclosing(told) as heard:
            async for item in heard:
                yield item

    async def _attempts(self) -> AsyncGenerator[ClientConnection, None]:
        async for socket in connect(
            self._url,
            process_exception=self._unless_hopeless,
            compression=None,
            ping_interval=None,
            open_timeout=_OPEN_TIMEOUT_S,
            close_timeout=_CLOSE_TIMEOUT_S,
            max_size=_FRAME_BYTES_MAX,
            max_queue=_QUEUE_FRAMES_MAX,
        ):
            yield socket

    def _unless_hopeless(self, error: Exception) -> Exception | None:
        """Everything that a server says may be over tomorrow, a redirect to a web page too; only
        our own address can be wrong."""
        is_ours = isinstance(error, InvalidURI) and error.uri == self._url
        return error if is_ours else None

    async def _session(self, socket: ClientConnection) -> AsyncGenerator[Heard, None]:
        session = f"{self._slot}-{self._clock.now_ms()}"
        rules = msgspec.structs.replace(self._rules, life_ms=self._life_ms)
        watch = RtdsSession(rules=rules, opened_at_ms=self._clock.now_ms())
        pings = asyncio.create_task(_ping(socket))
        try:
            await socket.send(rtds.subscribe_message())
            self._connected = True
            reason = ""
            while not reason:
                raw = await self._data(socket)
                at_ms = self._clock.now_ms()
                if not watch.last_at_ms:
                    yield Delivering(source=RTDS, connection=session, at_ms=at_ms)
                watch.feed(raw, at_ms)
                yield Frame(raw, self._slot, session, at_ms)
                reason = watch.verdict(at_ms)
        except TimeoutError:
            reason = f"no data for {self._rules.silence_ms / 1000:g} s"
        except ConnectionClosed as error:
            reason = str(error)
        finally:
            self._connected = False
            pings.cancel()
        self._life_ms = self._rules.life_ms
        if watch.last_at_ms:
            yield Silent(
                source=RTDS,
                connection=session,
                reason=reason,
                at_ms=self._clock.now_ms(),
                last_frame_at_ms=watch.last_at_ms,
            )

    async def _data(self, socket: ClientConnection) -> bytes:
        """The next frame with something in it. The time starts with the call: while the listener is
        busy, the feed is not silent."""
        async with asyncio.timeout(self._rules.silence_ms / 1000):
            while True:
                raw = await socket.recv(decode=False)
                if raw not in _NO_DATA:
                    return raw


async def _ping(socket: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            await asyncio.sleep(rtds.PING_EVERY_S)
            await socket.send(rtds.PING)
