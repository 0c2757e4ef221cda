"""A named worker's messages: one in hand at a time, in order, each until it is answered."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

from nats.aio.msg import Msg

from polycopy.runtime.errors import Halt, Transient, Unreadable
from polycopy.runtime.logs import get_logger
from polycopy.runtime.nats_api import Api, ApiRefusal
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.runtime.nats_delivery import NatsDelivery, Store, parked
from polycopy.runtime.nats_follow import settle
from polycopy.runtime.nats_identity import Identity
from polycopy.runtime.nats_pull import Broken, Pull, pulling
from polycopy.runtime.nats_wire import place_of, recorded
from polycopy.runtime.provisioning import make_worker
from polycopy.schemas.subjects import EVENT_STREAM, token

_AHEAD = 16
"""Asked for in advance; the server still gives the next one only after the answer."""

_logger = get_logger("polycopy.log")


class Work:
    """A worker's consumer; where somebody deletes it, it is made again behind the last answer."""

    def __init__(
        self,
        connection: Connection,
        api: Api,
        identity: Identity,
        *,
        durable: str,
        filters: Sequence[str],
        store: Store,
    ) -> None:
        self._connection = connection
        self._api = api
        self._identity = identity
        self._durable = token(durable)
        self._filters = filters
        self._store = store
        self._next = 1

    async def deliveries(self) -> AsyncGenerator[NatsDelivery, None]:
        """Without end. Raises Halt where the consumer is set otherwise."""
        tries = 0
        while True:
            try:
                async with self._consumer() as pull:
                    while True:
                        for message in await pull.next(1):
                            async with self._in_hand(message) as delivery:
                                if delivery is not None:
                                    yield delivery
                            tries = 0
            except (Broken, Unanswered, Transient, ApiRefusal) as trouble:
                if isinstance(trouble, ApiRefusal) and not trouble.passing:
                    raise Halt(f"worker {self._durable} cannot work: {trouble}") from trouble
                await settle(self._connection, self._durable, trouble, tries)
                tries += 1

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[Pull]:
        """The consumer, behind the last message that was answered.

        The server keeps answers in the background, so a crash of its takes the last ones back: we
        know better and set it forward. What a worker that died had in hand is asked for again at
        once; by itself it would come only after the acknowledgement wait.
        """
        await self._identity.check()
        info = await make_worker(self._api, self._durable, self._filters, start=self._next)
        reset = f"CONSUMER.RESET.{EVENT_STREAM}.{self._durable}"
        if info.ack_floor.stream_seq + 1 < self._next:
            await self._api.ask(reset, {"seq": self._next})
        elif info.num_ack_pending:
            await self._api.ask(reset, {})
        async with pulling(self._connection, EVENT_STREAM, self._durable, ahead=_AHEAD) as pull:
            yield pull

    @asynccontextmanager
    async def _in_hand(self, message: Msg) -> AsyncIterator[NatsDelivery | None]:
        """None for an unreadable message, which is parked here: no handler could do anything."""
        place = place_of(message.reply)
        try:
            event = recorded(message.subject, message.headers, message.data, place.sequence)
        except Unreadable as fault:
            _logger.warning("unreadable message parked", sequence=place.sequence, why=str(fault))
            await self._store(parked(message, place, self._durable, str(fault)))
            await self._connection.publish(message.reply, b"+TERM unreadable")
            self._next = place.sequence + 1
            yield None
            return
        delivery = NatsDelivery(
            message, event, durable=self._durable, connection=self._connection, store=self._store
        )
        try:
            yield delivery
        finally:
            await delivery.release()
        self._identity.saw(place.sequence)
        if delivery.finished:
            self._next = place.sequence + 1
