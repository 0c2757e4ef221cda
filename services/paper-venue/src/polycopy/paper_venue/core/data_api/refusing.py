"""The Data API's words for "no", and the envelopes of version 2.

The texts are the API's where somebody has recorded them; where nobody has they keep its manner.
"""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Request
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, clean

MISSING_USER = "required query param 'user' not provided"
LIMIT_DEFAULT = 100
LIMIT_MAX = 1000


class Paging(msgspec.Struct, frozen=True, kw_only=True):
    """A page of version 2: its size and how many rows came before it."""

    limit: int = LIMIT_DEFAULT
    offset: int = 0


def words(name: str) -> str:
    return f"invalid query param '{name}'"


def first_version(error: BadParameterError) -> Answer:
    return Answer(400, wire.error(error.text))


def second_version(error: BadParameterError, request: Request) -> Answer:
    body: wire.Body = {
        "error": error.text,
        "code": "invalid_request",
        "parameter": error.parameter,
        "retryable": False,
        "trace_id": trace_id(request),
    }
    return _traced(Answer(400, wire.encode(body)), request)


def problem(request: Request, status: int, code: str, text: str) -> Answer:
    """A failure that is nobody's parameter."""
    body = {"error": text, "code": code, "retryable": False, "trace_id": trace_id(request)}
    return _traced(Answer(status, wire.encode(body)), request)


def served(request: Request, body: wire.Body) -> Answer:
    return _traced(Answer(200, wire.encode(body)), request)


def enveloped(data: object) -> wire.Body:
    """What has no next page: no `pagination` at all."""
    return {"data": data}


def paged(rows: list[wire.Body], paging: Paging, next_cursor: str | None) -> wire.Body:
    return {
        "data": rows,
        "pagination": {
            "limit": paging.limit,
            "offset": paging.offset,
            "has_more": next_cursor is not None,
            "next_cursor": next_cursor,
        },
    }


def offset_refused() -> BadParameterError:
    return BadParameterError("offset", "offset is not supported, follow 'cursor' instead")


def trace_id(request: Request) -> str:
    """32 hex digits: a function of the request and its time."""
    target = clean(request.target or request.path)
    return identity.digest("trace", target, request.received_at_us)[:32]


def _traced(answer: Answer, request: Request) -> Answer:
    headers = (*answer.headers, ("x-trace-id", trace_id(request)))
    return msgspec.structs.replace(answer, headers=headers)
