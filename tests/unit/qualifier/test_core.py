"""What the strategies make of one leader trade, check by check."""

from typing import Any

import immutables
import msgspec
import pytest

from polycopy.qualifier import core
from polycopy.qualifier.core import Evaluate, State
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import FixedSizing, StrategyPaused, StrategyResumed
from polycopy.schemas.ids import EventId, StrategyId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.signals import Decision, ReasonCode, TradeEvaluated
from polycopy.schemas.trades import TradeDoubt, TradeObserved
from tests.unit.qualifier.makers import LEADER, NOW_MS, OTHER, created, recorded, trade


def command(seen: TradeObserved, *, sequence: int = 50, at_ms: int = NOW_MS) -> Evaluate:
    return Evaluate(
        trade_id=EventId(f"trade-{sequence}"), sequence=sequence, trade=seen, at_ms=at_ms
    )


def decided(seen: TradeObserved, *history: Recorded, **placed: Any) -> tuple[Decision, ...]:
    (event,) = core.decide(core.fold(history), command(seen, **placed))
    return event.decisions


def only(seen: TradeObserved, **changes: Any) -> Decision:
    """The one decision of a strategy with these settings."""
    (decision,) = decided(seen, created(**changes))
    return decision


def after(
    state: State, seen: TradeObserved, *, sequence: int
) -> tuple[State, tuple[Decision, ...]]:
    """Evaluate and fold what was decided."""
    (event,) = core.decide(state, command(seen, sequence=sequence))
    return core.evolve(state, recorded(event, sequence=sequence + 1, key=str(sequence))), (
        event.decisions
    )


def test_a_trade_within_all_limits_is_copied_in_proportion() -> None:
    decision = only(trade(shares=100, price_micros=500_000))
    assert decision.qualified
    assert decision.notional_micros == 5 * MICROS
    assert decision.size_micros == 0
    assert decision.limit_price_micros == 520_000


def test_a_sale_is_copied_in_shares_down_to_the_slippage() -> None:
    decision = only(trade(shares=100, price_micros=500_000, side=Side.SELL))
    assert decision.qualified
    assert decision.size_micros == 10 * MICROS
    assert decision.notional_micros == 0
    assert decision.limit_price_micros == 480_000


def test_a_limit_never_leaves_the_price_band_upwards_nor_the_finest_tick_downwards() -> None:
    assert only(trade(price_micros=945_000)).limit_price_micros == 950_000
    cheap = trade(shares=10_000, price_micros=10_000, side=Side.SELL)
    assert only(cheap).limit_price_micros == core.PRICE_LOWEST_MICROS


def test_without_strategies_the_trade_is_still_evaluated() -> None:
    assert decided(trade()) == ()


def test_strategies_answer_in_the_order_in_which_they_were_created() -> None:
    history = [created("zulu", sequence=3), created("alpha", sequence=5)]
    assert [d.strategy_id for d in decided(trade(), *history)] == ["zulu", "alpha"]


def test_a_strategy_created_after_the_trade_says_nothing_about_it() -> None:
    history = [created("alpha", sequence=3), created("late", sequence=51)]
    assert [d.strategy_id for d in decided(trade(), *history, sequence=50)] == ["alpha"]


@pytest.mark.parametrize(
    ("seen", "changes", "reason"),
    [
        (trade(traded_at_ms=NOW_MS - 60_001), {}, ReasonCode.TRADE_TOO_OLD),
        (trade(stale=True), {}, ReasonCode.TRADE_STALE),
        (trade(doubt=TradeDoubt.MAYBE_REHASHED), {}, ReasonCode.TRADE_DOUBTFUL),
        (trade(), {"targets": (OTHER,)}, ReasonCode.NOT_TARGET_TRADER),
        (trade(), {"sides": (Side.SELL,)}, ReasonCode.SIDE_NOT_COPIED),
        (trade(price_micros=960_000), {}, ReasonCode.PRICE_OUT_OF_RANGE),
        (trade(shares=1_000, price_micros=40_000), {}, ReasonCode.PRICE_OUT_OF_RANGE),
        (trade(), {"leader_notional_min_micros": 51 * MICROS}, ReasonCode.TRADE_TOO_SMALL),
        (trade(shares=1), {}, ReasonCode.SIZE_BELOW_MINIMUM),
    ],
)
def test_a_failed_check_is_the_reason(
    seen: TradeObserved, changes: dict[str, Any], reason: ReasonCode
) -> None:
    decision = only(seen, **changes)
    assert decision.reasons == (reason,)
    assert decision.notional_micros == decision.size_micros == decision.limit_price_micros == 0


