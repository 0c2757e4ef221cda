"""What is known about a run and comes from none of the services: the log as the server holds it,
the venue's journal, and what the server acknowledged."""

import asyncio
import base64
from datetime import datetime

import msgspec

from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_api import NO_MESSAGE, Api, ApiRefusal
from polycopy.runtime.nats_wire import headers_from, recorded
from polycopy.schemas.ids import LogId
from polycopy.schemas.subjects import EVENT_STREAM
from tests.support.nats_proxy import Acknowledged, digest
from tests.support.venue_control import Journal

_AT_ONCE = 32


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the log, with the time at which the server stored it, by the server's clock."""

    event: Recorded
    message_id: str
    digest: str
    stored_at_us: int


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """`unrest`: why the world did not come to rest in time."""

    log_id: LogId
    stored: tuple[Stored, ...]
    journal: Journal
    acknowledged: tuple[Acknowledged, ...] = ()
    unrest: tuple[str, ...] = ()

    @property
    def events(self) -> list[Recorded]:
        return [one.event for one in self.stored]


class _Message(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    seq: int
    time: datetime
    hdrs: str = ""
    data: str = ""


async def read_log(api: Api) -> tuple[Stored, ...]:
    """The whole log, message by message, through the leader."""
    state = (await api.stream_info(EVENT_STREAM)).state
    room = asyncio.Semaphore(_AT_ONCE)

    async def read(sequence: int) -> Stored | None:
        async with room:
            return await _read(api, sequence)

    found = await asyncio.gather(*map(read, range(state.first_seq, state.last_seq + 1)))
    return tuple(one for one in found if one is not None)


async def _read(api: Api, sequence: int) -> Stored | None:
    """None for a message that is not there: a hole, of which the laws will speak."""
    try:
        answer = await api.ask(f"STREAM.MSG.GET.{EVENT_STREAM}", {"seq": sequence})
    except ApiRefusal as no:
        if no.code == NO_MESSAGE:
            return None
        raise
    message = msgspec.convert(answer["message"], _Message)
    headers = headers_from(base64.b64decode(message.hdrs))
    body = base64.b64decode(message.data)
    return Stored(
        event=recorded(message.subject, headers, body, message.seq),
        message_id=headers.get("Nats-Msg-Id", ""),
        digest=digest(body),
        stored_at_us=_us(message.time),
    )


def _us(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
