"""The order of effects, over the log in memory and sources that follow a script."""

import asyncio
from collections.abc import AsyncGenerator, Callable

import pytest

from polycopy.runtime.errors import Transient
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import TargetAdded, TargetRemoved
from polycopy.schemas.envelope import Draft
from polycopy.schemas.ids import TransactionHash
from polycopy.stream_ingest.ports import Heard, Sources
from polycopy.stream_ingest.service import ingest as ingest_module
from polycopy.stream_ingest.service import scribe
from polycopy.stream_ingest.service.ingest import Ingest
from polycopy.stream_ingest.service.targets import Targets
from tests.support.ingesting import (
    DEADLINE_S,
    FarClock,
    NoBoard,
    Script,
    delivering,
    events,
    followed_log,
    ingesting,
    target,
    trades,
)
from tests.support.rtds_frames import TRADED_AT_S, WALLET, frame
from tests.support.teller import poll, row

SECOND = TransactionHash("0x" + "c2" * 32)


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


def _said(ingest: Ingest) -> int:
    """What the process knows to be in the log."""
    return sum(group.said_micros for group in ingest.state.groups.values())


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the service tells nobody when it has folded
            await asyncio.sleep(0)


async def test_a_trade_of_a_followed_wallet_reaches_the_log() -> None:
    log, feed = await followed_log(), Script()
    async with ingesting(log, feed) as ingest:
        feed.say(frame(proxyWallet="0x" + "00" * 20), frame())
        [trade] = await trades(log, 1)
        assert ingest.connected
        assert ingest.checks(log=True) == {"log": True, "sources": True}
        assert ingest.notes() == {"rtds": "silent"}
        feed.say(delivering())
        await events(log, ["feeds.>"], 1)
        assert ingest.notes() == {"rtds": "live"}
    assert trade.wallet == WALLET
    [recorded] = await log.read(["trades.>"])
    assert recorded.subject == f"trades.{WALLET}.observed"
    assert recorded.envelope.causation_id == trade.transaction_hash
    assert recorded.envelope.correlation_id == recorded.envelope.event_id


async def test_a_wallet_added_later_is_followed_from_then_on() -> None:
    log, feed = MemoryLog(), Script()
    async with ingesting(log, feed) as ingest:
        feed.say(frame(size=1), delivering())
        await events(log, ["feeds.>"], 1)
        await target(log, TargetAdded(wallet=WALLET))
        await until(lambda: WALLET in ingest.followed)
        await until(lambda: WALLET in feed.aimed)
        feed.say(frame(size=2))
        [trade] = await trades(log, 1)
        assert trade.size_micros == 2_000_000
        await target(log, TargetRemoved(wallet=WALLET))
        await until(lambda: WALLET not in ingest.followed)
        await until(lambda: WALLET not in feed.aimed)


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_log_that_is_away_gets_the_same_event_until_it_has_it(fault: str) -> None:
    log, feed = ShakyLog(), Script()
    await followed_log(log)
    log.attempts.clear()
    log.faults = [fault] * 3
    async with ingesting(log, feed):
        feed.say(frame(size=1), frame(size=2))
        found = await trades(log, 2)
    assert [trade.size_micros for trade in found] == [1_000_000, 3_000_000]
    assert len({new.envelope.event_id for new in log.attempts}) == 2
    assert [new.event for new in log.attempts[:4]] == [log.attempts[0].event] * 4


async def test_a_restart_says_nothing_twice() -> None:
    log = await followed_log()
    for _ in range(2):
        feed = Script()
        async with ingesting(log, feed):
            feed.say(frame(size=1), frame(size=2), frame(side="SELL"))
            found = await trades(log, 3)
    assert len(found) == len(await log.read(["trades.>"])) == 3


async def test_the_same_frames_said_to_an_empty_log_get_the_same_ids() -> None:
    ids: list[list[str]] = []
    for _ in range(2):
        log, feed = await followed_log(), Script()
        async with ingesting(log, feed):
            feed.say(frame(size=1), frame(size=2))
            ids.append([one.envelope.event_id for one in await events(log, ["trades.>"], 2)])
    assert ids[0] == ids[1]


