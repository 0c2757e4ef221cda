"""One message in the hand of a worker, and its answer."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
from nats.aio.msg import Msg

from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.nats_publish import Outgoing
from polycopy.runtime.nats_wire import Place, place_of
from polycopy.runtime.provisioning import ACK_WAIT_S, PARKED_SUBJECT
from polycopy.schemas.subjects import PARKED_STREAM

_PROGRESS_EVERY_S = ACK_WAIT_S / 3
_IN_HAND_S_MAX = 600.0
"""A handler that takes longer hangs: from then on the message comes again."""
_NS = 1_000_000_000

REASON = "parked-reason"
ATTEMPTS = "parked-attempts"
SUBJECT = "parked-subject"
_REASON_MAX = 4_000
"""Characters: with them the longest event still fits into the server's limit."""

Store = Callable[[Outgoing], Awaitable[object]]

_logger = get_logger("polycopy.log")


class NatsDelivery:
    """A Delivery. While it is unanswered the server is told that we are still at it."""

    def __init__(
        self,
        message: Msg,
        event: Recorded,
        *,
        durable: str,
        connection: Connection,
        store: Store,
    ) -> None:
        self.finished = False
        """Done or parked: the next message may follow."""
        self._message = message
        self._recorded = event
        self._place = place_of(message.reply)
        self._durable = durable
        self._connection = connection
        self._store = store
        self._answered = False
        self._loop = asyncio.get_running_loop()
        self._until_s = self._loop.time() + _IN_HAND_S_MAX
        self._timer = self._loop.call_later(_PROGRESS_EVERY_S, self._progress)
        self._telling: asyncio.Task[None] | None = None

    @property
    def recorded(self) -> Recorded:
        return self._recorded

    @property
    def attempt(self) -> int:
        return self._place.attempt

    async def done(self) -> None:
        """An answer that is lost means a redelivery, nothing worse: it is not waited for."""
        self.finished = True
        await self._answer(b"+ACK")

    async def retry(self, after_s: float) -> None:
        delay = msgspec.json.encode({"delay": int(after_s * _NS)})
        await self._answer(b"-NAK " + delay if after_s > 0 else b"-NAK")

    async def park(self, reason: str) -> None:
        """Raises Transient where the PARKED stream does not take it; then it is still in hand."""
        await self._store(parked(self._message, self._place, self._durable, reason))
        self.finished = True
        await self._answer(f"+TERM {reason[:_REASON_MAX]}".encode())

    async def release(self) -> None:
        """Give the message back at once where nobody answered it."""
        if not self._answered:
            await self._answer(b"-NAK")

    async def _answer(self, word: bytes) -> None:
        self._answered = True
        self._timer.cancel()
        await self._tell(word)

    def _progress(self) -> None:
        if not self._answered and self._loop.time() < self._until_s:
            self._telling = self._loop.create_task(self._tell(b"+WPI"))
            self._timer = self._loop.call_later(_PROGRESS_EVERY_S, self._progress)

    async def _tell(self, word: bytes) -> None:
        try:
            await self._connection.publish(self._message.reply, word)
        except Unanswered as trouble:
            _logger.debug("not told", sequence=self._place.sequence, why=str(trouble))


def parked(message: Msg, place: Place, durable: str, reason: str) -> Outgoing:
    """The message as the PARKED stream keeps it: body and headers as they were, and the reason.

    The headers that are meant for the server are left out: it would obey them once more.
    """
    own = {
        name: value
        for name, value in (message.headers or {}).items()
        if not name.lower().startswith("nats-")
    }
    return Outgoing(
        stream=PARKED_STREAM,
        subject=f"{PARKED_SUBJECT}.{durable}.{place.sequence}",
        message_id=f"park:{durable}:{place.sequence}",
        headers={
            **own,
            REASON: reason[:_REASON_MAX],
            ATTEMPTS: str(place.attempt),
            SUBJECT: message.subject,
        },
        body=message.data,
    )
