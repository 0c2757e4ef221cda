"""Requests and their answers, as far as the core sees them: no sockets, no framework."""

from enum import StrEnum

import msgspec

from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.refusals import Refusal


class Host(StrEnum):
    """Which of the venue's addresses was asked: their paths are not each other's."""

    CLOB = "clob"
    DATA = "data"
    GAMMA = "gamma"


class Headers(msgspec.Struct, frozen=True, kw_only=True):
    """The `POLY_*` headers of a request, empty where they are missing."""

    address: str = ""
    signature: str = ""
    timestamp: str = ""
    api_key: str = ""
    passphrase: str = ""
    nonce: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """An HTTP request. `received_at_us`: when its last byte was here, before any work. `ip`: who
    the edge counts it for.

    `pairs`: every name and value of the query in its order, repeated names too; empty where only
    `query` was given. `target`: path and query as they were written, which is a cache's key.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: bytes
    received_at_us: int
    wall_s: int = 0
    ip: str = ""
    host: Host = Host.CLOB
    pairs: tuple[tuple[str, str], ...] = ()
    target: str = ""

    @property
    def clocks_s(self) -> tuple[int, int]:
        """The times that a signature may be of: the venue's, and this machine's, which is all that
        many clients know. A director who moves the venue's clock locks nobody out."""
        return self.now_s, self.wall_s

    @property
    def now_s(self) -> int:
        return self.received_at_us // 1_000_000


class Answer(msgspec.Struct, frozen=True):
    """An HTTP status and a JSON body. `delay_ms`: it is kept back for so long. `lost`: the
    connection is closed instead, without a byte. `fault`: the name of the fault that made it so.
    A `Content-Type` among the headers stands instead of JSON's."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    delay_ms: int = 0
    lost: bool = False
    fault: str = ""


Reply = dict[str, object] | list[object] | int | str | Refusal


def answer(reply: Reply) -> Answer:
    """A body as the venue's bytes; a refusal as `{"error": …}` with its status."""
    if isinstance(reply, Refusal):
        return Answer(reply.status, wire.error(reply.text))
    return Answer(200, wire.encode(reply))
