"""Following the log: every event once, in order, through reconnects and lost consumers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nats.aio.msg import Msg

from polycopy.runtime.errors import Halt
from polycopy.runtime.filters import covers_all
from polycopy.runtime.log import Recorded
from polycopy.runtime.logs import get_logger
from polycopy.runtime.metrics import CONSUMERS_RECREATED
from polycopy.runtime.nats_api import Api, ApiRefusal
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.nats_identity import Identity
from polycopy.runtime.nats_pull import Broken, Pull, pulling
from polycopy.runtime.nats_wire import place_of, recorded
from polycopy.runtime.provisioning import make_follower
from polycopy.schemas.ids import EventId
from polycopy.schemas.subjects import EVENT_STREAM

_AHEAD = 2000
_PAUSE_S = 0.05
_DOUBLINGS_MAX = 4
_STANDS_S_MAX = 60.0

_logger = get_logger("polycopy.log")


class Follower:
    """Where a follower stands. `filters` empty means everything, and then every sequence is due."""

    def __init__(
        self, connection: Connection, api: Api, identity: Identity, *, filters: Sequence[str]
    ) -> None:
        self._connection = connection
        self._api = api
        self._identity = identity
        self._filters = () if covers_all(filters) else tuple(filters)
        self._position = 0
        self._event_id: EventId | None = None
        self._deliveries = 0
        self._fault: Exception | None = None
        """What is wrong behind the events that were taken last."""

    async def batches(self, after: int, size_max: int) -> AsyncGenerator[list[Recorded], None]:
        """Without end. Raises Halt where the log is not what it was or an event is missing."""
        self._position = after
        tries = 0
        while True:
            try:
                async with self._consumer() as pull:
                    while True:
                        batch = self._take(await pull.next(size_max))
                        if batch:
                            tries = 0
                            yield batch
                        if self._fault is not None:
                            raise self._fault
            except (Broken, Unanswered, ApiRefusal) as trouble:
                if isinstance(trouble, ApiRefusal) and not trouble.passing:
                    raise Halt(f"the log cannot be followed: {trouble}") from trouble
                await settle(self._connection, "follow", trouble, tries)
                tries += 1

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[Pull]:
        """A new consumer behind the last event taken, once it is certain to be the same log."""
        await self._identity.check_position(self._position, self._event_id)
        inbox = self._connection.new_inbox()
        name = f"follow-{inbox.rpartition('.')[2]}"
        await make_follower(self._api, name, self._filters, start=self._position + 1)
        self._deliveries = 0
        self._fault = None
        async with pulling(self._connection, EVENT_STREAM, name, ahead=_AHEAD) as pull:
            try:
                yield pull
            finally:
                await self._forget(name)

    async def _forget(self, name: str) -> None:
        """Tell the server that the consumer is done with; it would find out by itself."""
        try:
            await self._connection.publish(f"$JS.API.CONSUMER.DELETE.{EVENT_STREAM}.{name}", b"")
        except Unanswered:
            return

    def _take(self, messages: Sequence[Msg]) -> list[Recorded]:
        """The events up to the first fault, so that what is good before it is not held back."""
        batch: list[Recorded] = []
        try:
            for message in messages:
                batch.append(self._next(message))  # noqa: PERF401 - keeps what precedes a fault
        except (Broken, Halt) as fault:
            self._fault = fault
        self._identity.saw(self._position)
        return batch

    def _next(self, message: Msg) -> Recorded:
        place = place_of(message.reply)
        self._deliveries += 1
        if place.consumer_sequence != self._deliveries:
            raise Broken(f"delivery {self._deliveries} is missing")
        if not self._filters and place.sequence != self._position + 1:
            raise Halt(f"sequence {self._position + 1} is missing in the log")
        event = recorded(message.subject, message.headers, message.data, place.sequence)
        self._position = place.sequence
        self._event_id = event.envelope.event_id
        return event


async def settle(connection: Connection, what: str, trouble: Exception, tries: int) -> None:
    """Say what went wrong; wait a little, longer with each try, and until the connection stands."""
    CONSUMERS_RECREATED.labels(what).inc()
    _logger.warning("pull begins again", what=what, why=str(trouble))
    await asyncio.sleep(_PAUSE_S * 2 ** min(tries, _DOUBLINGS_MAX))
    while not await connection.stands(_STANDS_S_MAX):
        _logger.warning("still no connection to the log", what=what)
