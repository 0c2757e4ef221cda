"""nats-py as a transport, and nothing more of it: connect, publish, subscribe, ask.

What is ours: a request always ends. It fails when its time is over, and at once when the connection
is lost or nobody listens; nats-py's own futures can stay pending for ever. While the connection is
away nothing is buffered: a publish raises (`pending_size=0`), so that no message is sent long after
its sender gave up.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import Header

from polycopy.runtime import cancels, unreached
from polycopy.runtime.addresses import nats_addresses, without_credentials
from polycopy.runtime.errors import Away, Halt, Permanent
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import CONNECTED, RECONNECTS

_CLOSE_S_MAX = 2.0
_PING_EVERY_S = 5
_PONG_S_MAX = 2
_PINGS_UNANSWERED_MAX = 2
_RECONNECT_EVERY_S = 0.25
_WITHOUT_A_WORD = "empty response from server"
"""nats-py's own text, which has no type of its own."""

_logger = get_logger("polycopy.log")


class Unanswered(Exception):  # noqa: N818 - the word says it
    """No answer: what was asked for may have happened, or may yet happen."""


class _Client(Client):
    """nats-py, reading headers ten times as fast: its own reader looks at every character.

    Source: `Client._parse_header_lines` of nats-py 2.16, which this replaces.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        try:
            lines = raw.decode().split("\r\n")
            return dict([line.split(": ", 1) for line in lines if line])
        except ValueError:  # Not as a server or we write it.
            return Client._parse_header_lines(raw)  # noqa: SLF001 - the original


class Connection:
    """One connection for the whole process. Made by `connect`."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.watchers: set[Callable[[bool], None]] = set()
        """Called with False when the connection is lost, with True when it stands again."""
        self.epoch = 0
        """How often the connection was made again."""
        self._waiting: dict[str, asyncio.Future[Msg]] = {}
        self._asked = 0
        self._inbox = client.new_inbox()
        self._standing = asyncio.Event()

    async def listen(self) -> None:
        """Subscribe to the answers. Once, before the first request."""
        await self.client.subscribe(f"{self._inbox}.*", cb=self._answered)
        self.note(standing=True)

    @property
    def connected(self) -> bool:
        return self.client.is_connected

    @property
    def server_info(self) -> dict[str, object]:
        """What the server said of itself when we connected."""
        return self.client._server_info  # noqa: SLF001 - nats-py keeps INFO to itself

    def note(self, *, standing: bool) -> None:
        """The connection was lost or stands again."""
        CONNECTED.set(int(standing))
        if standing:
            self._standing.set()
        else:
            self._standing.clear()
            waiting, self._waiting = self._waiting, {}
            for answer in waiting.values():
                if not answer.done():
                    answer.set_exception(Unanswered("the connection was lost"))
        for watcher in tuple(self.watchers):
            watcher(standing)

    async def stands(self, wait_s: float) -> bool:
        """Wait for the connection at most `wait_s`. Raises Halt where it is closed for good."""
        if self.client.is_closed:
            raise Halt(f"the connection to NATS was closed for good: {self.client.last_error}")
        try:
            async with asyncio.timeout(wait_s):
                await self._standing.wait()
        except TimeoutError:
            return False
        return True

    async def responds(self) -> bool:
        """Whether the server is there now: it may be gone before we hear that it went."""
        told = cancels.count()
        try:
            await self.client.flush(timeout=_PONG_S_MAX)
        except (TimeoutError, OSError, nats.errors.Error):
            return False
        cancels.heed(told)
        return self.connected

    async def publish(
        self, subject: str, body: bytes, *, reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Send without an answer. Raises Unanswered where the connection is away, and Permanent for
        more than the server takes."""
        self._check_size(subject, body, headers or {})
        try:
            await self.client.publish(subject, body, reply=reply, headers=headers)
        except (nats.errors.OutboundBufferLimitError, nats.errors.ConnectionClosedError) as error:
            raise Unanswered("not connected") from error

    async def ask(
        self, subject: str, body: bytes, *, within_s: float, headers: dict[str, str] | None = None
    ) -> Msg:
        """The answer to a request. Raises Unanswered, and Permanent as `publish` does."""
        self._asked += 1
        reply = f"{self._inbox}.{self._asked}"
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Msg] = loop.create_future()
        self._waiting[reply] = answer
        timer = loop.call_later(within_s, _give_up, answer, within_s)
        try:
            await self.publish(subject, body, reply=reply, headers=headers)
            message = await answer
        finally:
            timer.cancel()
            self._waiting.pop(reply, None)
        if message.headers and message.headers.get(Header.STATUS.value) == "503":
            raise Unanswered("nobody answers on that subject")
        return message

    async def subscribe(
        self, subject: str, arrived: Callable[[Msg], Awaitable[None]]
    ) -> Subscription:
        """Raises Unanswered where the connection is closed."""
        try:
            return await self.client.subscribe(subject, cb=arrived)
        except nats.errors.ConnectionClosedError as error:
            raise Unanswered("not connected") from error

    def new_inbox(self) -> str:
        return self.client.new_inbox()

    def _check_size(self, subject: str, body: bytes, headers: dict[str, str]) -> None:
        """The server counts the headers too, and closes the connection for good where the whole is
        too long; nats-py looks at the body alone."""
        size = len(body) + _size_of(headers)
        if size > self.client.max_payload:
            raise Permanent(
                f"{subject}: {size} bytes are too many, the server takes {self.client.max_payload}"
            )

    async def _answered(self, message: Msg) -> None:
        answer = self._waiting.pop(message.subject, None)
        if answer is not None and not answer.done():
            answer.set_result(message)


def _size_of(headers: dict[str, str]) -> int:
    """Bytes of the headers as they are sent, or a little more."""
    if not headers:
        return 0
    text = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return len(f"NATS/1.0\r\n{text}\r\n".encode())


def _give_up(answer: asyncio.Future[Msg], within_s: float) -> None:
    if not answer.done():
        answer.set_exception(Unanswered(f"no answer within {within_s:g} s"))


@asynccontextmanager
async def connect(url: str, *, name: str, within_s: float) -> AsyncIterator[Connection]:
    """A connection that comes back by itself for as long as the block lasts.

    Raises Away where the server cannot be reached at first, and Halt where it refuses us.
    """
    try:
        servers = nats_addresses(url)
    except ValueError as error:
        raise Halt(f"NATS_URL: {error}") from error
    client, watch, told = _Client(), _Watch(), cancels.count()
    try:
        async with asyncio.timeout(within_s):
            await client.connect(
                servers,
                name=name,
                error_cb=watch.fault,
                disconnected_cb=watch.lost,
                reconnected_cb=watch.returned,
                closed_cb=watch.closed,
                # A refusal ends the first try; a server that is not there yet is waited for.
                allow_reconnect=False,
                max_reconnect_attempts=-1,
                reconnect_time_wait=_RECONNECT_EVERY_S,  # type: ignore[arg-type]  # slept only
                ping_interval=_PING_EVERY_S,
                max_outstanding_pings=_PINGS_UNANSWERED_MAX,
                pending_size=0,
            )
    except asyncio.CancelledError:
        await _close(client)
        raise
    except (TimeoutError, OSError, nats.errors.Error) as error:
        await _close(client)
        raise _refusal(url, watch.first_fault, error) from error
    client.options["allow_reconnect"] = True
    connection = Connection(client)
    watch.connection = connection
    try:
        cancels.heed(told)
        await connection.listen()
        yield connection
    finally:
        watch.connection = None
        await _close(client)


def _refusal(url: str, said: str, error: Exception) -> Halt:
    kind = Away if _is_away(error) else Halt
    return kind(
        f"no NATS server at {without_credentials(url)} ({said or unreached.why(error)}): "
        "start it, or set NATS_URL to where it runs"
    )


def _is_away(error: Exception) -> bool:
    """Whether nobody was there, or whoever it was went before a word was said."""
    gone = (TimeoutError, OSError, nats.errors.UnexpectedEOF)
    return isinstance(error, gone) or _WITHOUT_A_WORD in str(error)


class _Watch:
    """What nats-py tells of the connection's life."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.first_fault = ""
        """The server says why it refuses us, and then the connection breaks."""
        self.last_fault = ""

    async def fault(self, error: Exception) -> None:
        self.last_fault = unreached.why(error)
        self.first_fault = self.first_fault or self.last_fault
        level = _logger.debug if self.connection is None else _logger.warning
        if isinstance(error, OSError):  # One for every attempt while the server is away.
            level = _logger.debug
        level("connection fault", fault=self.last_fault)

    async def lost(self) -> None:
        if self.connection is not None:
            _logger.warning("connection to the log lost")
            self.connection.note(standing=False)

    async def returned(self) -> None:
        if self.connection is not None:
            RECONNECTS.inc()
            self.connection.epoch += 1
            _logger.info("connection to the log stands again", epoch=self.connection.epoch)
            self.connection.note(standing=True)

    async def closed(self) -> None:
        if self.connection is not None:
            _logger.error("connection to the log closed for good", fault=self.last_fault)
            self.connection.note(standing=False)


async def _close(client: Client) -> None:
    """Flush what was answered last and close; never `drain`, which can hang."""
    try:
        async with asyncio.timeout(_CLOSE_S_MAX):
            if client.is_connected:
                await client.flush(timeout=1)
            await client.close()
    except (TimeoutError, OSError, nats.errors.Error) as error:
        _logger.debug("the connection did not close in order", fault=str(error))
