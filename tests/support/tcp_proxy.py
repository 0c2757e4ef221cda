"""A TCP proxy that can lose exactly one answer, or one delivery: what leaves a peer in doubt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Proxy:
    """Between a client and a NATS server. Made by `proxy_to`."""

    def __init__(self, upstream_port: int) -> None:
        self.port = 0
        self.answers_lost = 0
        self._upstream_port = upstream_port
        self._needle = b""
        self._armed = False
        self._swallowed = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def lose_answer_to(self, needle: bytes) -> None:
        """When the client sends `needle`: let it through, and cut the connection on the answer."""
        self._needle = needle

    def swallow_delivery(self, subject: str) -> None:
        """Cut the next message on `subject` out of what the server sends."""
        self._swallowed = f"HMSG {subject} ".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.close()
            return
        pumps = [
            asyncio.ensure_future(self._out(reader, upstream[1])),
            asyncio.ensure_future(self._in(upstream[0], writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            for end in (writer, upstream[1]):
                end.close()
            self._tasks.discard(task)

    async def end(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _out(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            if self._needle and self._needle in chunk:
                self._needle, self._armed = b"", True
            server.write(chunk)
            await server.drain()

    async def _in(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(65536):
            if self._armed and b'"seq"' in chunk:
                self._armed = False
                self.answers_lost += 1
                return
            client.write(self._without_swallowed(chunk))
            await client.drain()

    def _without_swallowed(self, chunk: bytes) -> bytes:
        """The chunk holds whole frames, as long as messages come one by one."""
        begin = chunk.find(self._swallowed) if self._swallowed else -1
        if begin < 0:
            return chunk
        self._swallowed = b""
        line, _, rest = chunk[begin:].partition(b"\r\n")
        return chunk[:begin] + rest[int(line.split()[-1]) + len(b"\r\n") :]


@asynccontextmanager
async def proxy_to(upstream_port: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(upstream_port)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()
        await proxy.end()
