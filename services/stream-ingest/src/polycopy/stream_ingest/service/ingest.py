"""The loop: frames in, trades to the log, each stored before the next frame of its connection.

There is no queue of our own. A connection is read on only when what its last frame said is stored;
until then the library's bounded buffer fills and the socket stops taking data.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Sequence
from contextlib import aclosing, suppress
from typing import TypeVar, assert_never

from prometheus_client import Counter

from polycopy.polymarket.wire import Unreadable
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Transient
from polycopy.runtime.logs import get_logger
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.feeds import FeedConnected, FeedEvent, FeedLost
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import ALL_TARGETS, ALL_TRADES, subject_of
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest import core
from polycopy.stream_ingest.core import SOURCE, Frame
from polycopy.stream_ingest.ports import Delivering, EventLog, Feed, RawStore, Silent

NAME = "stream-ingest"
REPLAY_MAX = 500_000
"""How many places of the log are read back for trades at the start; about 7 s."""
_REPLAY_STEP = 20_000
_FAREWELL_S = 1.0

FRAMES = Counter("polycopy_frames_total", "Frames with data in them.")
UNREADABLE = Counter("polycopy_unreadable_total", "Rows captured instead of said.")
TRADES = Counter("polycopy_trades_observed_total", "Leader trades said.", ("source",))

Result = TypeVar("Result")
logger = get_logger(__name__)


class Ingest:
    """Feeds that run side by side, one state. Ready once the log is read and a feed is open."""

    def __init__(
        self, log: EventLog, raw_store: RawStore, feeds: Sequence[Feed], *, clock: Clock
    ) -> None:
        self._log = log
        self._raw_store = raw_store
        self._feeds = feeds
        self._clock = clock
        self._state = core.initial()
        self._turn = asyncio.Lock()
        """Appends keep the order in which the core said things; the lock is first come, first
        served."""

    @property
    def connected(self) -> bool:
        """Whether any feed is open and subscribed."""
        return any(feed.connected for feed in self._feeds)

    @property
    def followed(self) -> Container[Wallet]:
        return self._state.wallets

    async def run(self) -> None:
        """Without end. Raises, in an ExceptionGroup, what a feed or the log could not survive."""
        after = await _patiently(self._catch_up)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_targets(after))
            for feed in self._feeds:
                tasks.create_task(self._listen(feed))

    async def _catch_up(self) -> int:
        """Fold the targets and the newest trades; returns the last sequence folded."""
        end = await self._log.end()
        start = max(0, end - REPLAY_MAX)
        state = core.initial()
        if start and (earlier := await self._log.at(start)):
            state = core.forgetful(state, until_ms=earlier.envelope.time_ms)
        for recorded in await self._log.read([ALL_TARGETS], until=end):
            state = core.evolve(state, recorded.event)
        for after in range(start, end, _REPLAY_STEP):
            until = min(after + _REPLAY_STEP, end)
            for recorded in await self._log.read([ALL_TRADES], after=after, until=until):
                state = core.evolve(state, recorded.event)
        self._state = state
        return end

    async def _follow_targets(self, after: int) -> None:
        async for recorded in self._log.follow([ALL_TARGETS], after=after):
            self._state = core.evolve(self._state, recorded.event)
            logger.info(
                "targets changed",
                sequence=recorded.sequence,
                type=recorded.envelope.event_type,
                targets=len(self._state.wallets),
            )

    async def _listen(self, feed: Feed) -> None:
        delivering: Delivering | None = None
        last_frame_at_ms = 0
        try:
            async with aclosing(feed.listen()) as heard:
                async for item in heard:
                    match item:
                        case Frame():
                            await self._feed(item)
                            last_frame_at_ms = item.received_at_ms
                        case Delivering():
                            delivering = item
                            await self._say_feed(_connected(item), item.connection, item.at_ms)
                        case Silent():
                            delivering = None
                            await self._say_feed(_lost(item), item.connection, item.at_ms)
                        case _:
                            assert_never(item)
        except asyncio.CancelledError:
            if delivering is not None:
                await self._farewell(delivering.connection, last_frame_at_ms)
            raise

    async def _feed(self, frame: Frame) -> None:
        FRAMES.inc()
        self._state, said = core.feed(self._state, frame)
        if not said:
            return
        async with self._turn:
            for item in said:
                match item:
                    case TradeObserved():
                        await self._say_trade(item)
                    case Unreadable():
                        UNREADABLE.inc()
                        await self._raw_store.keep(SOURCE, item.reason, item.raw)
                    case _:
                        assert_never(item)

    async def _say_trade(self, trade: TradeObserved) -> None:
        """The id is a function of the group and its size: said again, it is the same event."""
        origin = Origin(
            source=NAME, time_ms=trade.received_at_ms, causation_id=trade.transaction_hash
        )
        key = f"{core.group_key(trade)}:{trade.size_micros}"
        new = draft(trade, subject=subject_of(trade), origin=origin, key=key)
        sequence = await self._append(new)
        TRADES.labels(trade.source).inc()
        logger.info(
            "trade observed",
            sequence=sequence,
            wallet=trade.wallet,
            transaction_hash=trade.transaction_hash,
            size_micros=trade.size_micros,
            increase_micros=trade.increase_micros,
            append_ms=self._clock.now_ms() - trade.received_at_ms,
        )

    async def _say_feed(self, event: FeedEvent, connection: str, at_ms: int) -> None:
        origin = Origin(source=NAME, time_ms=at_ms, causation_id=connection)
        new = draft(event, subject=subject_of(event), origin=origin, key=str(at_ms))
        async with self._turn:
            sequence = await self._append(new)
        logger.info("feed", sequence=sequence, type=new.envelope.event_type, connection=connection)

    async def _farewell(self, connection: str, last_frame_at_ms: int) -> None:
        """Say that nobody listens from here on, if the log takes it at once."""
        at_ms = self._clock.now_ms()
        stopped = Silent(
            connection=connection,
            reason="stopped",
            at_ms=at_ms,
            last_frame_at_ms=last_frame_at_ms,
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await self._say_feed(_lost(stopped), connection, at_ms)

    async def _append(self, new: Draft) -> int:
        return await _patiently(lambda: self._log.append(new))


def _connected(item: Delivering) -> FeedConnected:
    return FeedConnected(source=SOURCE, connection=item.connection, at_ms=item.at_ms)


def _lost(item: Silent) -> FeedLost:
    return FeedLost(
        source=SOURCE,
        connection=item.connection,
        reason=item.reason,
        at_ms=item.at_ms,
        last_frame_at_ms=item.last_frame_at_ms,
    )


async def _patiently(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Until it succeeds: what was heard once is not sent again, so nothing is given up."""
    while True:
        try:
            return await attempt()
        except Transient as error:
            logger.warning("the log is away", reason=str(error), after_s=error.after_s)
            await asyncio.sleep(error.after_s)
