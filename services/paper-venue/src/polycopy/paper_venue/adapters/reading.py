"""A request's body, and the accidents on its way in. None of them is a fault of the venue."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.http_exceptions import HttpProcessingError

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Unread(Exception):  # noqa: N818 - the word says it
    """There is no body. `status`: 413 it is too large, 400 it is not what its headers say, 0 nobody
    is there any more."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def body_of(request: web.BaseRequest) -> bytes:
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Unread(413) from None
    except web.RequestPayloadError:
        raise Unread(400 if request.transport is not None else 0) from None
    except ConnectionError:
        raise Unread(0) from None


async def go_on(request: web.BaseRequest) -> None:
    """Answer `Expect: 100-continue`, as aiohttp's router does where there is one."""
    expected = request.headers.get(hdrs.EXPECT, "")
    if request.version != HttpVersion11:
        return
    if expected.lower() != "100-continue":
        raise web.HTTPExpectationFailed(text=f"Unknown Expect: {expected}")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # The answer has not begun.


class _OneLine(logging.Filter):
    """What strangers do wrong on the wire is a line without a stack; a bug keeps its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | ConnectionError | web.RequestPayloadError):
            words = str(error).partition("\n")[0]
            record.msg, record.args = f"{record.getMessage()}: {words}", ()
            record.exc_info = record.exc_text = None
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        return True


LOGGER = logging.getLogger("aiohttp.server.paper_venue")
LOGGER.addFilter(_OneLine())
