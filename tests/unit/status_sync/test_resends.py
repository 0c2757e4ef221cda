"""A lost order is never sent again: the executor itself says in the log for how long it sends."""

import pytest

from polycopy.schemas.orders import ExecutorEpochStarted, OrderEvent, OrderLost
from polycopy.status_sync.core.lost import counts_from_ms
from tests.support.trading import ACCOUNT
from tests.unit.status_sync.test_lost import (
    COUNTS_MS,
    EVERY_MS,
    RULES,
    TAKING,
    UNCERTAIN,
    A,
    denied,
    rounds,
)


def told(resend_ms_max: int, epoch: int = 2) -> ExecutorEpochStarted:
    return ExecutorEpochStarted(
        account=ACCOUNT, epoch=epoch, instance="next", resend_ms_max=resend_ms_max
    )


@pytest.mark.parametrize("after", [True, False], ids=["after its request", "before it"])
def test_as_long_as_an_executor_says_that_it_sends_an_order_it_is_not_lost(*, after: bool) -> None:
    """Whatever our own setting says of it."""
    longer = told(RULES.resend_max_ms + 240_000)
    play = rounds()
    history: list[OrderEvent] = [TAKING, longer] if after else [longer, TAKING]
    play.happen(*history)

    assert denied(play, 24) == []
    assert not play.doubts.denials
    assert denied(play, 2, COUNTS_MS + 240_000) == []
    [lost] = denied(play, 1, COUNTS_MS + 240_000 + 2 * EVERY_MS)
    assert isinstance(lost, OrderLost)


@pytest.mark.parametrize(("first", "second"), [(300_000, 10_000), (10_000, 300_000)])
def test_the_longest_of_all_executors_that_could_have_sent_it_holds(
    first: int, second: int
) -> None:
    play = rounds()
    play.happen(told(first, 2), TAKING, told(second, 3))

    assert counts_from_ms(play.held, play.account.orders[A], RULES) == COUNTS_MS + 240_000


def test_what_an_executor_said_who_was_gone_before_its_request_holds_no_more() -> None:
    play = rounds()
    play.happen(told(300_000, 2), told(10_000, 3), TAKING)

    assert counts_from_ms(play.held, play.account.orders[A], RULES) == COUNTS_MS


def test_denials_from_before_an_executor_that_sends_for_longer_count_no_more() -> None:
    play = rounds(TAKING, UNCERTAIN)
    denied(play, 2)
    play.happen(told(RULES.resend_max_ms + 240_000))

    assert denied(play, 1, COUNTS_MS + 2 * EVERY_MS) == []
    assert not play.doubts.denials
