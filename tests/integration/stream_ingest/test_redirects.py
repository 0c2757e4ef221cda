"""A host that sends its visitors to a web page."""

import asyncio

import pytest

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.clock import SystemClock
from polycopy.stream_ingest.adapters.chain_socket import ChainSocket
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket


async def _redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: https://status.example.com/\r\n")
    writer.write(b"Content-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


@pytest.mark.parametrize("name", ["rtds", "chain"])
async def test_a_redirect_to_a_web_page_is_tried_again(name: str) -> None:
    server = await asyncio.start_server(_redirect, "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    clock = SystemClock()
    rtds = RtdsSocket(url, slot=1, rules=Rules(), clock=clock)
    source = rtds if name == "rtds" else ChainSocket(url, past=None, clock=clock)

    async def listen() -> None:
        async for _ in source.listen():
            pass

    task = asyncio.create_task(listen())
    done, _ = await asyncio.wait({task}, timeout=1)
    task.cancel()
    await asyncio.wait({task})
    server.close()
    assert not done
