"""How much of an account's limits is used."""

import msgspec

from polycopy.schemas.ids import ConditionId, OrderId, StrategyId, TokenId, Wallet
from polycopy.schemas.limits import Standing
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderEvent, OrderRequested, PositionSettled
from polycopy.trading.account import fold
from polycopy.trading.account_state import DAY_MS
from polycopy.trading.limits import standing_of
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    LEADER,
    ONE,
    OPENING,
    STRATEGY,
    TOKEN,
    filled,
    intent,
    requested,
)

YES, NO = TOKEN, TokenId("1")
ELSEWHERE = ConditionId("0x" + "e5" * 32)
ANOTHER = Wallet("0x" + "cd" * 20)
SECOND = StrategyId("copy-two")
NOON_MS = DAY_MS // 2
LATER_MS = NOON_MS + 3_600_000


def ordered(
    name: str,
    side: Side = Side.BUY,
    *,
    shares: int = 100,
    dollars: int,
    token: TokenId = YES,
    lock: int | None = None,
    at_ms: int = NOON_MS,
) -> OrderRequested:
    order = requested(
        name, side=side, size=shares * ONE, notional=dollars * ONE, token=token, lock=lock
    )
    return msgspec.structs.replace(order, requested_at_ms=at_ms)


def traded(order: OrderRequested, *, fee: int = 0) -> tuple[OrderEvent, ...]:
    """The order, and all of it filled."""
    fill = filled(
        order.order_id,
        f"t-{order.order_id}",
        side=order.side,
        size=order.size_micros,
        notional=order.notional_micros,
        fee=fee,
    )
    return order, fill


def standing(
    *history: OrderEvent | tuple[OrderEvent, ...],
    at_ms: int = LATER_MS,
    leader: Wallet = LEADER,
    condition: ConditionId = CONDITION,
) -> Standing:
    events = [event for part in history for event in (part if isinstance(part, tuple) else (part,))]
    wanted = msgspec.structs.replace(intent(), leader=leader, condition_id=condition)
    return standing_of(fold(ACCOUNT, [*OPENING, *events]), wanted, at_ms)


def test_of_a_new_account_nothing_is_used() -> None:
    assert standing() == Standing(deposited_micros=1_000 * ONE)


def test_what_is_held_can_be_lost_at_its_cost() -> None:
    known = standing(traded(ordered("a", dollars=60)))
    assert known.market_exposure_micros == known.total_exposure_micros == 60 * ONE
    assert known.leader_exposure_micros == 60 * ONE


def test_both_outcomes_of_a_market_are_netted_across_the_strategies_of_the_account() -> None:
    yes = traded(ordered("a", dollars=60))
    no = ordered("b", shares=50, dollars=15, token=NO)
    known = standing(yes, traded(msgspec.structs.replace(no, strategy_id=SECOND)))
    assert STRATEGY != SECOND
    assert known.market_exposure_micros == (60 + 15 - 50) * ONE  # No pays 50 at worst.
    assert known.total_exposure_micros == 25 * ONE
    assert known.leader_exposure_micros == 75 * ONE  # Whom to trust is not netted.


def test_a_pair_that_is_for_sale_is_no_pair() -> None:
    pairs = traded(ordered("a", dollars=60)), traded(ordered("b", dollars=30, token=NO))
    half = ordered("c", Side.SELL, shares=40, dollars=12, token=NO)
    assert standing(*pairs).market_exposure_micros == 0
    assert standing(*pairs, half).market_exposure_micros == (90 - 60) * ONE


def test_a_sure_gain_in_one_market_is_no_room_in_another() -> None:
    pair = traded(ordered("a", dollars=60)), traded(ordered("b", dollars=30, token=NO))
    other = ordered("c", dollars=70, token=TokenId("2"))
    known = standing(*pair, traded(msgspec.structs.replace(other, condition_id=ELSEWHERE)))
    assert known.market_exposure_micros == 0
    assert known.total_exposure_micros == 70 * ONE


def test_two_markets_are_two_exposures() -> None:
    one = traded(ordered("a", dollars=60))
    other = ordered("b", dollars=70, token=TokenId("2"))
    other = msgspec.structs.replace(other, condition_id=ELSEWHERE)
    for condition, used in ((CONDITION, 60), (ELSEWHERE, 70)):
        known = standing(one, traded(other), condition=condition)
        assert known.market_exposure_micros == used * ONE
        assert known.total_exposure_micros == 130 * ONE


def test_an_open_entry_counts_with_all_that_it_locks() -> None:
    order = ordered("a", dollars=60, lock=63 * ONE)
    part = filled("a", size=50 * ONE, notional=30 * ONE, fee=ONE, partially=True)
    assert standing(order).market_exposure_micros == 63 * ONE
    known = standing(order, part)  # 30 paid, 32 still locked; the fee is gone.
    assert known.market_exposure_micros == known.leader_exposure_micros == 62 * ONE
    ended = OrderCancelled(order_id=OrderId("a"), reason="killed", cancelled_at_ms=NOON_MS)
    assert standing(order, part, ended).total_exposure_micros == 30 * ONE


