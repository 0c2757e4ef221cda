"""The venue's websockets: user, market and activity (RTDS). Text in, text out."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import WSMsgType, web

from polycopy.paper_venue.adapters.http import broken
from polycopy.paper_venue.core.control.journal import Tally
from polycopy.paper_venue.ports import Outlet, Venue

QUEUE_MAX = 20_000
_MESSAGE_BYTES_MAX = 1024 * 1024
_PING, _PONG = "PING", "PONG"

Said = Callable[[Outlet, str], None]
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class SocketOutlet:
    """Queues what is to be sent. A reader that lets `QUEUE_MAX` messages pile up is cut off.
    `tally`: where they are counted."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(QUEUE_MAX + 1)
        self._closed = False
        self.tally = Tally()

    def send(self, text: str) -> None:
        if self._closed:
            return
        if self._queue.qsize() >= QUEUE_MAX:
            while not self._queue.empty():
                self._queue.get_nowait()
            self.close()
        else:
            self._queue.put_nowait(text)
            self.tally.sent += 1

    def close(self) -> None:
        """After what is queued already."""
        if not self._closed:
            self._closed = True
            self._queue.put_nowait(None)

    async def pump(self, socket: web.WebSocketResponse) -> None:
        """Send until the outlet or the socket is closed."""
        while (text := await self._queue.get()) is not None:
            try:
                await socket.send_str(text)
            except ConnectionError:
                return
        await socket.close()


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
        outlet = SocketOutlet()
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
