"""Gaps, and what is said because time passes, over sources that follow a script."""

import asyncio
from collections.abc import AsyncGenerator, Collection

import pytest

from polycopy.schemas.feeds import (
    FeedConnected,
    FeedGapClosed,
    FeedGapOpened,
    FeedLost,
    FeedMissed,
)
from polycopy.schemas.ids import TransactionHash, Wallet
from polycopy.schemas.trades import TradeCorrected, TradeRehashed
from polycopy.stream_ingest.core.reports import Report
from polycopy.stream_ingest.ports import Asked
from polycopy.stream_ingest.service import recovery, settler
from tests.support.ingesting import (
    AT_MS,
    Archive,
    FarClock,
    Script,
    delivering,
    events,
    first,
    followed_log,
    ingesting,
    silent,
    trades,
)
from tests.support.rtds_frames import frame
from tests.support.teller import poll, row

SECOND = TransactionHash("0x" + "c2" * 32)


class Slow(Archive):
    """Answers when the gate is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def past(
        self, wallets: Collection[Wallet], *, from_ms: int, to_ms: int
    ) -> AsyncGenerator[Report | Asked, None]:
        self.asked.append((from_ms, to_ms))
        await self.gate.wait()
        yield Asked(tuple(wallets))


async def test_connections_and_gaps_are_events() -> None:
    log, feed = await followed_log(), Script()
    async with ingesting(log, feed):
        feed.say(delivering(), silent(ended_ms=AT_MS + 9, last_ms=AT_MS + 6))
        found = [recorded.event for recorded in await events(log, ["feeds.>"], 3)]
    assert found == [
        FeedConnected(source="rtds", connection=f"rtds-{AT_MS}", at_ms=AT_MS),
        FeedLost(
            source="rtds",
            connection=f"rtds-{AT_MS}",
            reason="no data for 30 s",
            at_ms=AT_MS + 9,
            last_frame_at_ms=AT_MS + 6,
        ),
        FeedGapOpened(source="rtds", from_ms=AT_MS + 6, reason="no data for 30 s", at_ms=AT_MS + 9),
    ]


async def test_a_gap_is_closed_when_its_time_was_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was found is said of the trades, and counted in the gap."""
    monkeypatch.setattr(recovery, "OVERLAP_MS", 0)
    monkeypatch.setattr(recovery, "_PAUSE_S", 0)
    log, feed = await followed_log(), Script()
    archive = Archive(poll(row(), at_ms=AT_MS + 2_000), refusals=2)
    async with ingesting(log, feed, backfills=[archive]):
        feed.say(delivering(at_ms=AT_MS - 5_000))
        feed.say(silent(at_ms=AT_MS - 5_000, ended_ms=AT_MS + 500, last_ms=AT_MS - 500))
        feed.say(delivering(at_ms=AT_MS + 1_500))
        closed = await first(log, ["feeds.>"], FeedGapClosed)
    assert isinstance(closed, FeedGapClosed)
    assert (closed.from_ms, closed.to_ms) == (AT_MS - 500, AT_MS + 1_500)
    assert (closed.by, closed.recovered, closed.wallets, closed.unknown_wallets) == (
        "poll",
        1,
        1,
        0,
    )
    assert archive.asked == [(AT_MS - 500, AT_MS + 1_500)] * 3
    [trade] = await trades(log, 1)
    assert trade.source == "poll.v2"


