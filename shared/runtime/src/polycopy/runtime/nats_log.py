"""The log on NATS JetStream. `open_log` connects, checks the server, and gives a NatsLog.

nats-py is the transport alone. Of time limits, lost answers and lost consumers the modules speak
whose names begin with `nats_`.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TypeVar

from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Away, Conflict, Halt, Transient
from polycopy.runtime.filters import check_filters
from polycopy.runtime.log import Delivery, Recorded, body_of
from polycopy.runtime.metrics import APPEND_SECONDS, APPENDED
from polycopy.runtime.nats_api import Api, ApiRefusal, StoredMessage
from polycopy.runtime.nats_capture import NatsCaptures
from polycopy.runtime.nats_check import check_server, monitor_urls
from polycopy.runtime.nats_connection import Connection, Unanswered, connect
from polycopy.runtime.nats_follow import Follower
from polycopy.runtime.nats_identity import Identity, log_id_of
from polycopy.runtime.nats_publish import Outgoing, Publisher
from polycopy.runtime.nats_snapshots import NatsSnapshots
from polycopy.runtime.nats_work import Work
from polycopy.runtime.provisioning import check_streams, make_streams
from polycopy.schemas.control import LogCreated
from polycopy.schemas.envelope import Draft, Origin, draft, to_headers
from polycopy.schemas.ids import LogId
from polycopy.schemas.subjects import EVENT_STREAM, guard_of, subject_of

_PATIENCE_S = 10.0
_CONNECT_S_MAX = 5.0
_READ_SIZE = 1000
_READ_SILENCE_S_MAX = 15.0
_PAUSE_S = 0.05

T = TypeVar("T")


class NatsLog:
    """Implements Log and Capture. Made by `open_log`."""

    def __init__(
        self,
        connection: Connection,
        api: Api,
        identity: Identity,
        publisher: Publisher,
        *,
        clock: Clock,
        patience_s: float,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._patience_s = patience_s
        self._api = api
        self._identity = identity
        self._publisher = publisher
        self.snapshots = NatsSnapshots(connection, api)
        self.captures = NatsCaptures(connection, api, clock=clock)

    @property
    def log_id(self) -> LogId:
        return self._identity.log_id

    @property
    def connected(self) -> bool:
        """Whether the connection stands at this moment, for a readiness check."""
        return self._connection.connected

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        event = new.envelope.event_type
        outgoing = outgoing_of(new, expected)
        try:
            with APPEND_SECONDS.time():
                stored = await self._publisher.store(outgoing)
        except Conflict:
            APPENDED.labels(event, "conflict").inc()
            raise
        except Transient:
            APPENDED.labels(event, "unknown").inc()
            raise
        APPENDED.labels(event, "known" if stored.known else "stored").inc()
        self._identity.saw(stored.sequence)
        return stored.sequence

    async def read(
        self, filters: Sequence[str], *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        found: list[Recorded] = []
        batches = self.read_batches(filters, after=after, until=until, size_max=_READ_SIZE)
        async with aclosing(batches):
            async for batch in batches:
                found += batch
        return found

    async def read_batches(
        self,
        filters: Sequence[str],
        *,
        after: int = 0,
        until: int | None = None,
        size_max: int = 500,
    ) -> AsyncGenerator[list[Recorded], None]:
        newest = await asyncio.gather(*(self._newest(one) for one in check_filters(filters)))
        goal = max(newest) if until is None else min(until, max(newest))
        if goal <= after:
            return
        async with aclosing(self._follower(filters).batches(after, size_max)) as batches:
            while after < goal:
                try:
                    async with asyncio.timeout(_READ_SILENCE_S_MAX):
                        batch = await anext(batches)
                except TimeoutError as error:
                    raise Transient("the log does not answer") from error
                after = batch[-1].sequence
                while batch and batch[-1].sequence > goal:
                    batch.pop()
                if batch:
                    yield batch

    async def follow(
        self, filters: Sequence[str], *, after: int = 0
    ) -> AsyncGenerator[Recorded, None]:
        async with aclosing(self.follow_batches(filters, after=after)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event

    async def follow_batches(
        self, filters: Sequence[str], *, after: int = 0, size_max: int = 500
    ) -> AsyncGenerator[list[Recorded], None]:
        check_filters(filters)
        async with aclosing(self._follower(filters).batches(after, size_max)) as batches:
            async for batch in batches:
                yield batch

    async def work(self, durable: str, filters: Sequence[str]) -> AsyncGenerator[Delivery, None]:
        work = Work(
            self._connection,
            self._api,
            self._identity,
            durable=durable,
            filters=check_filters(filters),
            store=self._publisher.store,
        )
        async with aclosing(work.deliveries()) as deliveries:
            async for delivery in deliveries:
                yield delivery

    async def last(self, subject_filter: str) -> Recorded | None:
        stored = await self._stored(last_by_subj=subject_filter)
        return None if stored is None else stored.recorded()

    async def at(self, sequence: int) -> Recorded | None:
        if sequence <= 0:
            return None
        stored = await self._stored(seq=sequence)
        return None if stored is None else stored.recorded()

    async def end(self) -> int:
        info = await self._patiently(lambda: self._api.stream_info(EVENT_STREAM))
        return info.state.last_seq

    async def keep(self, source: str, reason: str, raw: bytes) -> None:
        await self.captures.keep(source, reason, raw)

    async def record(self, source: str, session: str, received_at_ms: int, raw: bytes) -> None:
        await self.captures.record(source, session, received_at_ms, raw)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask again while the server is away, for a while; then Transient."""
        ends_s = self._clock.monotonic_s() + self._patience_s
        while True:
            try:
                await self._identity.check()
                return await ask()
            except Unanswered as trouble:
                left_s = ends_s - self._clock.monotonic_s()
                if left_s <= 0 or not await self._connection.stands(left_s):
                    raise Transient(f"the log does not answer: {trouble}") from trouble
                await asyncio.sleep(_PAUSE_S)
            except ApiRefusal as no:
                if not no.passing:
                    raise Halt(f"the log cannot be read: {no}") from no
                raise Transient(f"the log does not answer: {no}") from no

    def _follower(self, filters: Sequence[str]) -> Follower:
        return Follower(self._connection, self._api, self._identity, filters=filters)

    async def _newest(self, subject_filter: str) -> int:
        newest = await self._stored(last_by_subj=subject_filter)
        return 0 if newest is None else newest.seq

    async def _stored(self, **which: object) -> StoredMessage | None:
        stored = await self._patiently(lambda: self._api.message(EVENT_STREAM, **which))
        if stored is not None:
            self._identity.saw(stored.seq)
        return stored


