"""No day's budget and no day's loss is let go because a clock of ours was wrong for a while."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent
from polycopy.trading.account import evolve, fold
from polycopy.trading.account_state import DAY_MS, Account
from polycopy.trading.tally import today
from tests.support import trading as make
from tests.support.trading import ACCOUNT, ONE, OPENING
from tests.unit.trading.test_tally import NOON, buy, cancelled, sell

TOMORROW = NOON + DAY_MS


def spoke(at_ms: int) -> AccountFellBehind:
    return AccountFellBehind(account=ACCOUNT, reason="", fell_behind_at_ms=at_ms)


def loss(name: str, at_ms: int) -> list[OrderEvent]:
    """20 shares for ten dollars, sold for seven."""
    return [
        buy(name, at_ms),
        make.filled(name, f"{name}b"),
        sell(f"{name}s", at_ms),
        make.filled(f"{name}s", f"{name}s", side=Side.SELL, size=20 * ONE, notional=7 * ONE),
    ]


def known(*events: OrderEvent) -> Account:
    return fold(ACCOUNT, [*OPENING, *events])


@pytest.mark.parametrize("ahead", [1, 2, 30, 3_650])
@pytest.mark.parametrize("who", [spoke, lambda at_ms: make.refused("r", at_ms)])
def test_a_clock_that_was_ahead_for_a_moment_ends_no_day(ahead: int, who: type) -> None:
    jump = who(NOON + ahead * DAY_MS)

    assert today(known(*loss("a", NOON), jump), NOON) == (10 * ONE, 3 * ONE)
    assert today(known(*loss("a", NOON), jump, spoke(NOON)), NOON) == (10 * ONE, 3 * ONE)


def test_what_comes_after_it_counts_for_both_days() -> None:
    account = known(*loss("a", NOON), spoke(TOMORROW), *loss("b", NOON + 1), spoke(NOON + 2))

    assert today(account, NOON + 3) == (20 * ONE, 6 * ONE)
    assert today(account, TOMORROW) == (10 * ONE, 3 * ONE)
    assert today(account, TOMORROW + DAY_MS) == (0, 0)


def test_a_gain_after_it_is_no_gain_of_the_next_day() -> None:
    gain = [
        buy("g", NOON + 1),
        make.filled("g", "gb"),
        sell("h", NOON + 2),
        make.filled("h", "hs", side=Side.SELL, size=20 * ONE, notional=15 * ONE),
    ]

    account = known(spoke(NOON), spoke(TOMORROW), *gain, *loss("b", TOMORROW))

    assert today(account, TOMORROW)[1] == 3 * ONE


@pytest.mark.parametrize("back", [1, 2, 30])
def test_a_clock_that_was_behind_for_a_while_does_not_hide_what_it_spent(back: int) -> None:
    behind = loss("b", NOON - back * DAY_MS)

    account = known(*loss("a", NOON), *behind, spoke(NOON + 1))

    assert today(account, NOON) == (20 * ONE, 6 * ONE)


def test_however_often_a_clock_jumps_a_day_is_remembered() -> None:
    jumps = [spoke(NOON + number * DAY_MS) for number in range(1, 40)]

    account = known(*loss("a", NOON), *jumps)

    assert today(account, NOON) == (10 * ONE, 3 * ONE)
    assert len(account.tally.before) < 10


class World(msgspec.Struct):
    """The account, the true time, and what is true of the day."""

    account: Account
    at_ms: int = NOON
    names: list[str] = []
    result_at_midnight: int = 0

    def hear(self, *events: OrderEvent) -> None:
        for event in events:
            self.account = evolve(self.account, event)

    def step(self, do: str, off_days: int, span_ms: int) -> None:
        """At the true time, by a clock that is wrong for this once; then the right one speaks."""
        if (self.at_ms + span_ms) // DAY_MS != self.at_ms // DAY_MS:
            self.names, self.result_at_midnight = [], self.account.result_micros
        self.at_ms += span_ms
        self.hear(spoke(self.at_ms))
        told_ms, name = self.at_ms + off_days * DAY_MS, f"o{self.account.version}"
        self.names += [name] if do in ("buy", "lose", "gain") else []
        match do:
            case "buy":
                self.hear(buy(name, told_ms))
            case "lose":
                self.hear(*loss(name, told_ms))
            case "gain":
                bought, filled, sold, _ = loss(name, told_ms)
                got = make.filled(f"{name}s", "g", side=Side.SELL, size=20 * ONE, notional=12 * ONE)
                self.hear(bought, filled, sold, got)
            case "cancel" if self.names:
                self.hear(cancelled(self.names[-1], told_ms))
            case _:
                self.hear(spoke(told_ms))
        self.hear(spoke(self.at_ms))

    def truth(self) -> tuple[int, int]:
        """Spent by the entries of this day, and lost since its midnight."""
        orders = [self.account.orders[make.requested(name).order_id] for name in self.names]
        spent = sum(one.filled_notional_micros + one.locked_micros for one in orders)
        return spent, max(0, self.result_at_midnight - self.account.result_micros)


doings = st.sampled_from(["buy", "lose", "gain", "cancel", "speak"])
spans = st.sampled_from([0, 1_000, DAY_MS // 3, DAY_MS, 3 * DAY_MS])
wrong = st.sampled_from([0, 0, 0, 1, -1, 2, -2, 30, -30])


@given(st.lists(st.tuples(doings, wrong, spans), max_size=30))
def test_whatever_the_clocks_said_a_day_has_no_more_than_is_left_of_it(
    steps: list[tuple[str, int, int]],
) -> None:
    world = World(account=known())

    for step in steps:
        world.step(*step)
        spent, lost = today(world.account, world.at_ms)
        true_spent, true_lost = world.truth()
        assert spent >= true_spent
        assert lost >= true_lost


@given(st.lists(st.tuples(doings, st.just(0), spans), max_size=30))
def test_where_the_clocks_are_right_it_has_all_that_is_left_of_it(
    steps: list[tuple[str, int, int]],
) -> None:
    world = World(account=known())

    for step in steps:
        world.step(*step)
        assert today(world.account, world.at_ms) == world.truth()