def test_an_exit_locks_shares_and_no_exposure() -> None:
    bought = traded(ordered("a", dollars=60))
    sold = ordered("b", Side.SELL, shares=50, dollars=30)
    assert standing(bought, sold).total_exposure_micros == 60 * ONE
    assert standing(bought, traded(sold)).total_exposure_micros == 30 * ONE


def test_each_leader_has_an_exposure_and_so_have_those_who_copy_nobody() -> None:
    def copying(name: str, leader: Wallet, dollars: int) -> OrderRequested:
        return msgspec.structs.replace(ordered(name, dollars=dollars), leader=leader)

    nobody = Wallet("")
    history = (
        traded(copying("a", LEADER, 10)),
        copying("b", LEADER, 20),
        traded(copying("c", ANOTHER, 30)),
        copying("d", nobody, 40),
    )
    used = [standing(*history, leader=one).leader_exposure_micros for one in (LEADER, ANOTHER)]
    assert used == [30 * ONE, 30 * ONE]
    assert standing(*history, leader=nobody).leader_exposure_micros == 40 * ONE


def test_what_was_spent_today_is_forgotten_at_midnight_though_nothing_is_heard() -> None:
    bought = traded(ordered("a", dollars=60), fee=ONE)
    sold = traded(ordered("b", Side.SELL, dollars=70))
    assert standing(bought, sold).spent_today_micros == 61 * ONE  # What was got is no budget.
    assert standing(bought, sold, at_ms=DAY_MS - 1).spent_today_micros == 61 * ONE
    assert standing(bought, sold, at_ms=DAY_MS).spent_today_micros == 0


def test_a_clock_that_is_behind_the_account_does_not_open_another_day() -> None:
    bought = traded(ordered("a", dollars=60, at_ms=DAY_MS))
    assert standing(bought, at_ms=DAY_MS - 1).spent_today_micros == 60 * ONE


LOST = (*traded(ordered("a", dollars=60)), *traded(ordered("b", Side.SELL, dollars=20), fee=ONE))
"""41 dollars, at noon."""


def test_what_was_lost_today_ends_at_midnight() -> None:
    assert standing(LOST).lost_today_micros == 41 * ONE
    assert standing(LOST, at_ms=DAY_MS).lost_today_micros == 0
    bought = ordered("c", dollars=10, at_ms=DAY_MS + 1)
    assert standing(LOST, bought, at_ms=DAY_MS + 2).lost_today_micros == 0


def test_a_gain_of_the_same_day_makes_up_for_a_loss() -> None:
    won = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=YES,
        size_micros=100 * ONE,
        payout_micros=100 * ONE,
        settled_at_ms=NOON_MS,
    )
    known = standing(LOST, traded(ordered("c", dollars=70)), won)
    assert (known.lost_today_micros, known.drawdown_micros) == (11 * ONE, 11 * ONE)
    known = standing(LOST, traded(ordered("c", dollars=30)), won)
    assert (known.lost_today_micros, known.drawdown_micros) == (0, 0)


def test_the_drawdown_is_not_over_at_midnight() -> None:
    """Defect 10 of the bot that we replace: its breaker cleared itself every day."""
    assert standing(LOST, at_ms=DAY_MS).drawdown_micros == 41 * ONE
    next_day = (
        *traded(ordered("c", dollars=60, at_ms=DAY_MS + NOON_MS)),
        *traded(ordered("d", Side.SELL, dollars=50, at_ms=DAY_MS + NOON_MS)),
    )
    known = standing(LOST, next_day, at_ms=2 * DAY_MS - 1)
    assert (known.lost_today_micros, known.drawdown_micros) == (10 * ONE, 51 * ONE)


def test_the_drawdown_begins_at_the_highest_result() -> None:
    won = (*traded(ordered("w", dollars=30)), *traded(ordered("x", Side.SELL, dollars=80)))
    assert standing(won, LOST).drawdown_micros == 41 * ONE
    assert standing(won, LOST).lost_today_micros == 0


def test_the_entries_of_the_last_minute_are_counted_and_exits_are_not() -> None:
    history = (
        *traded(ordered("a", dollars=60, at_ms=NOON_MS)),
        ordered("b", dollars=10, at_ms=NOON_MS + 30_000),
        ordered("c", Side.SELL, dollars=10, at_ms=NOON_MS + 30_001),
    )
    counts = [
        standing(*history, at_ms=NOON_MS + later_ms).orders_last_minute
        for later_ms in (30_001, 59_999, 60_000, 89_999, 90_000)
    ]
    assert counts == [2, 2, 1, 1, 0]
