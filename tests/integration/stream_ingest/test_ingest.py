"""From a real socket to a real log."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest
from prometheus_client import Metric

from polycopy.polymarket import rtds
from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime.metrics import CAPTURE_DROPPED
from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.feeds import FeedConnected, FeedGapClosed, FeedGapOpened, FeedLost
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.rtds_socket import RtdsSocket
from polycopy.stream_ingest.service.ingest import UNREADABLE, Ingest
from tests.integration.stream_ingest.rtds_server import RtdsServer
from tests.support.ingesting import FarClock, events, first, follow, ingesting, trades
from tests.support.recordings import json_lines
from tests.support.rtds_frames import WALLET, frame, recorded

DEADLINE_S = 60.0
PATIENT_S = 60.0


@asynccontextmanager
async def listening(
    log: NatsLog, url: str, *, connections: int = 1, watchdog_s: float = PATIENT_S
) -> AsyncIterator[Ingest]:
    clock = FarClock()
    rules = Rules(silence_ms=round(watchdog_s * 1000))
    sockets = [
        RtdsSocket(url, slot=slot, rules=rules, clock=clock) for slot in range(1, connections + 1)
    ]
    async with ingesting(log, *sockets, clock=clock) as ingest:
        yield ingest


def total(metrics: Iterable[Metric]) -> float:
    return sum(
        sample.value
        for metric in metrics
        for sample in metric.samples
        if sample.name.endswith("_total")
    )


async def sizes(log: NatsLog, count: int) -> list[int]:
    return [trade.size_micros for trade in await trades(log, count)]


async def test_trades_of_followed_wallets_pass_from_the_socket_to_the_log(
    log: NatsLog, venue: RtdsServer
) -> None:
    await follow(log, WALLET)
    async with listening(log, venue.url) as ingest:
        await venue.subscribed()
        assert ingest.connected
        await venue.say(
            frame(proxyWallet="0x" + "00" * 20),
            frame("trades", size=4),
            frame("orders_matched", size=10),
            frame("trades", size=6),
            frame("trades", size=2, side="SELL"),
        )
        assert await sizes(log, 3) == [4_000_000, 10_000_000, 2_000_000]
    assert venue.received[0] == rtds.subscribe_message()


async def test_bad_frames_stop_nothing(log: NatsLog, venue: RtdsServer) -> None:
    await follow(log, WALLET)
    bad = [b"{", b"\xff\xfe", b"[" * 10_000, b"PONG", b"", frame(size="9" * 99), frame(price=None)]
    captured, dropped = UNREADABLE.collect(), CAPTURE_DROPPED.collect()
    async with listening(log, venue.url):
        await venue.subscribed()
        await venue.say(*bad, frame(transactionHash=None), frame())
        assert await sizes(log, 1) == [10_000_000]
    assert total(UNREADABLE.collect()) - total(captured) == 6
    assert total(CAPTURE_DROPPED.collect()) == total(dropped)


@pytest.mark.parametrize("size", [(1 << 20) - 1, 1 << 20])
async def test_a_bad_frame_as_large_as_frames_can_be_stops_nothing(
    log: NatsLog, venue: RtdsServer, size: int
) -> None:
    """With its headers it is more than the log's server takes in one message."""
    await follow(log, WALLET)
    async with listening(log, venue.url):
        await venue.subscribed()
        await venue.say(b"{" + b" " * (size - 1), frame())
        assert await sizes(log, 1) == [10_000_000]
        assert log.connected


async def test_a_second_connection_covers_for_the_first_and_adds_nothing(
    log: NatsLog, venue: RtdsServer
) -> None:
    await follow(log, WALLET)
    async with listening(log, venue.url, connections=2):
        await venue.subscribed(2)
        await venue.say(frame(size=1), frame(size=1, name="b"))
        await venue.say(frame(size=1, name="c"), to=1)
        await venue.say(frame(size=7, side="SELL"))
        assert sorted(await sizes(log, 4)) == [1_000_000, 2_000_000, 3_000_000, 7_000_000]


async def test_a_lost_connection_is_made_again_and_the_gap_is_on_record(
    log: NatsLog, venue: RtdsServer
) -> None:
    await follow(log, WALLET)
    async with listening(log, venue.url):
        await venue.subscribed()
        await venue.say(frame(size=1))
        assert len(await sizes(log, 1)) == 1
        await venue.drop_all()
        await venue.subscribed()
        await venue.say(frame(size=1), frame(size=2))
        assert await sizes(log, 2) == [1_000_000, 3_000_000]
        found = [one.event for one in await events(log, ["feeds.>"], 5)]
    told = [FeedConnected, FeedLost, FeedGapOpened, FeedConnected, FeedGapClosed]
    assert [type(event) for event in found] == told
    lost = found[1]
    assert isinstance(lost, FeedLost)
    assert lost.last_frame_at_ms > 0


async def test_a_silent_socket_is_given_up(log: NatsLog, venue: RtdsServer) -> None:
    await follow(log, WALLET)
    async with listening(log, venue.url, watchdog_s=0.3):
        await venue.subscribed()
        await venue.say(frame(size=1))
        lost = await first(log, ["feeds.>"], FeedLost)
        assert isinstance(lost, FeedLost)
        assert lost.reason == "no data for 0.3 s"
        await venue.subscribed()


async def test_a_server_that_drops_everybody_is_not_run_into(
    log: NatsLog, venue: RtdsServer
) -> None:
    await follow(log, WALLET)
    venue.refusing = True
    async with listening(log, venue.url):
        await venue.refused(3)
        venue.refusing = False
        await venue.subscribed()
        await venue.say(frame())
        assert await sizes(log, 1) == [10_000_000]
    [told] = await events(log, ["feeds.>"], 1)
    assert isinstance(told.event, FeedConnected)


async def test_a_restart_in_the_middle_says_nothing_twice(log: NatsLog, venue: RtdsServer) -> None:
    await follow(log, WALLET)
    more = frame(size=1, name="more")
    for rest in ([more], [more, frame(size=4)]):
        async with listening(log, venue.url):
            await venue.subscribed()
            await venue.say(frame(size=1), *rest)
            await sizes(log, len(rest) + 1)
        await venue.subscribed(0)
    assert await sizes(log, 3) == [1_000_000, 2_000_000, 6_000_000]
    assert len(await log.read(["trades.>"])) == 3


async def test_pings_are_sent_as_text(
    log: NatsLog, venue: RtdsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rtds, "PING_EVERY_S", 0.01)
    async with listening(log, venue.url):
        await venue.pinged()


async def test_the_recorded_tape_arrives_whole(log: NatsLog, venue: RtdsServer) -> None:
    rows = json_lines("trades/tape_full_fields.jsonl.gz")
    rows = [row for row in rows if row["source"] == "pranay/rtds"]
    await follow(log, *sorted({Wallet(row["wallet"].lower()) for row in rows}), at_ms=0)
    async with listening(log, venue.url, connections=2):
        await venue.subscribed(2)
        told = [recorded(row, sent_at_ms=number + 1) for number, row in enumerate(rows)]
        await venue.say(*told)
        said = await trades(log, len(rows))
    final = {
        (one.transaction_hash, one.wallet, one.token_id, one.side): one.size_micros for one in said
    }
    assert len(rows) == 120
    assert len(final) == 117
    assert sum(final.values()) == sum(round(float(row["size"]) * 1_000_000) for row in rows)
