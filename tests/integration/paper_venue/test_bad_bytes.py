"""Bytes that are no text: they may be refused, and they may not spoil what is kept of them."""

import asyncio
import json

import pytest
from yarl import URL

from tests.support.directing import Control, directing

HALF = "\\ud83d"


async def sent(address: str, raw: bytes) -> bytes:
    """What comes back for these bytes until the connection ends."""
    url = URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


def request(path: bytes = b"/time", header: bytes = b"") -> bytes:
    return b"GET " + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header + b"\r\n"


@pytest.mark.parametrize("at", ["clob", "data", "gamma", "rpc"])
@pytest.mark.parametrize(
    "raw",
    [
        request(header=b"POLY_ADDRESS: \xff\xfe0xabc\r\n"),
        request(b"/a%ed%a0%bd%ff"),
        request(b"/a\xff"),
        request(b"/orders?market=%ff%ed%a0%bd"),
    ],
)
async def test_bytes_that_are_no_text_leave_the_journal_readable(at: str, raw: bytes) -> None:
    async with directing() as control:
        answer = await sent(control.running.urls[at], raw)

        assert answer.startswith(b"HTTP/1.")
        assert b" 500 " not in answer.partition(b"\r\n")[0]
        assert isinstance(await control.journal("requests"), list)


async def test_a_wallet_and_a_path_without_end_are_cut_in_the_journal() -> None:
    async with directing() as control:
        raw = request(b"/" + b"a" * 4000, b"POLY_ADDRESS: " + b"b" * 4000 + b"\r\n")
        await sent(control.running.urls["clob"], raw)

        (seen,) = await control.journal("requests")
        assert (len(seen["path"]), len(seen["wallet"])) == (256, 256)


async def refused(control: Control, path: str, body: str) -> None:
    status, answer = await control.ask("POST", path, body)
    assert (status, answer) == (400, {"error": "not JSON: half a character in a text"})


async def test_half_a_character_in_what_a_director_says_is_refused() -> None:
    text = f'{{"do":"note","text":"{HALF}"}}'
    fault = f'{{"do":"set_fault","fault":{{"name":"x","at":"request","text":"{HALF}"}}}}'
    key = f'{{"{HALF}":1}}'
    whole = json.dumps({"do": "note", "text": "\N{GRINNING FACE}"})
    async with directing() as control:
        for body in (text, fault, key):
            await refused(control, "do", body)
            await refused(control, "scenario", body)
        assert (await control.ask("POST", "do", whole))[0] == 200
        (done,) = await control.journal("commands")
        assert done["command"]["text"] == "\N{GRINNING FACE}"
