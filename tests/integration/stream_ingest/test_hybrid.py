"""Whatever goes wrong at the venue, every leader trade of its journal is in the log once, with its
size, by any mix of sources."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.feeds import FeedConnected, FeedGapClosed, FeedGapOpened, FeedMissed
from polycopy.schemas.ids import Wallet
from polycopy.schemas.trades import TradeCorrected, TradeRehashed
from polycopy.stream_ingest.core import likeness, settling
from polycopy.stream_ingest.service import recovery, settler
from tests.integration.stream_ingest.hybrid_scene import (
    DEADLINE_S,
    STORM,
    eventually,
    listening,
    on_chain,
    told,
    trades_told,
    until_told,
)
from tests.support.directing import BOOK, Control, directing
from tests.support.ingesting import first, follow

ANNA, BERT = (Wallet("0x" + letter * 40) for letter in "ab")
CALM = (
    "[venue]\nseed = 7\nsettle_ms = 0\nindex_delay_ms = [100, 300]\n"
    '[source]\nname = "seeded"\ntrades = 6\nmarkets = 2\n'
)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real times, a tenth as long."""
    monkeypatch.setattr(recovery, "OVERLAP_MS", 300)
    monkeypatch.setattr(recovery, "_PAUSE_S", 0.2)
    monkeypatch.setattr(settler, "TICK_S", 0.05)


async def leaders(log: NatsLog, control: Control) -> frozenset[Wallet]:
    wallets = control.running.script.wallets
    await follow(log, *wallets, at_ms=0)
    return frozenset(wallets)


async def all_traded(control: Control) -> None:
    venue = control.running.venue
    await eventually(lambda: venue.emitted >= control.running.script.total)


@pytest.mark.parametrize(
    "sources", ["rtds poll chain", "rtds poll", "rtds chain", "poll", "chain", "poll chain"]
)
async def test_every_trade_of_a_stormy_day_is_told_once_with_its_size(
    log: NatsLog, sources: str
) -> None:
    async with directing(STORM) as control:
        wallets = await leaders(log, control)
        async with listening(log, control, sources):
            await all_traded(control)
            found = await until_told(log, lambda: on_chain(control, wallets))
        assert found == on_chain(control, wallets)


async def test_two_side_by_side_tell_it_once(log: NatsLog) -> None:
    async with directing(STORM) as control:
        wallets = await leaders(log, control)
        async with listening(log, control), listening(log, control, "rtds poll"):
            await all_traded(control)
            found = await until_told(log, lambda: on_chain(control, wallets))
        assert found == on_chain(control, wallets)


async def test_restarts_of_both_ends_lose_nothing_and_double_nothing(log: NatsLog) -> None:
    async with directing(STORM.replace("trades = 120", "trades = 400")) as control:
        wallets = await leaders(log, control)
        for _ in range(3):
            async with listening(log, control):
                await first_after(log, 10)
                await control.done("disconnect")
            await asyncio.sleep(0.3)  # Nobody listens.
        async with listening(log, control):
            await control.done("restart", memory=True, down_ms=300)
            await all_traded(control)
            found = await until_told(log, lambda: on_chain(control, wallets))
        assert found == on_chain(control, wallets)
        feeds = [one.event for one in await log.read(["feeds.>"])]
    opened = {(one.source, one.from_ms) for one in feeds if isinstance(one, FeedGapOpened)}
    closed = {(one.source, one.from_ms) for one in feeds if isinstance(one, FeedGapClosed)}
    assert len(opened) > len(opened - closed)
    assert all(one.unknown_wallets == 0 for one in feeds if isinstance(one, FeedGapClosed))


async def test_merges_splits_and_redemptions_of_leaders_are_told(log: NatsLog) -> None:
    async with directing(CALM + BOOK) as control:
        await follow(log, ANNA, at_ms=0)
        await control.done("set_wallet", wallet=ANNA, cash=1_000)
        async with listening(log, control):
            await control.done("split", wallet=ANNA, market="mine", size=20)
            await control.done("merge", wallet=ANNA, market="mine", size=5)
            await control.done("resolve", market="mine", payouts=[1, 0])
            await control.done("redeem", wallet=ANNA, market="mine")
            truth = on_chain(control, frozenset([ANNA]))
            assert await until_told(log, lambda: truth) == truth
    assert sorted({key[3] for key in truth}) == ["MERGE", "REDEEM", "SPLIT"]


