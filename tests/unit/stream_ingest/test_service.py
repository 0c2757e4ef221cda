"""The order of effects, over the log in memory and feeds that follow a script."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import TargetAdded, TargetRemoved
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.feeds import FeedConnected, FeedLost
from polycopy.schemas.subjects import guard_of, subject_of
from polycopy.schemas.trades import TradeObserved
from polycopy.stream_ingest import service
from polycopy.stream_ingest.core import Frame
from polycopy.stream_ingest.ports import Delivering, Feed, Heard, Silent
from polycopy.stream_ingest.service import Ingest
from tests.support.rtds_frames import TRADED_AT_S, WALLET, frame

AT_MS = TRADED_AT_S * 1000
DEADLINE_S = 60.0


class Script:
    """A feed that says what it is given."""

    def __init__(self, slot: int = 1) -> None:
        self.slot = slot
        self.connected = False
        self._items: asyncio.Queue[Heard] = asyncio.Queue(100)

    def say(self, *items: Heard | bytes) -> None:
        for item in items:
            self._items.put_nowait(
                Frame(item, self.slot, f"{self.slot}-0", AT_MS) if isinstance(item, bytes) else item
            )

    async def listen(self) -> AsyncGenerator[Heard, None]:
        self.connected = True
        while True:
            yield await self._items.get()


class ShakyLog(MemoryLog):
    """Goes away at chosen appends, before or after the event was stored."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.attempts: list[Draft] = []

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        self.attempts.append(new)
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise Transient("away", after_s=0)
        sequence = await super().append(new, expected=expected)
        if fault == "after":
            raise Transient("no answer", after_s=0)
        return sequence


@asynccontextmanager
async def running(log: MemoryLog, *feeds: Feed) -> AsyncIterator[Ingest]:
    ingest = Ingest(log, log, feeds, clock=SystemClock())
    task = asyncio.create_task(ingest.run())
    try:
        yield ingest
    finally:
        task.cancel()
        await asyncio.wait({task})
        assert task.cancelled()


async def target(log: MemoryLog, event: TargetAdded | TargetRemoved) -> None:
    subject = subject_of(event)
    last = await log.last(guard_of(subject) or "")
    origin = Origin(source="test", time_ms=AT_MS, causation_id=str(await log.end()))
    await log.append(
        draft(event, subject=subject, origin=origin), expected=last.sequence if last else 0
    )


async def followed_log(log: MemoryLog | None = None) -> MemoryLog:
    log = log or MemoryLog()
    await target(log, TargetAdded(wallet=WALLET))
    return log


async def events(log: MemoryLog, filters: Sequence[str], count: int) -> list[Recorded]:
    """The first events under the filters, as soon as there are so many."""
    found: list[Recorded] = []
    async with asyncio.timeout(DEADLINE_S):
        async for recorded in log.follow(filters):
            found.append(recorded)
            if len(found) == count:
                break
    return found


async def trades(log: MemoryLog, count: int) -> list[TradeObserved]:
    found = [recorded.event for recorded in await events(log, ["trades.>"], count)]
    return [event for event in found if isinstance(event, TradeObserved)]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the service tells nobody when it has folded
            await asyncio.sleep(0)


async def test_a_trade_of_a_followed_wallet_reaches_the_log() -> None:
    log, feed = await followed_log(), Script()
    async with running(log, feed) as ingest:
        feed.say(frame(proxyWallet="0x" + "00" * 20), frame())
        [trade] = await trades(log, 1)
        assert ingest.connected
    assert trade.wallet == WALLET
    [recorded] = await log.read(["trades.>"])
    assert recorded.subject == f"trades.{WALLET}.observed"
    assert recorded.envelope.causation_id == trade.transaction_hash
    assert recorded.envelope.correlation_id == recorded.envelope.event_id


async def test_a_wallet_added_later_is_followed_from_then_on() -> None:
    log, feed = MemoryLog(), Script()
    async with running(log, feed) as ingest:
        feed.say(frame(size=1), Delivering(connection="1-5", at_ms=5))
        await events(log, ["feeds.>"], 1)
        await target(log, TargetAdded(wallet=WALLET))
        await until(lambda: WALLET in ingest.followed)
        feed.say(frame(size=2))
        [trade] = await trades(log, 1)
        assert trade.size_micros == 2_000_000
        await target(log, TargetRemoved(wallet=WALLET))
        await until(lambda: WALLET not in ingest.followed)


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_log_that_is_away_gets_the_same_event_until_it_has_it(fault: str) -> None:
    log, feed = ShakyLog(), Script()
    await followed_log(log)
    log.attempts.clear()
    log.faults = [fault] * 3
    async with running(log, feed):
        feed.say(frame(size=1), frame(size=2))
        found = await trades(log, 2)
    assert [trade.size_micros for trade in found] == [1_000_000, 3_000_000]
    assert len({new.envelope.event_id for new in log.attempts}) == 2
    assert [new.event for new in log.attempts[:4]] == [log.attempts[0].event] * 4


