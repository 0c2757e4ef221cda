"""When the venue's word about an account is complete."""

import pytest

from polycopy.schemas.accounts import AccountCaughtUp, AccountFellBehind
from polycopy.schemas.orders import ExecutorEpochStarted, OrderEvent
from polycopy.status_sync.core.standing import caught_up, fell_behind, kept_behind
from tests.support.readings import reading
from tests.support.trading import ACCOUNT, DEPOSITED, OPENING
from tests.unit.status_sync.test_reconcile import after, learn

SECOND = ExecutorEpochStarted(account=ACCOUNT, epoch=2, instance="second")
BROUGHT = reading(9_000, from_ms=8_000)


def test_it_is_said_once_that_all_was_read_and_for_which_executor() -> None:
    held = after(*OPENING)

    [said] = caught_up(held.account, 1, BROUGHT, 9_100)

    assert said == AccountCaughtUp(
        account=ACCOUNT, epoch=1, read_from_ms=8_000, orders_read=1, caught_up_at_ms=9_100
    )
    held = learn(held, [said])
    assert held.account.caught_up
    assert caught_up(held.account, 1, BROUGHT, 9_200) == []


def test_it_is_said_once_that_something_may_be_missed() -> None:
    held = after(*OPENING)
    assert fell_behind(held.account, "started", 9_000) == []
    held = learn(held, caught_up(held.account, 1, BROUGHT, 9_100))

    [said] = fell_behind(held.account, "user socket lost", 9_200)

    assert isinstance(said, AccountFellBehind)
    held = learn(held, [said])
    assert fell_behind(held.account, "user socket lost", 9_300) == []
    assert len(caught_up(held.account, 1, BROUGHT, 9_400)) == 1


@pytest.mark.parametrize(
    ("history", "epoch"), [([DEPOSITED], 0), ([*OPENING, SECOND], 1)], ids=["none", "another"]
)
def test_nobody_is_told_who_was_not_there_when_the_reading_began(
    history: list[OrderEvent], epoch: int
) -> None:
    assert caught_up(after(*history).account, epoch, BROUGHT, 9_100) == []


def test_a_new_executor_has_to_be_told_anew() -> None:
    held = after(*OPENING)
    held = learn(held, [*caught_up(held.account, 1, BROUGHT, 9_100), SECOND])

    assert not held.account.caught_up
    assert len(caught_up(held.account, 2, BROUGHT, 9_200)) == 1


def test_what_will_not_pass_by_itself_is_said_of_an_account_that_is_behind_already() -> None:
    held = after(*OPENING)
    held = learn(held, caught_up(held.account, 1, BROUGHT, 9_100))
    held = learn(held, fell_behind(held.account, "user socket lost", 9_200))

    held = learn(held, kept_behind(held.account, "row t1", 9_300))

    assert held.account.behind_reason == "row t1"
    assert kept_behind(held.account, "row t1", 9_400) == []
    assert kept_behind(held.account, "", 9_400) == []
    assert len(kept_behind(held.account, "row t1, row t2", 9_400)) == 1


def test_what_will_not_pass_by_itself_is_said_again_after_all_was_read() -> None:
    held = after(*OPENING)
    held = learn(held, kept_behind(held.account, "row t1", 9_000))
    held = learn(held, caught_up(held.account, 1, BROUGHT, 9_100))

    held = learn(held, kept_behind(held.account, "row t1", 9_300))

    assert not held.account.caught_up


def test_where_nobody_could_trade_nothing_keeps_an_account_behind() -> None:
    assert kept_behind(after(DEPOSITED).account, "row t1", 9_000) == []
