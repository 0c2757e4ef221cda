"""One connection to a Polygon node: what is read from it, written to it, and fills the gap before
it, each by a task of its own."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine
from contextlib import aclosing

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from polycopy.polymarket.chain_session import ChainSession, Ended, Head, Rows
from polycopy.polymarket.chain_subscriptions import Limits
from polycopy.runtime.clock import Clock
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.core.reports import CHAIN, Report

_READ_AHEAD_MAX = 64


class ChainLine:
    """`on_head` hears of every block from which on all logs come."""

    def __init__(
        self,
        socket: ClientConnection,
        wallets: Collection[Wallet],
        *,
        name: str,
        limits: Limits,
        watchdog_s: float,
        clock: Clock,
    ) -> None:
        self.on_head: Callable[[int], None] = lambda _: None
        self.delivers = False
        self.has_no_gap = False
        self.reason = ""
        self.last_frame_at_ms = 0
        self._socket = socket
        self._name = name
        self._watchdog_s = watchdog_s
        self._clock = clock
        self._session = ChainSession(wallets, limits=limits)
        self._wallets = frozenset(wallets)
        self._aimed = asyncio.Event()
        self._read: asyncio.Queue[Report | int | None] = asyncio.Queue(_READ_AHEAD_MAX)
        self._tasks: list[asyncio.Task[None]] = []

    def aim(self, wallets: frozenset[Wallet]) -> None:
        self._wallets = wallets
        self._aimed.set()

    @property
    def fills_gap(self) -> bool:
        return len(self._tasks) > 2  # noqa: PLR2004 - beside those that read and aim

    def fill_gap(self, reports: AsyncGenerator[Report, None]) -> None:
        """Hand them on, too. When they end there is no gap any more."""
        self._start(self._fill(reports))

    async def listen(self) -> AsyncGenerator[Report | int, None]:
        """Reports, and once the time at which it began to deliver. `reason` says why it ended."""
        self._start(self._hear())
        self._start(self._follow_aim())
        try:
            while (heard := await self._read.get()) is not None:
                yield heard
            for task in self._tasks:
                if task.done():
                    task.result()  # Raises what is our own fault.
        finally:
            self.delivers = False
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(self._watched(work)))

    async def _watched(self, work: Coroutine[None, None, None]) -> None:
        """None in the queue: somebody is done for."""
        try:
            await work
        except asyncio.CancelledError:
            raise
        except BaseException:
            await self._read.put(None)
            raise

    async def _hear(self) -> None:
        try:
            for message in self._session.opening():
                await self._socket.send(message, text=True)
            left_s = self._watchdog_s
            while not self.reason:
                left_s = await self._hear_one(left_s)
        except TimeoutError:
            self.reason = f"no head for {self._watchdog_s:g} s"
        except ConnectionClosed as error:
            self.reason = str(error)
        await self._read.put(None)

    async def _hear_one(self, left_s: float) -> float:
        """Read one frame; how long the next head may take. Only waiting for the node counts: while
        the listener is busy, the node is not silent."""
        began_s = self._clock.monotonic_s()
        async with asyncio.timeout(left_s):
            raw = await self._socket.recv(decode=False)
        left_s -= self._clock.monotonic_s() - began_s
        self.last_frame_at_ms = self._clock.now_ms()
        fed = self._session.feed(raw)
        for message in fed.send:
            await self._socket.send(message, text=True)
        for heard in fed.heard:
            match heard:
                case Head(block=block, complete=complete):
                    left_s = self._watchdog_s
                    if complete:
                        await self._head(block.number)
                case Rows():
                    await self._read.put(self._report(heard))
                case Ended(reason=reason):
                    self.reason = reason
        return left_s

    async def _head(self, number: int) -> None:
        if not self.delivers:
            self.delivers = True
            await self._read.put(self.last_frame_at_ms)
        self.on_head(number)

    def _report(self, heard: Rows) -> Report:
        return Report(
            source=CHAIN,
            session=heard.block_hash or self._name,
            received_at_ms=self.last_frame_at_ms,
            rows=heard.rows,
            raw=heard.raw,
        )

    async def _follow_aim(self) -> None:
        try:
            while True:
                await self._aimed.wait()
                self._aimed.clear()
                for message in self._session.aim(self._wallets):
                    await self._socket.send(message, text=True)
        except ConnectionClosed:
            pass  # Whoever reads hears of it, too.

    async def _fill(self, reports: AsyncGenerator[Report, None]) -> None:
        async with aclosing(reports):
            async for report in reports:
                await self._read.put(report)
        self.has_no_gap = True
