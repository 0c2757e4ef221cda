"""The qualifier on a log in memory: order of the log, restarts, lost answers."""

from contextlib import aclosing
from typing import Any

import pytest

from polycopy.qualifier.service import FILTERS, NAME, Qualifier
from polycopy.runtime.errors import Transient
from polycopy.runtime.log import Delivery, Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import FixedSizing, StrategyCreated, StrategyPaused
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import EventId, StrategyId
from polycopy.schemas.money import MICROS
from polycopy.schemas.signals import ReasonCode, TradeEvaluated
from polycopy.schemas.subjects import ALL_SIGNALS, guard_of, subject_of
from polycopy.schemas.trades import TRADE_AHEAD_MS_MAX, TradeObserved
from tests.support.hand_clock import HandClock
from tests.unit.qualifier.makers import NOW_MS, OTHER, strategy, trade

FIXED = FixedSizing(notional_micros=5 * MICROS)


async def say(log: MemoryLog, event: Any, key: str = "", *, time_ms: int = NOW_MS) -> int:
    """Append an event as its service would."""
    subject = subject_of(event)
    guard = guard_of(subject)
    last = await log.last(guard) if guard else None
    origin = Origin(source="test", time_ms=time_ms, causation_id=f"cause {key}")
    expected = None if guard is None else last.sequence if last else 0
    return await log.append(
        draft(event, subject=subject, origin=origin, key=key), expected=expected
    )


async def evaluated(log: MemoryLog) -> list[TradeEvaluated]:
    found = [recorded.event for recorded in await log.read([ALL_SIGNALS])]
    return [event for event in found if isinstance(event, TradeEvaluated)]


async def deliver(log: MemoryLog, qualifier: Qualifier, count: int) -> None:
    """Handle and answer so many messages."""
    async with aclosing(log.work(NAME, FILTERS)) as deliveries:
        for _ in range(count):
            delivery = await anext(deliveries)
            await qualifier.handle(delivery.recorded)
            await delivery.done()


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def qualifier(log: MemoryLog) -> Qualifier:
    return Qualifier(log, clock=HandClock(NOW_MS))


async def test_a_trade_is_evaluated_by_the_strategies_before_it_and_by_no_other(
    log: MemoryLog, qualifier: Qualifier
) -> None:
    await say(log, StrategyCreated(strategy=strategy("first")))
    await say(log, trade(), "one")
    await say(log, StrategyCreated(strategy=strategy("second")))
    await say(log, trade(transaction_hash="0x" + "e4" * 32), "two")
    await deliver(log, qualifier, 4)
    assert [[d.strategy_id for d in event.decisions] for event in await evaluated(log)] == [
        ["first"],
        ["first", "second"],
    ]


async def test_a_restarted_qualifier_decides_as_one_that_never_stopped(log: MemoryLog) -> None:
    await say(log, StrategyCreated(strategy=strategy("alpha", sizing=FIXED)))
    await say(log, trade(shares=100), "one")
    await deliver(log, Qualifier(log, clock=HandClock(NOW_MS)), 2)
    await say(log, trade(shares=160, increase=60), "two")
    await deliver(log, Qualifier(log, clock=HandClock(NOW_MS)), 1)
    first, second = await evaluated(log)
    assert first.decisions[0].qualified
    assert second.decisions[0].reasons == (ReasonCode.ALREADY_COPIED,)


async def test_a_trade_whose_answer_was_lost_is_not_evaluated_again(log: MemoryLog) -> None:
    await say(log, StrategyCreated(strategy=strategy()))
    await say(log, trade(), "one")
    await deliver(log, Qualifier(log, clock=HandClock(NOW_MS)), 1)

    async def first_delivery() -> Delivery:
        async with aclosing(log.work(NAME, FILTERS)) as deliveries:
            return await anext(deliveries)

    unanswered = await first_delivery()
    assert await Qualifier(log, clock=HandClock(NOW_MS)).handle(unanswered.recorded) != []
    again = await first_delivery()
    assert again.recorded == unanswered.recorded
    later = HandClock(NOW_MS + 5_000)
    assert await Qualifier(log, clock=later).handle(again.recorded) == []
    assert len(await evaluated(log)) == 1


