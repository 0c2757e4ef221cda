"""The venue's websockets: user, market and activity (RTDS). Text in, text out."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, WSMsgType, web

from polycopy.paper_venue.adapters.http import broken
from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.ports import Outlet, Venue

QUEUE_MAX = 20_000
QUEUE_CHARACTERS_MAX = 64 * 1024 * 1024
_LOOK_S = 0.1
_STILL_MAX = 10
_CLOSING_MAX = 50
_MESSAGE_BYTES_MAX = 1024 * 1024
_PING, _PONG = "PING", "PONG"

Said = Callable[[Outlet, str], None]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class SocketOutlet:
    """Queues what is to be sent. `tally`: where messages are counted.

    A reader is cut off, whatever it has not read: at once where more than `QUEUE_CHARACTERS_MAX`
    wait for it, and where it takes nothing for a second of the loop's turning though more than
    `QUEUE_MAX` messages wait or the outlet was closed. So a thousand trades in one command, during
    which nobody can read, close nothing. Who goes on reading has five seconds after the close.
    """

    def __init__(self, transport: asyncio.BaseTransport | None) -> None:
        self._transport = transport
        self._queue: deque[str] = deque()
        self._characters = 0
        self._wake = asyncio.Event()
        self._closed = self._cut = False
        self._code, self._reason = int(WSCloseCode.OK), ""
        self._looking = False
        self._taken = self._seen = self._still = self._closing = 0
        self.tally = Tally()

    def send(self, text: str) -> None:
        if self._closed:
            return
        self._queue.append(text)
        self._characters += len(text)
        self.tally.sent += 1
        if self._characters > QUEUE_CHARACTERS_MAX:
            self._cut_off()
        elif len(self._queue) > QUEUE_MAX:
            self._watch()
        self._wake.set()

    def close(self, code: int = WSCloseCode.OK, reason: str = "") -> None:
        """After what is queued already."""
        if not self._closed:
            self._closed = True
            self._code, self._reason = code, reason
            self._wake.set()
            self._watch()

    async def pump(self, socket: web.WebSocketResponse) -> None:
        """Send until the outlet or the socket is closed."""
        while self._queue or not self._closed:
            if not self._queue:
                self._wake.clear()
                await self._wake.wait()
                continue
            text = self._queue.popleft()
            self._characters -= len(text)
            try:
                await socket.send_str(text)
            except ConnectionError:
                return
            self._taken += 1
        if not self._cut:
            await socket.close(code=self._code, message=self._reason.encode())

    def _watch(self) -> None:
        if not self._looking:
            self._looking = True
            self._seen, self._still = self._taken, 0
            asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _look(self) -> None:
        """Many short waits and not one long: a loop that was busy for seconds counts as one."""
        if not self._closed and len(self._queue) <= QUEUE_MAX:
            self._looking = False
            return
        self._still = self._still + 1 if self._taken == self._seen else 0
        self._seen = self._taken
        self._closing += self._closed
        if self._still >= _STILL_MAX or self._closing >= _CLOSING_MAX:
            self._cut_off()
        else:
            asyncio.get_running_loop().call_later(_LOOK_S, self._look)

    def _cut_off(self) -> None:
        """Also a connection that waits only for its client to hang up."""
        self._closed = self._cut = True
        self._queue.clear()
        self._characters = 0
        self._wake.set()
        if isinstance(self._transport, asyncio.WriteTransport):
            self._transport.abort()


def user(venue: Venue) -> Handler:
    return _handler(venue, "user", venue.user_said)


def market(venue: Venue) -> Handler:
    return _handler(venue, "market", venue.market_said)


def activity(venue: Venue) -> Handler:
    """RTDS: the first frame is empty, and PING is not answered."""
    return _handler(venue, "rtds", venue.rtds_said, pong=False, first="")


def _handler(
    venue: Venue, name: str, said: Said, *, pong: bool = True, first: str | None = None
) -> Handler:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        outlet = SocketOutlet(request.transport)
        tally = venue.came(outlet, name)
        if tally is None:
            return broken(request)
        outlet.tally = tally
        tally.opened += 1
        socket = web.WebSocketResponse(max_msg_size=_MESSAGE_BYTES_MAX, compress=False)
        pump = asyncio.create_task(outlet.pump(socket))
        try:
            await socket.prepare(request)
            if first is not None:
                outlet.send(first)
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                tally.heard += 1
                if message.data != _PING:
                    said(outlet, message.data)
                elif pong:
                    outlet.send(_PONG)
        finally:
            tally.closed += 1
            venue.gone(outlet)
            pump.cancel()
        return socket

    return handle