async def test_a_restart_says_nothing_twice() -> None:
    log = await followed_log()
    for _ in range(2):
        feed = Script()
        async with running(log, feed):
            feed.say(frame(size=1), frame(size=2), frame(side="SELL"))
            found = await trades(log, 3)
    assert len(found) == len(await log.read(["trades.>"])) == 3


async def test_the_same_frames_said_to_an_empty_log_get_the_same_ids() -> None:
    ids: list[list[str]] = []
    for _ in range(2):
        log, feed = await followed_log(), Script()
        async with running(log, feed):
            feed.say(frame(size=1), frame(size=2))
            ids.append([one.envelope.event_id for one in await events(log, ["trades.>"], 2)])
    assert ids[0] == ids[1]


async def test_two_connections_say_a_trade_once_and_in_order() -> None:
    log, feeds = await followed_log(), [Script(1), Script(2)]
    async with running(log, *feeds):
        for size in range(1, 6):
            for feed in feeds:
                feed.say(frame(size=size))
        found = await trades(log, 5)
        sizes = [trade.size_micros for trade in found]
        assert sizes == sorted(sizes)
        feeds[0].say(frame(side="SELL"))
        assert (await trades(log, 6))[-1].side == "SELL"


async def test_what_cannot_be_read_is_captured_with_its_bytes() -> None:
    log, feed = await followed_log(), Script()
    broken = frame(transactionHash=None)
    async with running(log, feed):
        feed.say(b"{", broken, frame())
        await trades(log, 1)
    assert [(kept.source, kept.raw) for kept in log.kept] == [("rtds", b"{"), ("rtds", broken)]
    assert log.kept[1].reason == "no transaction hash"


async def test_connections_and_gaps_are_events() -> None:
    log, feed = await followed_log(), Script()
    async with running(log, feed):
        feed.say(
            Delivering(connection="1-5", at_ms=5),
            Silent(connection="1-5", reason="no data for 30 s", at_ms=9, last_frame_at_ms=6),
        )
        found = [recorded.event for recorded in await events(log, ["feeds.>"], 2)]
    assert found == [
        FeedConnected(source="rtds", connection="1-5", at_ms=5),
        FeedLost(
            source="rtds", connection="1-5", reason="no data for 30 s", at_ms=9, last_frame_at_ms=6
        ),
    ]
    assert len(await log.read(["feeds.>"])) == 2


async def test_a_stop_is_a_gap_too() -> None:
    log, feed = await followed_log(), Script()
    async with running(log, feed):
        feed.say(Delivering(connection="1-5", at_ms=5), frame())
        await trades(log, 1)
    lost = (await log.read(["feeds.>"]))[-1].event
    assert isinstance(lost, FeedLost)
    assert (lost.reason, lost.connection) == ("stopped", "1-5")


async def test_a_log_that_is_away_does_not_hold_up_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "_FAREWELL_S", 0.01)
    log, feed = ShakyLog(), Script()
    await followed_log(log)
    async with running(log, feed):
        feed.say(Delivering(connection="1-5", at_ms=5))
        await events(log, ["feeds.>"], 1)
        log.faults = ["before"] * 1_000_000
    assert len(await log.read(["feeds.>"])) == 1


async def test_a_long_log_is_read_from_near_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    log, feed = await followed_log(), Script()
    async with running(log, feed):
        for second in range(6):
            feed.say(frame(transactionHash=f"0x{second:064x}", timestamp=TRADED_AT_S - 60 + second))
        await trades(log, 6)
    monkeypatch.setattr(service, "REPLAY_MAX", 3)
    monkeypatch.setattr(service, "_REPLAY_STEP", 2)
    again = Script()
    async with running(log, again):
        for second in range(6):
            again.say(
                frame(transactionHash=f"0x{second:064x}", timestamp=TRADED_AT_S - 60 + second)
            )
        again.say(Frame(frame(timestamp=TRADED_AT_S + 1), 1, "1-0", AT_MS + 2_000))
        assert len(await trades(log, 7)) == 7
    assert [kept.reason for kept in log.kept] == ["older than what is remembered"] * 3


async def test_a_log_that_is_away_at_the_start_is_waited_for() -> None:
    class LateLog(MemoryLog):
        refusals = 3

        async def end(self) -> int:
            self.refusals -= 1
            if self.refusals >= 0:
                raise Transient("away", after_s=0)
            return await super().end()

    log, feed = LateLog(), Script()
    async with running(log, feed) as ingest:
        await until(lambda: feed.connected)
        assert ingest.connected


async def test_a_bug_in_a_feed_ends_the_service() -> None:
    class Broken(Script):
        async def listen(self) -> AsyncGenerator[Heard, None]:
            raise ZeroDivisionError
            yield

    log = await followed_log()
    with pytest.raises(ExceptionGroup) as failed:
        await Ingest(log, log, [Script(1), Broken(2)], clock=SystemClock()).run()
    assert failed.group_contains(ZeroDivisionError)
