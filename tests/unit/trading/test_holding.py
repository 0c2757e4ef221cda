from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.schemas.markets import Payout
from polycopy.trading.account_state import Position
from polycopy.trading.holding import payout_micros, traded, undone
from tests.support.trading import CONDITION, ONE, TOKEN

NOTHING = Position(token_id=TOKEN, condition_id=CONDITION)
sizes = st.integers(1, 10**12)
trades = st.tuples(sizes, sizes, st.sampled_from((1, -1))).map(lambda t: (t[0] * t[2], t[1] * t[2]))


def holding(size: int, cost: int) -> Position:
    return Position(token_id=TOKEN, condition_id=CONDITION, size_micros=size, cost_micros=cost)


def test_buying_adds_to_the_cost_and_selling_takes_the_average_out() -> None:
    first, profit = traded(NOTHING, 100, 50)
    assert (first, profit) == (holding(100, 50), 0)
    second, profit = traded(first, 100, 70)
    assert (second, profit) == (holding(200, 120), 0)
    third, profit = traded(second, -50, -40)
    assert (third, profit) == (holding(150, 90), 10)
    last, profit = traded(third, -150, -60)
    assert (last, profit) == (holding(0, 0), -30)


def test_a_rounded_off_micro_stays_with_the_rest() -> None:
    rest, profit = traded(holding(3, 10), -1, -4)
    assert (rest, profit) == (holding(2, 7), 1)


def test_selling_more_than_is_held_closes_and_opens() -> None:
    short, profit = traded(holding(100, 50), -150, -90)
    assert (short, profit) == (holding(-50, -30), 10)
    covered, profit = traded(short, 50, 20)
    assert (covered, profit) == (holding(0, 0), 10)


def test_an_undone_purchase_takes_back_exactly_its_own_cost() -> None:
    assert undone(holding(200, 120), 100, 70, 0) == (holding(100, 50), 0)


def test_what_an_undone_purchase_leaves_over_is_profit() -> None:
    """100 at 50 and 100 at 70, 100 sold at the average of 60; the second never happened."""
    after, profit = undone(holding(100, 60), 100, 70, 0)
    assert (after, profit) == (holding(0, 0), 10)
    after, profit = undone(holding(101, 60), 100, 70, 0)
    assert (after, profit) == (holding(1, 0), 10)


def test_a_position_is_paid_out_by_its_shares() -> None:
    payout = Payout(token_id=TOKEN, price_micros=500_000)
    assert payout_micros(holding(3 * ONE, 0), payout) == 1_500_000
    assert payout_micros(holding(-3 * ONE, 0), payout) == -1_500_000


@forall(st.lists(trades, max_size=12))
def test_cost_is_what_was_paid_and_not_realised(history: list[tuple[int, int]]) -> None:
    held, realised = NOTHING, 0
    for size, value in history:
        held, profit = traded(held, size, value)
        realised += profit
        assert held.cost_micros * held.size_micros >= 0
        assert held.size_micros or not held.cost_micros
    assert held.size_micros == sum(size for size, _ in history)
    assert held.cost_micros - realised == sum(value for _, value in history)


@forall(st.lists(trades, min_size=1, max_size=8), st.data())
def test_undoing_every_trade_in_any_order_leaves_nothing(
    history: list[tuple[int, int]], data: st.DataObject
) -> None:
    held, realised = NOTHING, 0
    done = []
    for size, value in history:
        held, profit = traded(held, size, value)
        done.append((size, value, profit))
        realised += profit
    for size, value, profit in data.draw(st.permutations(done)):
        held, change = undone(held, size, value, profit)
        realised += change
        assert held.cost_micros * held.size_micros >= 0
    assert (held, realised) == (NOTHING, 0)