async def test_a_pause_holds_for_the_trades_after_it(log: MemoryLog, qualifier: Qualifier) -> None:
    await say(log, StrategyCreated(strategy=strategy("alpha")))
    await say(log, trade(), "one")
    await say(log, StrategyPaused(strategy_id=StrategyId("alpha")), "pause")
    await say(log, trade(transaction_hash="0x" + "e4" * 32), "two")
    await deliver(log, qualifier, 4)
    before, after = await evaluated(log)
    assert before.decisions[0].qualified
    assert after.decisions[0].reasons == (ReasonCode.STRATEGY_PAUSED,)


async def test_the_signal_follows_from_the_trade_and_keeps_its_correlation(
    log: MemoryLog, qualifier: Qualifier
) -> None:
    await say(log, trade(), "one")
    await deliver(log, qualifier, 1)
    observed = await log.last("trades.>")
    signal = await log.last(ALL_SIGNALS)
    assert observed is not None
    assert signal is not None
    assert signal.envelope.causation_id == observed.envelope.event_id
    assert signal.envelope.correlation_id == observed.envelope.correlation_id
    assert isinstance(signal.event, TradeEvaluated)
    assert signal.event.trade_id == observed.envelope.event_id


async def test_an_old_log_is_read_back_only_as_far_as_a_trade_can_be_young() -> None:
    clock = HandClock(NOW_MS)
    log = ReadsCounted()
    await say(log, StrategyCreated(strategy=strategy()))
    for number in range(2_500):
        old = trade(transaction_hash=f"0x{number:064x}")
        await say(log, evaluation_of(old, number), str(number), time_ms=NOW_MS - 10**8)
    await say(log, trade(), "new")
    newest = await log.last("trades.>")
    assert newest is not None
    await Qualifier(log, clock=clock).handle(newest)
    assert log.signals_read <= 2_000


async def test_a_trade_from_ahead_of_our_clock_is_not_forgotten_while_it_is_young(
    log: MemoryLog,
) -> None:
    ahead_ms = NOW_MS + TRADE_AHEAD_MS_MAX
    await say(log, StrategyCreated(strategy=strategy(sizing=FIXED)))
    await say(log, trade(shares=100, traded_at_ms=ahead_ms), "one")
    await deliver(log, Qualifier(log, clock=HandClock(NOW_MS)), 2)
    for number in range(2_500):  # More than are read back for nothing.
        await say(log, evaluation_of(trade(wallet=OTHER), number), str(number))
    later_ms = ahead_ms + 60_000
    more = trade(shares=160, increase=60, traded_at_ms=ahead_ms)
    await say(log, more, "two", time_ms=later_ms)
    await deliver(log, Qualifier(log, clock=HandClock(later_ms)), 1)
    assert (await evaluated(log))[-1].decisions[0].reasons == (ReasonCode.ALREADY_COPIED,)


async def test_an_append_whose_outcome_is_unknown_is_read_back(log: MemoryLog) -> None:
    await say(log, StrategyCreated(strategy=strategy()))
    await say(log, trade(), "one")
    observed = await log.last("trades.>")
    assert observed is not None
    loses_one = LosesOneAnswer(log)
    qualifier = Qualifier(loses_one, clock=HandClock(NOW_MS))
    with pytest.raises(Transient):
        await qualifier.handle(observed)
    assert await qualifier.handle(observed) == []
    assert len(await evaluated(log)) == 1


def evaluation_of(seen: TradeObserved, number: int) -> TradeEvaluated:
    return TradeEvaluated(
        trade_id=EventId(str(number)),
        wallet=seen.wallet,
        transaction_hash=seen.transaction_hash,
        token_id=seen.token_id,
        condition_id=seen.condition_id,
        side=seen.side,
        size_micros=seen.size_micros,
        price_micros=seen.price_micros,
        notional_micros=seen.notional_micros,
        decisions=(),
        evaluated_at_ms=NOW_MS - 10**8,
        traded_at_ms=NOW_MS - 10**8,
    )


class ReadsCounted(MemoryLog):
    """Counts the signals that were read."""

    signals_read = 0

    async def read(
        self, filters: Any, *, after: int = 0, until: int | None = None
    ) -> list[Recorded]:
        found = await super().read(filters, after=after, until=until)
        self.signals_read += sum(isinstance(one.event, TradeEvaluated) for one in found)
        return found


class LosesOneAnswer:
    """A log that stores the first event and does not say so."""

    def __init__(self, log: MemoryLog) -> None:
        self._log = log
        self._lost = False
        self.read = log.read
        self.end = log.end
        self.at = log.at

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        sequence = await self._log.append(new, expected=expected)
        if not self._lost:
            self._lost = True
            raise Transient("no answer")
        return sequence
