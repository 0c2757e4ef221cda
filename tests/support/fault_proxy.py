"""A TCP proxy that loses the venue's answer: the request arrives, the answer does not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 65_536


class FaultProxy:
    """Forwards everything until told to lose the next answer to a request that holds `loses`."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = parts.hostname, parts.port
        self._tasks: set[asyncio.Task[None]] = set()
        self.loses = b""
        """Empty: nothing is lost. Falls back to empty once an answer was lost."""
        self.holds = False
        """A lost answer leaves the connection open instead of ending it."""
        self.refuses = False
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            if self.refuses:
                return
            upstream_reader, upstream = await asyncio.open_connection(self._host, self._port)
            try:
                await self._forward(reader, writer, upstream_reader, upstream)
            finally:
                upstream.close()
        except (ConnectionError, asyncio.CancelledError):
            pass  # The test is over, or one side hung up.
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _forward(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        upstream_reader: asyncio.StreamReader,
        upstream: asyncio.StreamWriter,
    ) -> None:
        cut = asyncio.Event()

        async def there() -> None:
            while chunk := await reader.read(_CHUNK):
                if self.loses and self.loses in chunk:
                    cut.set()
                upstream.write(chunk)
                await upstream.drain()

        async def back() -> None:
            while chunk := await upstream_reader.read(_CHUNK):
                if cut.is_set():
                    self.loses = b""
                    if self.holds:
                        cut.clear()
                        continue
                    return
                writer.write(chunk)
                await writer.drain()

        ways = {asyncio.ensure_future(there()), asyncio.ensure_future(back())}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            for way in ways:
                with suppress(asyncio.CancelledError, ConnectionError):
                    await way

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def fault_proxy(upstream: str) -> AsyncIterator[FaultProxy]:
    """A proxy on a free port in front of an http address."""
    proxy = FaultProxy(upstream)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
