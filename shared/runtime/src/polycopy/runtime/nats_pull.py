"""Pulling the messages of one consumer: many asked for ahead, and every silence noticed.

nats-py's `fetch` can stall for its whole time limit and hides why; here the statuses that the
server sends are read. Anything out of the ordinary ends the pull with Broken: whoever pulls knows
the last message that it took and begins again behind it, with a new consumer if need be.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import nats.errors
from nats.aio.msg import Msg

from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.nats_wire import Status, status_of

_EXPIRES_S = 10.0
_HEARTBEAT_S = 2.0
_SILENCE_S_MAX = 2.5 * _HEARTBEAT_S
"""Two heartbeats missed."""
_NS = 1_000_000_000

_HEARTBEAT = 100
_NO_MESSAGES = 404
_TIME_OVER = 408
_COMPLETED = "Batch Completed"


class Broken(Exception):  # noqa: N818 - the word says it
    """Nothing more comes from this pull. The text says why."""


class Pull:
    """Made by `pulling`. Not for concurrent use."""

    def __init__(self, connection: Connection, stream: str, consumer: str, *, ahead: int) -> None:
        self._connection = connection
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{consumer}"
        self.inbox = connection.new_inbox()
        self._ahead = ahead
        self._arrived: deque[Msg] = deque()
        self._wake = asyncio.Event()
        self._awaited = 0
        """Messages asked for that have not come."""
        self._requests = 0
        self._broken = ""
        self._heard_s = 0.0
        self._now_s = asyncio.get_running_loop().time

    async def next(self, size_max: int) -> list[Msg]:
        """1 to `size_max` messages, as many as are there. Waits for the first. Raises Broken."""
        while not self._arrived:
            await self._ask()
            await self._something()
        taken = [self._arrived.popleft() for _ in range(min(size_max, len(self._arrived)))]
        if not self._broken:
            await self._ask()
        return taken

    async def arrived(self, message: Msg) -> None:
        """A message of the stream, or a status of the server."""
        self._heard_s = self._now_s()
        status = status_of(message)
        if status is None:
            self._awaited -= 1
            self._arrived.append(message)
        elif status.code == _HEARTBEAT:
            return
        elif status.code in {_NO_MESSAGES, _TIME_OVER} or status.text == _COMPLETED:
            self._awaited -= status.unused
        else:
            self._end(_said(status))
        self._wake.set()

    def watch(self, standing: bool) -> None:  # noqa: FBT001 - a watcher of the connection
        """The server forgets what was asked for when the connection goes."""
        if not standing:
            self._end("the connection was lost")

    def _end(self, why: str) -> None:
        self._broken = why
        self._wake.set()

    async def _ask(self) -> None:
        """Keep `ahead` messages on their way; a new request when half of them are here or taken."""
        if self._awaited + len(self._arrived) > self._ahead // 2:
            return
        if self._broken:
            raise Broken(self._broken)
        size = self._ahead - self._awaited - len(self._arrived)
        self._requests += 1
        self._awaited += size
        body = {
            "batch": size,
            "expires": int(_EXPIRES_S * _NS),
            "idle_heartbeat": int(_HEARTBEAT_S * _NS),
        }
        try:
            await self._connection.publish(
                self._subject, msgspec.json.encode(body), reply=f"{self.inbox}.{self._requests}"
            )
        except Unanswered as trouble:
            raise Broken(str(trouble)) from trouble

    async def _something(self) -> None:
        """Wait until there is something to look at. Raises Broken after too long a silence."""
        if self._broken:
            raise Broken(self._broken)
        # From now at the earliest: while we were busy elsewhere nobody listened.
        silent_since_s = max(self._heard_s, self._now_s())
        self._wake.clear()
        while not self._wake.is_set():
            try:
                async with asyncio.timeout_at(silent_since_s + _SILENCE_S_MAX):
                    await self._wake.wait()
            except TimeoutError:
                if self._heard_s <= silent_since_s:
                    raise Broken("the server's heartbeat stopped") from None
                silent_since_s = self._heard_s


@asynccontextmanager
async def pulling(
    connection: Connection, stream: str, consumer: str, *, ahead: int
) -> AsyncIterator[Pull]:
    """A pull that asks for `ahead` messages in advance. Raises Unanswered where nobody is there."""
    pull = Pull(connection, stream, consumer, ahead=ahead)
    subscription = await connection.subscribe(f"{pull.inbox}.*", pull.arrived)
    connection.watchers.add(pull.watch)
    try:
        yield pull
    finally:
        connection.watchers.discard(pull.watch)
        # Where the connection is gone, the subscription went with it.
        with suppress(nats.errors.Error, OSError):
            await subscription.unsubscribe()


def _said(status: Status) -> str:
    return f"the server said {status.code} {status.text}".rstrip()
