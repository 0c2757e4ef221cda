"""JetStream's API: JSON asked for and answered over NATS, all through the stream's leader."""

import base64
from collections.abc import Mapping

import msgspec

from polycopy.runtime.log import Recorded
from polycopy.runtime.nats_connection import Connection
from polycopy.runtime.nats_wire import headers_from, recorded

NO_MESSAGE = 10037
STREAM_MISSING = 10059
CONSUMER_MISSING = 10014
_ANSWER_S_MAX = 5.0
_SERVER_AWAY = 500
"""Codes from here on are the server's own trouble, and pass."""

Answer = dict[str, object]


class ApiRefusal(Exception):  # noqa: N818 - the word says it
    """The server said no. `code` is JetStream's error code."""

    def __init__(self, code: int, text: str, *, passing: bool) -> None:
        super().__init__(f"{text} ({code})")
        self.code = code
        self.passing = passing


class StoredMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the leader returns it."""

    subject: str
    seq: int
    hdrs: str = ""
    data: str = ""

    @property
    def headers(self) -> dict[str, str]:
        return headers_from(base64.b64decode(self.hdrs))

    def recorded(self) -> Recorded:
        """Raises Halt where it is no event."""
        return recorded(self.subject, self.headers, base64.b64decode(self.data), self.seq)


class StreamState(msgspec.Struct, frozen=True, kw_only=True):
    """`num_deleted` is missing in the answer where it is 0."""

    messages: int
    first_seq: int
    last_seq: int
    num_deleted: int = 0


class StreamInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A stream's settings as the server holds them, and its state."""

    config: Answer
    state: StreamState


class _Error(msgspec.Struct, frozen=True):
    code: int = 0
    err_code: int = 0
    description: str = ""


class Api:
    """Raises Unanswered where no answer comes, ApiRefusal where the answer is no."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, verb: str, body: Mapping[str, object] | None = None) -> Answer:
        """`verb` without its prefix, such as `STREAM.INFO.EVENTS`."""
        request = b"" if body is None else msgspec.json.encode(body)
        message = await self._connection.ask(f"$JS.API.{verb}", request, within_s=_ANSWER_S_MAX)
        answer = msgspec.json.decode(message.data, type=Answer)
        refusal(answer.get("error"))
        return answer

    async def stream_info(self, stream: str) -> StreamInfo:
        return msgspec.convert(await self.ask(f"STREAM.INFO.{stream}"), StreamInfo)

    async def message(self, stream: str, **which: object) -> StoredMessage | None:
        """`seq`, `last_by_subj`, or `seq` with `next_by_subj`: the first at or after it."""
        try:
            answer = await self.ask(f"STREAM.MSG.GET.{stream}", which)
        except ApiRefusal as no:
            if no.code == NO_MESSAGE:
                return None
            raise
        return msgspec.convert(answer["message"], StoredMessage)


def refusal(error: object) -> None:
    """Raise ApiRefusal for the `error` of an answer, if there is one."""
    if error is not None:
        no = msgspec.convert(error, _Error)
        raise ApiRefusal(no.err_code, no.description, passing=no.code >= _SERVER_AWAY)
