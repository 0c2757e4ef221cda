"""A Polygon node's websocket, which tells of followed wallets' trades as blocks are made; connected
again whenever it ends.

Heads are the sign of life: a watchdog ends a connection without them. What happened between two
connections is read from the node's logs, while the new one is heard already.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import Protocol

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidURI

from polycopy.polymarket.chain_subscriptions import Limits
from polycopy.runtime import unreached
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt, Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.chain_line import ChainLine
from polycopy.stream_ingest.adapters.reconnecting import reconnecting
from polycopy.stream_ingest.core.reports import CHAIN, Report
from polycopy.stream_ingest.ports import Delivering, Heard, Silent

WATCHDOG_S = 15.0
OVERLAP_BLOCKS = 20
_GAP_BLOCKS_MAX = 50_000
_FRAME_BYTES_MAX = 1 << 20
_QUEUE_FRAMES_MAX = 1_024
_OPEN_TIMEOUT_S = 10
_CLOSE_TIMEOUT_S = 1
_PING_EVERY_S = 20
_PAUSE_S_MAX = 30.0
_logger = get_logger("stream-ingest")


class Past(Protocol):
    """Where the trades of some blocks are read."""

    def blocks(
        self, wallets: Collection[Wallet], first: int, last: int
    ) -> AsyncGenerator[Report, None]:
        """Raises Transient."""


class ChainSocket:
    """Implements Source. It begins at the newest block; without `past` it begins there again with
    every connection. `overlap_blocks`: how far behind the newest block that was told a connection
    may have missed something, or a reorganisation changed it."""

    name = CHAIN

    def __init__(
        self,
        url: str,
        *,
        past: Past | None,
        clock: Clock,
        watchdog_s: float = WATCHDOG_S,
        overlap_blocks: int = OVERLAP_BLOCKS,
        limits: Limits | None = None,
    ) -> None:
        self._url = url
        self._past = past
        self._clock = clock
        self._watchdog_s = watchdog_s
        self._overlap_blocks = overlap_blocks
        self._limits = limits or Limits()
        self._wallets: frozenset[Wallet] = frozenset()
        self._line: ChainLine | None = None
        self._told_to: int | None = None
        """Everything up to that block was told."""

    @property
    def connected(self) -> bool:
        """Subscribed, and a block was heard of since."""
        return self._line is not None and self._line.delivers

    def aim(self, wallets: Collection[Wallet]) -> None:
        self._wallets = frozenset(wallets)
        if self._line is not None:
            self._line.aim(self._wallets)

    def look(self, wallet: Wallet) -> None:
        """Nothing: it has told all that it heard. Whoever doubts it asks the past."""

    async def listen(self) -> AsyncGenerator[Heard, None]:
        """Halt for an address that is none."""
        told = reconnecting(self._attempts(), self._session, clock=self._clock)
        async with aclosing(told) as heard:
            async for item in heard:
                yield item

    async def _attempts(self) -> AsyncGenerator[ClientConnection, None]:
        try:
            async for socket in connect(
                self._url,
                process_exception=self._unless_hopeless,
                compression=None,
                ping_interval=_PING_EVERY_S,
                ping_timeout=None,  # Heads tell whether it lives; a slow listener hears no pong.
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
                max_size=_FRAME_BYTES_MAX,
                max_queue=_QUEUE_FRAMES_MAX,
            ):
                yield socket
        except InvalidURI:  # Its text holds the address, and that may hold a key.
            raise Halt("the node's address is no websocket address") from None

    def _unless_hopeless(self, error: Exception) -> Exception | None:
        """Everything that a server says may be over tomorrow, a redirect to a web page too; only
        our own address can be wrong."""
        if isinstance(error, InvalidURI) and error.uri == self._url:
            return error
        _logger.warning("node not reached", why=unreached.why(error))
        return None

    async def _session(self, socket: ClientConnection) -> AsyncGenerator[Heard, None]:
        name = f"chain-{self._clock.now_ms()}"
        line = self._line = ChainLine(
            socket,
            self._wallets,
            name=name,
            limits=self._limits,
            watchdog_s=self._watchdog_s,
            clock=self._clock,
        )
        line.on_head = lambda number: self._head(line, number)
        delivered = False
        try:
            async with aclosing(line.listen()) as reports:
                async for heard in reports:
                    if isinstance(heard, Report):
                        yield heard
                    else:
                        delivered = True
                        yield Delivering(source=CHAIN, connection=name, at_ms=heard)
        finally:
            self._line = None
        _logger.warning("node lost", why=line.reason)
        if delivered:
            yield Silent(
                source=CHAIN,
                connection=name,
                reason=line.reason,
                at_ms=self._clock.now_ms(),
                last_frame_at_ms=line.last_frame_at_ms,
            )

    def _head(self, line: ChainLine, number: int) -> None:
        """From this block on the connection brings everything."""
        told_to, past = self._told_to, self._past
        if line.has_no_gap or told_to is None or past is None:
            line.has_no_gap = True
            self._told_to = number
        elif not line.fills_gap:
            first = max(told_to + 1 - self._overlap_blocks, number - _GAP_BLOCKS_MAX, 0)
            if first > told_to + 1:
                _logger.error("too long without a node", blocks=number - told_to)
            line.fill_gap(self._gap(past, min(first, number), number))

    async def _gap(self, past: Past, first: int, last: int) -> AsyncGenerator[Report, None]:
        """What these blocks have, however long the node takes for it."""
        pause_s = 1.0
        while True:
            try:
                async with aclosing(past.blocks(self._wallets, first, last)) as reports:
                    async for report in reports:
                        yield report
            except Transient as error:
                _logger.warning("the gap is not filled yet", why=str(error))
                await asyncio.sleep(min(max(error.after_s, pause_s), _PAUSE_S_MAX))
                pause_s *= 2
            else:
                return
