"""What an operator is told of a connection that was not made."""

import asyncio
import socket

import aiohttp
import pytest

from polycopy.runtime import unreached


@pytest.fixture
def nobody() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_port_where_nobody_listens_is_told_alike_by_every_library(
    host: str, nobody: int
) -> None:
    with pytest.raises(OSError) as plain:  # noqa: PT011 - which one is the libraries' affair
        await asyncio.open_connection(host, nobody)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientError) as web:
            await session.get(f"http://{host}:{nobody}/")
    assert [unreached.why(one.value) for one in (plain, web)] == ["connection refused"] * 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no answer in time"),
        (aiohttp.ServerTimeoutError(), "no answer in time"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (OSError("Multiple exceptions: [Errno 111] Connect call failed"), "connection refused"),
        (aiohttp.ServerDisconnectedError(), "Server disconnected"),
        (aiohttp.ClientError(), "ClientError"),
    ],
)
def test_what_went_wrong_is_told_without_the_words_of_a_program(
    error: Exception, words: str
) -> None:
    assert unreached.why(error) == words


def test_what_the_system_said_is_found_below_what_a_library_made_of_it() -> None:
    error = ValueError("it did not work out")
    error.__cause__ = ConnectionResetError(104, "whatever")
    assert unreached.why(error) == "connection reset by peer"
