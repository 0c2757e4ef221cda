"""What the operator says is in the log once, however often and by whomever it is said."""

from polycopy.cli.core.control_state import view_strategies
from polycopy.cli.core.following_view import Target, targets, view_pools, view_targets
from polycopy.cli.service import control
from polycopy.runtime.errors import Conflict
from polycopy.runtime.log import Recorded
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import Pool, StrategyPaused, StrategyResumed, VenueName
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import AccountId, PoolId, StrategyId, Wallet
from polycopy.schemas.subjects import ALL_TARGETS, subject_of
from tests.support.hand_clock import HandClock
from tests.unit.cli.makers import LEADER, strategy

CLOCK = HandClock()
ALPHA = strategy(StrategyId("alpha"), VenueName.PAPER, AccountId("alpha"))


async def followed(log: MemoryLog) -> list[Target]:
    return targets(await control.who_is_followed(log, CLOCK))


async def test_a_wallet_is_followed_once() -> None:
    log = MemoryLog()
    assert await control.add_target(log, CLOCK, LEADER, "the leader")
    assert not await control.add_target(log, CLOCK, LEADER)
    (target,) = await followed(log)
    assert (target.wallet, target.label) == (LEADER, "the leader")


async def test_a_wallet_can_be_dropped_and_followed_again() -> None:
    log = MemoryLog()
    assert not await control.remove_target(log, CLOCK, LEADER)
    for _ in range(2):
        assert await control.add_target(log, CLOCK, LEADER)
        assert await control.remove_target(log, CLOCK, LEADER)
        assert not await control.remove_target(log, CLOCK, LEADER)
    assert await followed(log) == []
    assert len(await log.read([ALL_TARGETS])) == 4


async def test_a_trader_is_wanted_once_in_whatever_case_his_name_is_written() -> None:
    log = MemoryLog()
    assert await control.add_name(log, CLOCK, "Whale", "the big one")
    assert not await control.add_name(log, CLOCK, " whale ")
    [one] = await followed(log)
    assert (one.wallet, one.name, one.label) == ("", "Whale", "the big one")
    assert one.why == ("name Whale: not looked up yet",)
    assert await control.remove_name(log, CLOCK, "WHALE")
    assert not await control.remove_name(log, CLOCK, "Whale")
    assert await followed(log) == []


async def test_a_leaderboard_is_followed_once_and_can_be_defined_anew() -> None:
    log = MemoryLog()
    pool = Pool(pool_id=PoolId("best"))
    larger = Pool(pool_id=PoolId("best"), size=50)
    assert not await control.remove_pool(log, CLOCK, pool.pool_id)
    assert [await control.add_pool(log, CLOCK, one) for one in (pool, pool, larger, pool)] == [
        *(True, False),
        *(True, True),
    ]
    assert await control.remove_pool(log, CLOCK, pool.pool_id)
    assert not await control.remove_pool(log, CLOCK, pool.pool_id)
    assert await control.add_pool(log, CLOCK, pool)


async def test_a_strategy_is_created_once_and_never_changed() -> None:
    log = MemoryLog()
    assert await control.create_strategy(log, CLOCK, ALPHA)
    other = strategy(StrategyId("alpha"), VenueName.POLYMARKET, AccountId("main"))
    assert not await control.create_strategy(log, CLOCK, other)
    (known,) = await control.list_strategies(log)
    assert known.strategy == ALPHA


async def test_who_comes_second_sees_what_the_first_one_said() -> None:
    log = SomebodyElseIsFaster()
    assert not await control.add_target(log, CLOCK, LEADER)
    assert len(await followed(log)) == 1


async def test_a_paused_strategy_is_shown_as_paused_until_it_is_resumed() -> None:
    log = MemoryLog()
    await control.create_strategy(log, CLOCK, ALPHA)
    for event, shown in (
        (StrategyPaused(strategy_id=StrategyId("alpha")), "paused"),
        (StrategyResumed(strategy_id=StrategyId("alpha")), "running"),
    ):
        origin = Origin(source="test", time_ms=0, causation_id=shown)
        new = draft(event, subject=subject_of(event), origin=origin)
        await log.append(new, expected=await log.end())
        (row,) = view_strategies(await control.list_strategies(log)).rows
        assert row[-1] == shown


async def test_lists_say_what_to_do_where_they_are_empty() -> None:
    log = MemoryLog()
    assert "polycopy target add" in view_targets(await followed(log)).empty
    assert "polycopy pool add" in view_pools([]).empty
    assert "polycopy strategy create" in view_strategies(await control.list_strategies(log)).empty


class SomebodyElseIsFaster(MemoryLog):
    """Between our look and our append another one follows the same wallet."""

    faster = True

    async def append(self, new: Draft, *, expected: int | None = None) -> int:
        if self.faster:
            self.faster = False
            await control.add_target(self, CLOCK, Wallet(LEADER), "theirs")
            raise Conflict("somebody was faster")
        return await super().append(new, expected=expected)

    async def last(self, subject_filter: str) -> Recorded | None:
        return await super().last(subject_filter)