async def test_rows_that_are_equal_in_everything_are_told_as_soon_as_somebody_can_tell(
    log: NatsLog,
) -> None:
    async with directing(CALM + BOOK) as control:
        await follow(log, ANNA, at_ms=0)
        async with listening(log, control):
            await trade(control, repeat=3, maker=True)
            truth = on_chain(control, frozenset([ANNA]))
            assert await until_told(log, lambda: truth) == truth
    assert list(truth.values()) == [15_000_000]


async def test_what_the_feed_left_out_is_counted(
    log: NatsLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "MISSED_AFTER_MS", 1_500)
    monkeypatch.setattr(settler, "_TELL_EVERY_MS", 3_000)
    async with directing(CALM + BOOK) as control:
        await follow(log, ANNA, at_ms=0)
        fault = {"name": "gap", "kind": "gap", "on": "rtds", "wallet": ANNA}
        await control.done("set_fault", fault=fault)
        async with listening(log, control, "rtds poll"), trading_on(control):
            await first(log, ["feeds.rtds.>"], FeedConnected)
            await asyncio.sleep(3)  # A block's time is that of its beginning.
            await trade(control, size=6)
            missed = await first(log, ["feeds.>"], FeedMissed)
    assert isinstance(missed, FeedMissed)
    assert (missed.source, missed.trades) == ("rtds", 1)


async def test_a_trade_that_is_sent_again_under_another_hash_is_told_once(
    log: NatsLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(likeness, "CHAIN_SETTLES_MS", 3_000)
    async with directing(CALM + BOOK) as control:
        await follow(log, ANNA, at_ms=0)
        async with listening(log, control):
            fault = {"kind": "settle_retried", "on": "trade", "wallet": ANNA, "times": 1}
            await control.done("set_fault", fault=fault)
            await trade(control)
            rehashed = await first(log, ["trades.>"], TradeRehashed)
        truth = on_chain(control, frozenset([ANNA]))
        assert told(await trades_told(log)) == truth
    assert isinstance(rehashed, TradeRehashed)
    assert rehashed.proven
    assert [key[0] for key in truth] == [rehashed.rehashed_as]


async def test_a_trade_that_never_came_to_the_chain_is_corrected_to_nothing(
    log: NatsLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "MISSED_AFTER_MS", 1_000)
    monkeypatch.setattr(settling, "SETTLED_AFTER_MS", 4_000)
    async with directing(CALM + BOOK) as control:
        await follow(log, ANNA, at_ms=0)
        async with listening(log, control):
            await trade(control, wallet=BERT)
            fault = {"kind": "settle_failed", "on": "trade", "wallet": ANNA, "times": 1}
            await control.done("set_fault", fault=fault)
            await asyncio.sleep(3)  # The chain delivers with the first block.
            await trade(control)
            corrected = await first(log, ["trades.>"], TradeCorrected)
        assert on_chain(control, frozenset([ANNA])) == {}
    assert isinstance(corrected, TradeCorrected)
    assert (corrected.size_micros, corrected.said_micros) == (0, 5_000_000)


async def trade(control: Control, *, wallet: Wallet = ANNA, size: int = 5, **more: object) -> None:
    await control.done("leader_trade", wallet=wallet, market="mine", size=size, price=0.45, **more)


@asynccontextmanager
async def trading_on(control: Control) -> AsyncIterator[None]:
    """Others trade all the time, as at the real venue: so the feed is known to deliver."""

    async def keep_trading() -> None:
        while True:
            await trade(control, wallet=BERT)
            await asyncio.sleep(0.2)

    others = asyncio.create_task(keep_trading())
    try:
        yield
    finally:
        others.cancel()
        await asyncio.wait({others})


async def first_after(log: NatsLog, count: int) -> None:
    """Return when so many more trades are told."""
    end = await log.end()
    async with asyncio.timeout(DEADLINE_S):
        async for _ in log.follow(["trades.>"], after=end):
            count -= 1
            if not count:
                return
