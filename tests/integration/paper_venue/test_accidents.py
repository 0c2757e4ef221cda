"""Ordinary accidents on the wire: an answer where somebody waits for one, and never a stack."""

import asyncio
import logging
import zlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from yarl import URL

from polycopy.paper_venue.core.scenarios.commands import Restart
from tests.support.directing import STANDING, Control, directing
from tests.support.paper_venue import Key, Running

PORTS = ["clob", "data", "gamma", "rpc", "control"]
PATHS = {"clob": "/order", "control": "/control/do"}
WITHIN_S = 60.0


@pytest.fixture
async def standing() -> AsyncIterator[Control]:
    async with directing(STANDING) as control:
        yield control


def stacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.exc_info]


async def said(address: str, raw: bytes, *, hang_up: bool = False) -> bytes:
    url = URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(raw)
    await writer.drain()
    if hang_up:
        writer.close()
    async with asyncio.timeout(WITHIN_S):
        answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def post(at: str, headers: bytes, body: bytes = b"") -> bytes:
    line = f"POST {PATHS.get(at, '/')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n".encode()
    return line + headers + b"\r\n\r\n" + body


@pytest.mark.parametrize("at", PORTS)
@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says_is_a_400(
    venue: Running, caplog: pytest.LogCaptureFixture, at: str, coding: str
) -> None:
    headers = f"Content-Encoding: {coding}\r\nContent-Length: 9".encode()
    for body in (b"no, it is", zlib.compress(b"a" * 99)[:8] + b"\xff"):
        answer = await said(venue.urls[at], post(at, headers, body))

        assert answer.split(b" ")[1] == b"400"
    assert stacks(caplog) == []


@pytest.mark.parametrize("at", PORTS)
async def test_who_dies_inside_a_body_leaves_no_stack(
    venue: Running, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, at: str
) -> None:
    await said(venue.urls[at], post(at, b"Content-Length: 99", b"[1,"), hang_up=True)
    async with http.get(venue.urls["clob"] + "/time") as answer:
        assert answer.status == 200

    assert stacks(caplog) == []


@pytest.mark.parametrize("at", PORTS)
@pytest.mark.parametrize("raw", [b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", b"\0\r\n\r\n"])
async def test_what_is_no_http_leaves_no_stack(
    venue: Running, caplog: pytest.LogCaptureFixture, at: str, raw: bytes
) -> None:
    raw = raw.replace(b"Host: a", b"Host: a\r\nConnection: close")
    await said(venue.urls[at], raw)

    assert stacks(caplog) == []


@pytest.mark.parametrize("at", PORTS)
async def test_who_asks_whether_to_go_on_is_told_so(venue: Running, at: str) -> None:
    url = URL(venue.urls[at])
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(post(at, b"Content-Length: 2\r\nExpect: 100-continue"))
    async with asyncio.timeout(WITHIN_S):
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert (await reader.read()).startswith(b"HTTP/1.1 ")
    writer.close()
    await writer.wait_closed()


async def test_a_nonce_without_end_is_no_nonce(venue: Running, http: aiohttp.ClientSession) -> None:
    headers = {**Key(1).l1_headers(0), "POLY_NONCE": "9" * 5000}
    async with http.get(venue.urls["clob"] + "/time") as answer:
        headers["POLY_TIMESTAMP"] = str(await answer.json())
    async with http.post(venue.urls["clob"] + "/auth/api-key", headers=headers) as answer:
        assert (answer.status, list(await answer.json())) == (401, ["error"])


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("kind=fills&since=9223372036854775808", "since is a whole number from 0"),
        ("kind=fills&limit=0", "limit is a whole number from 1"),
        ("since=0", "name a kind"),
        (
            "kind=x",
            "orders, fills, emissions, requests, statuses, order_statuses, commands, sockets",
        ),
    ],
)
async def test_a_page_of_the_journal_that_cannot_be_says_why(
    standing: Control, query: str, words: str
) -> None:
    status, answer = await standing.ask("GET", f"journal?{query}")

    assert status == 400
    assert words in answer["error"]


async def test_the_journal_has_a_page_of_its_sockets(standing: Control) -> None:
    async with standing.http.ws_connect(standing.running.urls["rtds"]):
        status, page = await standing.ask("GET", "journal?kind=sockets")

    assert (status, page["sockets"]["rtds"]["opened"]) == (200, 1)


async def test_while_the_venue_is_down_the_node_does_not_answer(standing: Control) -> None:
    url = standing.running.urls["rpc"]
    chain_id = b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}'
    standing.running.venue.restarts.restart(Restart(down_ms=500))

    with pytest.raises(aiohttp.ClientError):
        await standing.http.post(url, data=chain_id)
    with pytest.raises(aiohttp.ClientError):
        await standing.http.ws_connect(url)

    await standing.advance(500)
    async with standing.http.post(url, data=chain_id) as answer:
        assert (await answer.json(content_type=None))["result"] == "0x89"