@pytest.mark.parametrize(
    ("seen", "changes"),
    [
        (trade(traded_at_ms=NOW_MS - 60_000), {}),
        (trade(), {"targets": (OTHER, LEADER)}),
        (trade(price_micros=950_000), {}),
        (trade(price_micros=50_000), {"order_notional_min_micros": MICROS // 2}),
        (trade(), {"leader_notional_min_micros": 50 * MICROS}),
        (trade(shares=20), {}),
    ],
)
def test_a_limit_that_is_just_met_holds_nothing_back(
    seen: TradeObserved, changes: dict[str, Any]
) -> None:
    assert only(seen, **changes).qualified


def test_every_failed_check_is_named_in_the_order_of_the_checks() -> None:
    seen = trade(shares=1, price_micros=990_000, traded_at_ms=NOW_MS - 100_000)
    paused = recorded(StrategyPaused(strategy_id=StrategyId("alpha")), sequence=2)
    limits: dict[str, Any] = {
        "targets": (OTHER,),
        "sides": (Side.SELL,),
        "leader_notional_min_micros": MICROS,
    }
    (decision,) = decided(seen, created(**limits), paused)
    assert decision.reasons == (
        ReasonCode.STRATEGY_PAUSED,
        ReasonCode.TRADE_TOO_OLD,
        ReasonCode.NOT_TARGET_TRADER,
        ReasonCode.SIDE_NOT_COPIED,
        ReasonCode.PRICE_OUT_OF_RANGE,
        ReasonCode.TRADE_TOO_SMALL,
        ReasonCode.SIZE_BELOW_MINIMUM,
    )


def test_what_keeps_us_out_of_a_position_does_not_keep_us_in_one() -> None:
    history = [
        created(leader_notional_min_micros=1_000 * MICROS),
        recorded(StrategyPaused(strategy_id=StrategyId("alpha")), sequence=2),
    ]
    (decision,) = decided(trade(price_micros=980_000, side=Side.SELL), *history)
    assert decision.qualified


def test_a_doubt_keeps_nobody_from_getting_out() -> None:
    doubtful = trade(side=Side.SELL, doubt=TradeDoubt.MAYBE_REHASHED)
    assert only(doubtful).qualified


def test_a_resumed_strategy_takes_entries_again() -> None:
    history = [
        created(),
        recorded(StrategyPaused(strategy_id=StrategyId("alpha")), sequence=2),
        recorded(StrategyResumed(strategy_id=StrategyId("alpha")), sequence=3),
    ]
    assert decided(trade(), *history)[0].qualified


def test_a_strategy_created_again_counts_once_with_its_newer_settings() -> None:
    history = [created(), created(sides=(Side.SELL,), sequence=2)]
    (decision,) = decided(trade(), *history)
    assert decision.reasons == (ReasonCode.SIDE_NOT_COPIED,)
    assert decision.strategy_version == history[1].envelope.event_id


def test_a_copy_is_capped_and_says_by_what() -> None:
    decision = only(trade(), order_notional_max_micros=2 * MICROS)
    assert (decision.notional_micros, decision.capped_by) == (2 * MICROS, "order_notional_max")


def test_a_fixed_sale_is_as_many_shares_as_the_amount_is_worth() -> None:
    decision = only(trade(side=Side.SELL), sizing=FixedSizing(notional_micros=5 * MICROS))
    assert decision.size_micros == 10 * MICROS


def test_a_price_of_nothing_sells_nothing_and_fails_nothing() -> None:
    decision = only(trade(price_micros=0, side=Side.SELL), sizing=FixedSizing(notional_micros=5))
    assert decision.reasons == (ReasonCode.SIZE_BELOW_MINIMUM,)


def test_a_trade_that_grew_is_copied_by_its_growth() -> None:
    state = core.fold([created()])
    state, first = after(state, trade(shares=100), sequence=50)
    state, second = after(state, trade(shares=160, increase=60), sequence=52)
    assert [d.notional_micros for d in first + second] == [5 * MICROS, 3 * MICROS]


def test_parts_too_small_alone_are_copied_together() -> None:
    state = core.fold([created()])
    state, first = after(state, trade(shares=15), sequence=50)
    state, second = after(state, trade(shares=30, increase=15), sequence=52)
    assert first[0].reasons == (ReasonCode.SIZE_BELOW_MINIMUM,)
    assert second[0].notional_micros == 1_500_000


def test_a_fixed_amount_is_copied_once_however_much_the_trade_grows() -> None:
    state = core.fold([created(sizing=FixedSizing(notional_micros=5 * MICROS))])
    state, first = after(state, trade(shares=100), sequence=50)
    state, second = after(state, trade(shares=160, increase=60), sequence=52)
    assert first[0].qualified
    assert second[0].reasons == (ReasonCode.ALREADY_COPIED,)


def test_a_fixed_amount_is_copied_when_the_growing_trade_becomes_large_enough() -> None:
    sizing = FixedSizing(notional_micros=5 * MICROS)
    state = core.fold([created(sizing=sizing, leader_notional_min_micros=60 * MICROS)])
    state, first = after(state, trade(shares=100), sequence=50)
    state, second = after(state, trade(shares=160, increase=60), sequence=52)
    assert first[0].reasons == (ReasonCode.TRADE_TOO_SMALL,)
    assert second[0].notional_micros == 5 * MICROS


def in_rows(count: int, side: Side, **changes: Any) -> list[Decision]:
    """The decisions about a trade of $100,000 that is heard in so many equal rows."""
    state, found = core.fold([created(**changes)]), list[Decision]()
    shares = 200_000 // count
    for number in range(count):
        seen = trade(shares=(number + 1) * shares, increase=shares, side=side)
        state, (decision,) = after(state, seen, sequence=50 + 2 * number)
        found.append(decision)
    return found


def test_a_trade_in_fifty_rows_is_copied_for_no_more_than_the_same_trade_in_one() -> None:
    assert [d.notional_micros for d in in_rows(1, Side.BUY)] == [100 * MICROS]
    first, *rest = in_rows(50, Side.BUY)
    assert (first.notional_micros, first.capped_by) == (100 * MICROS, "order_notional_max")
    assert {decision.reasons for decision in rest} == {(ReasonCode.ALREADY_COPIED,)}


def test_the_last_copy_within_the_limit_is_what_is_left_and_says_so() -> None:
    first, second, third = in_rows(50, Side.BUY, order_notional_max_micros=350 * MICROS)[:3]
    assert (first.notional_micros, first.capped_by) == (200 * MICROS, "")
    assert (second.notional_micros, second.capped_by) == (150 * MICROS, "order_notional_max")
    assert third.reasons == (ReasonCode.ALREADY_COPIED,)


def test_what_is_left_of_the_limit_is_no_copy_below_the_minimum() -> None:
    limits = {"order_notional_min_micros": 10 * MICROS, "order_notional_max_micros": 209 * MICROS}
    first, *rest = in_rows(50, Side.BUY, **limits)
    assert first.notional_micros == 200 * MICROS
    assert {(d.reasons, d.capped_by) for d in rest} == {((ReasonCode.SIZE_BELOW_MINIMUM,), "")}


def test_a_limit_keeps_nobody_in_each_sale_is_capped_by_itself() -> None:
    sold = in_rows(50, Side.SELL)
    assert {(d.size_micros, d.capped_by) for d in sold} == {(200 * MICROS, "order_notional_max")}


def test_rows_at_a_falling_price_are_copied_for_the_share_of_what_they_cost() -> None:
    state = core.fold([created()])
    state, first = after(state, trade(shares=100, price_micros=900_000), sequence=50)
    fallen = trade(shares=200, price_micros=550_000, increase=100)  # 100 more, at 0.2.
    state, second = after(state, fallen, sequence=52)
    assert [d.notional_micros for d in first + second] == [9 * MICROS, 2 * MICROS]


def test_another_side_or_wallet_of_the_transaction_is_another_trade() -> None:
    state = core.fold([created(sizing=FixedSizing(notional_micros=5 * MICROS))])
    state, _ = after(state, trade(), sequence=50)
    state, other_side = after(state, trade(side=Side.SELL), sequence=52)
    state, other_wallet = after(state, trade(wallet=OTHER), sequence=54)
    assert other_side[0].qualified
    assert other_wallet[0].qualified


def test_the_event_tells_the_increase_and_what_it_cost() -> None:
    (event,) = core.decide(core.initial(), command(trade(shares=160, increase=60)))
    assert event.size_micros == 60 * MICROS
    assert event.notional_micros == 30 * MICROS
    assert event.evaluated_at_ms == NOW_MS


def test_trades_too_old_for_every_strategy_are_forgotten() -> None:
    state = core.fold([created()])
    for number in range(2_500):
        seen = trade(transaction_hash=f"0x{number:064x}", traded_at_ms=NOW_MS + number * 1_000)
        (event,) = core.decide(
            state, command(seen, sequence=number + 10, at_ms=NOW_MS + number * 1_000)
        )
        assert isinstance(event, TradeEvaluated)
        state = core.evolve(state, recorded(event, sequence=number + 11, key=str(number)))
    assert len(state.groups) <= 1_000


def test_what_grows_after_it_was_forgotten_is_sold_once() -> None:
    state, _ = after(core.fold([created()]), trade(1_000, side=Side.SELL), sequence=50)
    state = msgspec.structs.replace(state, groups=immutables.Map())
    state, _ = after(state, trade(1_100, increase=100, side=Side.SELL), sequence=60)
    _, (last,) = after(state, trade(1_150, increase=50, side=Side.SELL), sequence=70)
    assert last.size_micros == 5 * MICROS