async def test_gaps_that_come_while_one_is_looked_into_are_looked_into_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A socket that flaps costs no more questions than one that does not."""
    monkeypatch.setattr(recovery, "OVERLAP_MS", 0)
    log, feed, archive = await followed_log(), Script(), Slow()
    async with ingesting(log, feed, backfills=[archive]):
        began_ms = AT_MS - 20_000
        for at_ms in range(began_ms, began_ms + 10_000, 1_000):
            feed.say(delivering(at_ms=at_ms))
            feed.say(silent(at_ms=at_ms, ended_ms=at_ms + 300, last_ms=at_ms + 200))
        feed.say(delivering(at_ms=AT_MS))
        await events(log, ["feeds.rtds.connected"], 11)
        archive.gate.set()
        closed = await events(log, ["feeds.rtds.gap-closed"], 10)
    assert len(archive.asked) <= 2
    assert (archive.asked[0][0], archive.asked[-1][1]) == (began_ms + 200, AT_MS)
    assert len({recorded.event for recorded in closed}) == 10


async def test_a_gap_that_nobody_can_tell_about_stays_unknown() -> None:
    log, feed = await followed_log(), Script()
    async with ingesting(log, feed):
        feed.say(delivering(), silent(ended_ms=AT_MS + 500, last_ms=AT_MS + 500))
        feed.say(delivering(at_ms=AT_MS + 1_500))
        closed = await first(log, ["feeds.>"], FeedGapClosed)
    assert isinstance(closed, FeedGapClosed)
    assert (closed.by, closed.recovered, closed.wallets, closed.unknown_wallets) == ("", 0, 1, 1)


async def test_the_time_without_a_process_is_a_gap_too() -> None:
    log, feed = await followed_log(), Script()
    async with ingesting(log, feed):
        feed.say(delivering(), frame())
        await trades(log, 1)
    lost = await first(log, ["feeds.>"], FeedLost)
    assert isinstance(lost, FeedLost)
    assert lost.reason == "stopped"
    again = Script()
    async with ingesting(log, again, clock=FarClock(AT_MS + 60_000)):
        again.say(delivering(at_ms=AT_MS + 60_000))
        closed = await first(log, ["feeds.>"], FeedGapClosed)
    assert isinstance(closed, FeedGapClosed)
    assert (closed.from_ms, closed.to_ms) == (lost.last_frame_at_ms, AT_MS + 60_000)
    told = [one.event for one in await log.read(["feeds.>"])]
    opened = [event.from_ms for event in told if isinstance(event, FeedGapOpened)]
    assert opened[0] == lost.last_frame_at_ms
    assert len(opened) == 2  # The other one is the second stop.


async def test_what_a_source_never_brought_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settler, "TICK_S", 0)
    log, feed, data, clock = await followed_log(), Script(), Script(name="poll"), FarClock()
    async with ingesting(log, feed, data, clock=clock):
        feed.say(delivering(at_ms=AT_MS - 1_000))
        data.say(delivering("poll", AT_MS - 1_000), poll(row()))
        await trades(log, 1)
        clock.step(61_000)
        missed = await first(log, ["feeds.>"], FeedMissed)
    assert isinstance(missed, FeedMissed)
    assert (missed.source, missed.trades) == ("rtds", 1)
    assert missed.transactions == (row().transaction_hash,)


async def test_a_trade_of_which_the_last_word_knows_nothing_is_corrected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settler, "TICK_S", 0)
    log, feed, data, clock = await followed_log(), Script(), Script(name="poll"), FarClock()
    async with ingesting(log, feed, data, clock=clock):
        data.say(delivering("poll", AT_MS - 1_000))
        await events(log, ["feeds.>"], 1)
        feed.say(frame())
        await trades(log, 1)
        clock.step(301_000)
        corrected = await first(log, ["trades.>"], TradeCorrected)
    assert isinstance(corrected, TradeCorrected)
    assert (corrected.size_micros, corrected.said_micros) == (0, 10_000_000)
    assert corrected.source == "poll"


async def test_a_trade_sent_again_under_another_hash_is_no_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settler, "TICK_S", 0)
    log, feed, data, clock = await followed_log(), Script(), Script(name="poll"), FarClock()
    async with ingesting(log, feed, data, clock=clock):
        feed.say(frame(), frame(transactionHash=SECOND))
        data.say(poll(row(transaction_hash=SECOND)))
        await trades(log, 1)
        clock.step(50_000)
        rehashed = await first(log, ["trades.>"], TradeRehashed)
    assert isinstance(rehashed, TradeRehashed)
    assert (rehashed.rehashed_as, rehashed.proven) == (SECOND, True)
    assert len(await log.read(["trades.>"])) == 2


async def test_a_stop_is_a_gap_too() -> None:
    log, feed = await followed_log(), Script()
    async with ingesting(log, feed):
        feed.say(delivering(), frame())
        await trades(log, 1)
    lost, opened = [one.event for one in await log.read(["feeds.>"])][-2:]
    assert isinstance(lost, FeedLost)
    assert (lost.reason, lost.last_frame_at_ms) == ("stopped", AT_MS)
    assert isinstance(opened, FeedGapOpened)