async def test_two_connections_say_a_trade_once_and_in_order() -> None:
    log, feeds = await followed_log(), [Script(1), Script(2)]
    async with ingesting(log, *feeds):
        for size in range(1, 6):
            for feed in feeds:
                feed.say(frame(size=size))
        found = await trades(log, 5)
        sizes = [trade.size_micros for trade in found]
        assert sizes == sorted(sizes)
        feeds[0].say(frame(side="SELL"))
        assert (await trades(log, 6))[-1].side == "SELL"


async def test_two_processes_side_by_side_say_a_trade_once() -> None:
    """Of the same rows in another order each says its own sums; the log holds one story."""
    log, feeds = await followed_log(), [Script(1), Script(2)]
    rows = [frame(size=size) for size in (1, 2, 4, 8)]
    async with ingesting(log, feeds[0]) as one, ingesting(log, feeds[1]) as other:
        feeds[0].say(*rows)
        feeds[1].say(*reversed(rows))
        await trades(log, 1)
        await until(lambda: _said(one) == _said(other) == 15_000_000)
    found = [recorded.event for recorded in await log.read(["trades.>"])]
    assert sum(trade.increase_micros for trade in found) == 15_000_000  # type: ignore[attr-defined]


async def test_what_cannot_be_read_is_captured_with_its_bytes() -> None:
    log, feed = await followed_log(), Script()
    broken = frame(transactionHash=None)
    async with ingesting(log, feed):
        feed.say(b"{", broken, frame())
        await trades(log, 1)
    assert [(kept.source, kept.raw) for kept in log.kept] == [("rtds", b"{"), ("rtds", broken)]
    assert log.kept[1].reason == "no transaction hash"


async def test_a_row_without_a_hash_and_every_trade_make_the_last_word_look() -> None:
    log, feed, data = await followed_log(), Script(), Script(name="poll")
    async with ingesting(log, feed, data):
        feed.say(frame(transactionHash=None), frame())
        await trades(log, 1)
        await until(lambda: data.looked == [WALLET, WALLET])


async def test_the_last_word_alone_is_enough() -> None:
    log, data = await followed_log(), Script(name="poll")
    async with ingesting(log, data):
        data.say(poll(row()))
        [trade] = await trades(log, 1)
    assert (trade.source, trade.size_micros) == ("poll.v2", 10_000_000)


async def test_a_log_that_is_away_does_not_hold_up_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ingest_module, "_FAREWELL_S", 0.01)
    log, feed = ShakyLog(), Script()
    await followed_log(log)
    async with ingesting(log, feed):
        feed.say(delivering())
        await events(log, ["feeds.>"], 1)
        log.faults = ["before"] * 1_000_000
    assert len(await log.read(["feeds.>"])) == 1


async def test_a_long_log_is_read_from_near_its_end_and_the_rest_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log, feed = await followed_log(), Script()
    told = [
        frame(transactionHash=f"0x{second:064x}", timestamp=TRADED_AT_S + second, size=second + 1)
        for second in range(6)
    ]
    async with ingesting(log, feed):
        feed.say(*told)
        await trades(log, 6)
    monkeypatch.setattr(scribe, "REPLAY_MAX", 3)
    monkeypatch.setattr(scribe, "_REPLAY_STEP", 2)
    again = Script()
    async with ingesting(log, again):
        again.say(*told)
        again.say(frame(timestamp=TRADED_AT_S + 1, size=99))
        assert len(await trades(log, 7)) == 7
    assert len(await log.read(["trades.>"])) == 7


async def test_a_log_that_is_away_at_the_start_is_waited_for() -> None:
    class LateLog(MemoryLog):
        refusals = 3

        async def end(self) -> int:
            self.refusals -= 1
            if self.refusals >= 0:
                raise Transient("away", after_s=0)
            return await super().end()

    log, feed = LateLog(), Script()
    async with ingesting(log, feed) as ingest:
        await until(lambda: feed.connected)
        assert ingest.connected


async def test_a_bug_in_a_source_ends_the_service() -> None:
    class Broken(Script):
        async def listen(self) -> AsyncGenerator[Heard, None]:
            raise ZeroDivisionError
            yield

    log, opened = await followed_log(), Sources(sources=(Script(1), Broken(2)))
    targets = Targets(log, NoBoard(), clock=FarClock(), changed=lambda *_: None)
    with pytest.raises(ExceptionGroup) as failed:
        await Ingest(log, log, opened, targets, clock=FarClock()).run()
    assert failed.group_contains(ZeroDivisionError)