def outgoing_of(new: Draft, expected: int | None) -> Outgoing:
    """The message of an event. ValueError where an expectation is missing or out of place."""
    guard = guard_of(new.subject)
    if (guard is None) != (expected is None):
        wants = "no" if guard is None else "an"
        raise ValueError(f"an append to {new.subject} takes {wants} expected sequence")
    return Outgoing(
        stream=EVENT_STREAM,
        subject=new.subject,
        message_id=new.envelope.event_id,
        headers=to_headers(new.envelope),
        body=body_of(new),
        guard=guard,
        expected=expected,
    )


@asynccontextmanager
async def open_log(
    url: str,
    *,
    source: str,
    clock: Clock,
    create: bool = False,
    monitor_url: str = "",
    events_bytes_max: int | None = None,
    patience_s: float = _PATIENCE_S,
) -> AsyncIterator[NatsLog]:
    """The log at `url`, for as long as the block lasts.

    `source` names us to the server. `monitor_url` is the server's monitoring port; empty means
    port 8222 on the same host. `create` makes the streams and the first event where they are not
    there; `events_bytes_max` is then the size of the log's stream. An append or a question without
    an answer after `patience_s` is Transient. Raises Halt with one line where the server is away,
    or endangers what it acknowledges, or holds something else than a log.
    """
    async with connect(url, name=source, within_s=min(patience_s, _CONNECT_S_MAX)) as connection:
        api = Api(connection)

        async def look_over() -> LogId | None:
            await check_server(connection, monitor_urls(url, monitor_url))
            if create:
                await make_streams(api, events_bytes_max=events_bytes_max)
            await check_streams(api)
            found = await log_id_of(api)
            if found is None and create:
                found = await _begin(connection, api, clock=clock, source=source)
            return found

        log_id = await _while_it_stands(connection, look_over, clock=clock, patience_s=patience_s)
        if log_id is None:
            raise Halt("the log does not begin with LogCreated: run `polycopy up` once to make it")
        identity = Identity(connection, api, log_id)
        publisher = Publisher(
            connection, api, clock=clock, before=identity.check, deadline_s=patience_s
        )
        yield NatsLog(connection, api, identity, publisher, clock=clock, patience_s=patience_s)


async def _while_it_stands(
    connection: Connection, look: Callable[[], Awaitable[T]], *, clock: Clock, patience_s: float
) -> T:
    """What a look at the server found. One during which the connection was lost found nothing, and
    is taken again when it stands. Raises Halt."""
    ends_s = clock.monotonic_s() + patience_s
    while True:
        epoch = connection.epoch
        try:
            return await look()
        except (Halt, Unanswered, ApiRefusal) as trouble:
            broke = not await connection.responds() or connection.epoch != epoch
            left_s = ends_s - clock.monotonic_s()
            if broke and left_s > 0 and await connection.stands(left_s):
                continue
            if isinstance(trouble, Halt):
                raise
            kind = Away if isinstance(trouble, Unanswered) else Halt
            raise kind(f"the log cannot be opened: {trouble}") from trouble


async def _begin(connection: Connection, api: Api, *, clock: Clock, source: str) -> LogId | None:
    """Append the first event; where another process is faster, its log is ours too."""
    log_id = LogId(secrets.token_hex(16))
    event = LogCreated(log_id=log_id)
    origin = Origin(source=source, time_ms=clock.now_ms(), causation_id=log_id)
    new = draft(event, subject=subject_of(event), origin=origin, aggregate_version=1)
    publisher = Publisher(connection, api, clock=clock, before=_nothing, deadline_s=_PATIENCE_S)
    with suppress(Conflict, Transient):
        await publisher.store(outgoing_of(new, 0))
    return await log_id_of(api)


async def _nothing() -> None:
    """There is no log yet that could be another one."""
