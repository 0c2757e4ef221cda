"""Waiting for one's turn, by a clock that nobody waits for."""

import pytest

from polycopy.executor.adapters.turnstile import Held, Turnstile
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.core.rate_budget import cost
from polycopy.polymarket.rate_headers import RateNotice
from tests.support.sleeper import Sleeper

ORDER, CANCEL, BOOK = cost("POST", "/order"), cost("DELETE", "/order"), cost("GET", "/book")


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def turnstile(sleeper: Sleeper) -> Turnstile:
    return Turnstile(VenueClock(sleeper.clock), sleep=sleeper.sleep)


async def test_a_burst_passes_at_once_and_the_rest_at_the_venue_s_rate(
    turnstile: Turnstile, sleeper: Sleeper
) -> None:
    for _ in range(63):
        await turnstile.enter(ORDER, wait_s_max=1)

    assert sleeper.slept_s == [0.025, 0.025, 0.025]


async def test_who_would_wait_too_long_is_told_at_once(
    turnstile: Turnstile, sleeper: Sleeper
) -> None:
    for _ in range(60):
        await turnstile.enter(ORDER, wait_s_max=0)

    with pytest.raises(Held, match=r"rate limit: orders would have to wait 0\.025 s") as caught:
        await turnstile.enter(ORDER, wait_s_max=0)

    assert caught.value.after_s == 0.025
    assert sleeper.slept_s == []
    await turnstile.enter(CANCEL, wait_s_max=0)
    await turnstile.enter(BOOK, wait_s_max=0)


async def test_a_venue_that_closes_while_somebody_waits_is_waited_for(
    turnstile: Turnstile, sleeper: Sleeper
) -> None:
    for _ in range(60):
        await turnstile.enter(ORDER, wait_s_max=0)
    sleeper.then(lambda: turnstile.told(ORDER, RateNotice(retry_after_s=2), http_status=429))

    await turnstile.enter(ORDER, wait_s_max=3)

    assert sleeper.slept_s == [0.025, 2]


async def test_a_venue_that_closes_for_too_long_sends_away_who_waits(
    turnstile: Turnstile, sleeper: Sleeper
) -> None:
    for _ in range(60):
        await turnstile.enter(ORDER, wait_s_max=0)
    sleeper.then(lambda: turnstile.told(ORDER, RateNotice(retry_after_s=2), http_status=429))

    with pytest.raises(Held, match="would have to wait 2 s"):
        await turnstile.enter(ORDER, wait_s_max=1)

    assert sleeper.slept_s == [0.025]


async def test_the_tier_says_how_many_orders_one_cancel_may_name(turnstile: Turnstile) -> None:
    assert turnstile.cancels_at_once() == 120

    turnstile.told(ORDER, RateNotice(remaining=9, tier="gold"), http_status=200)

    assert turnstile.cancels_at_once() == 1_200
