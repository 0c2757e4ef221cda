"""Is it still the same log? After a reconnect another server may answer, or an older copy.

A log is known by its id in the first event, and it never gets shorter: an end before a sequence
that was acknowledged means that the tail was lost and its numbers will be given out again.
"""

from polycopy.runtime.errors import Halt
from polycopy.runtime.nats_api import Api, ApiRefusal
from polycopy.runtime.nats_connection import Connection, Unanswered
from polycopy.schemas.control import LogCreated
from polycopy.schemas.ids import EventId, LogId
from polycopy.schemas.subjects import EVENT_STREAM


class Identity:
    """The log that this process opened, and how far it has seen it."""

    def __init__(self, connection: Connection, api: Api, log_id: LogId) -> None:
        self.log_id = log_id
        self._connection = connection
        self._api = api
        self._epoch = connection.epoch
        self._seen = 0

    def saw(self, sequence: int) -> None:
        """An event stood at this sequence."""
        self._seen = max(self._seen, sequence)

    async def check(self) -> None:
        """Look once after every reconnect. Raises Halt where it is another log, or a shorter one;
        Unanswered where nobody tells."""
        epoch = self._connection.epoch
        if epoch == self._epoch:
            return
        await self._look()
        self._epoch = epoch

    async def check_position(self, sequence: int, event_id: EventId | None) -> None:
        """See that the log reaches `sequence`, and has that event there. Raises as `check`."""
        beyond = sequence > self._seen
        self.saw(sequence)
        if beyond:
            await self._look()
        else:
            await self.check()
        if event_id is None:
            return
        stored = await self._api.message(EVENT_STREAM, seq=sequence)
        if stored is None or stored.recorded().envelope.event_id != event_id:
            raise Halt(f"another event is at sequence {sequence} than before: the log was replaced")

    async def _look(self) -> None:
        seen = self._seen  # What is acknowledged while we look need not be in the answer.
        try:
            found = await log_id_of(self._api)
            info = await self._api.stream_info(EVENT_STREAM)
        except ApiRefusal as no:
            if no.passing:
                raise Unanswered(str(no)) from no
            raise Halt(f"the log is no longer there: {no}") from no
        if found != self.log_id:
            raise Halt(f"the log was replaced: it is {found or 'empty'} and was {self.log_id}")
        if info.state.last_seq < seen:
            raise Halt(
                f"the log lost its end: it ends at sequence {info.state.last_seq}, "
                f"and {seen} had been acknowledged"
            )


async def log_id_of(api: Api) -> LogId | None:
    """The id in the first event; None for a log without one."""
    first = await api.message(EVENT_STREAM, seq=1)
    event = None if first is None else first.recorded().event
    return event.log_id if isinstance(event, LogCreated) else None
