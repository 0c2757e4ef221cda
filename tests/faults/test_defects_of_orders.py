"""Defects of a peer (research, peers.md, 0.3) in how it treats orders, money and exits: 3, 6, 8 and
10. Each test is named after what went wrong there."""

import pytest

from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import (
    FillConfirmed,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
)
from polycopy.schemas.terms import RefusalCode
from tests.faults.harness import EXECUTOR, STATUS_SYNC, scenes
from tests.faults.harness.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
POST = "POST /order"
FIRST = scenes.slug(scenes.PRICES[0])


async def test_defect_3_the_watermark_went_to_now_and_late_trades_fell_behind_it(
    world: World,
) -> None:
    """It did so even after an error. Here what is owed says how far back is asked: a match that is
    read only after the third outage counts."""
    await world.start()
    await world.venue.fault("stall", "user")
    await world.venue.fault("error_before", "GET /data", status=503)
    await world.feeder.buy(dollars=3)
    await world.watch.heard(OrderPlaced)
    for _ in range(3):
        asked = len((await world.venue.journal()).requests)
        await world.venue.until(lambda journal, asked=asked: len(journal.requests) > asked + 4)  # type: ignore[misc]
        world.supervisor.kill(STATUS_SYNC)
    await world.venue.heal()

    assert (await world.holds()).fills >= 1


async def test_defect_6_a_sale_took_the_worst_bid_and_sold_everything_however_little_was_sold(
    world: World,
) -> None:
    """The venue sorts books worst price first. What is sold is what the decision says, at the best
    bid, as the venue filled it."""
    await world.start()
    await world.feeder.buy(dollars=4)
    await world.watch.heard(FillConfirmed)
    await world.feeder.sell(size_micros=3 * MICROS)

    assert (await world.holds()).orders == 2
    sold = [fill for fill in (await world.venue.journal()).fills if fill.side == "SELL"]
    assert sum(fill.size_micros for fill in sold) == 3 * MICROS
    best = (scenes.PRICES[0] - 1) * 10_000
    assert {fill.price_micros for fill in sold} == {best}
    evidence = world.watch.of(OrderRequested)[-1].evidence
    assert (evidence.vwap_micros, evidence.worst_price_micros) == (best, best)
    assert [level.price_micros for level in evidence.levels] == [best]


async def test_defect_6_a_sale_of_the_other_outcome_or_from_before_closed_the_position(
    world: World,
) -> None:
    """And it could sell more than there was."""
    await world.start()
    await world.feeder.sell(size_micros=3 * MICROS)
    await world.feeder.buy(dollars=4)
    await world.watch.heard(FillConfirmed)
    await world.feeder.sell(size_micros=3 * MICROS, of=1)
    refused = await world.watch.heard(OrderRefused, times=2)
    assert [one.refusals[0].code for one in refused] == 2 * [RefusalCode.NO_POSITION]
    [held] = world.watch.account.positions.values()
    await world.feeder.sell(size_micros=10 * held.size_micros)

    assert (await world.holds()).orders == 2
    sold = [fill for fill in (await world.venue.journal()).fills if fill.side == "SELL"]
    assert held.size_micros - 10_000 < sum(fill.size_micros for fill in sold) <= held.size_micros


async def test_defect_6_a_sale_was_booked_without_looking_whether_it_was_filled(
    world: World,
) -> None:
    await world.start()
    await world.feeder.buy(dollars=4)
    await world.watch.heard(FillConfirmed)
    [held] = world.watch.account.positions.values()
    await world.venue.fault("unmatched", "order", delay_ms=200)
    await world.feeder.sell(size_micros=3 * MICROS)

    assert (await world.holds()).orders == 2
    [still] = world.watch.account.positions.values()
    assert still.size_micros == held.size_micros
    assert not [fill for fill in (await world.venue.journal()).fills if fill.side == "SELL"]


async def test_defect_8_the_depth_was_asked_for_half_the_size_at_a_price_slipped_twice(
    world: World,
) -> None:
    """The order is as large as what the book holds within the decision's own limit."""
    await world.start()
    await world.venue.do(
        {"do": "put_book", "market": FIRST, "bids": [[0.2, 100]], "asks": [[0.31, 10], [0.4, 500]]}
    )
    await world.feeder.buy(dollars=20, limit_micros=330_000)

    assert (await world.holds()).orders == 1
    [request] = world.watch.of(OrderRequested)
    assert request.limit_price_micros == 330_000
    assert request.notional_micros == 3_100_000
    assert {fill.price_micros for fill in (await world.venue.journal()).fills} == {310_000}


async def test_defect_8_a_book_that_could_not_be_read_was_no_reason_not_to_trade(
    world: World,
) -> None:
    await world.start()
    await world.venue.fault("error_before", "GET /book", status=500)
    await world.feeder.buy()
    [refused] = await world.watch.heard(OrderRefused)

    assert refused.refusals[0].code is RefusalCode.NO_BOOK
    assert (await world.holds()).orders == 0
    assert not (await world.venue.journal()).posts()


@pytest.mark.parametrize("dead", [True, False], ids=["not accepting", "not readable"])
async def test_defect_8_a_market_that_was_dead_or_could_not_be_asked_about_was_traded(
    world: World,
    dead: bool,  # noqa: FBT001 - a case
) -> None:
    await world.start()
    if dead:
        await world.venue.do({"do": "set_market", "market": FIRST, "accepting": False})
    else:
        await world.venue.fault("error_before", "GET /clob-markets", status=500)
    await world.feeder.buy()
    [refused] = await world.watch.heard(OrderRefused)

    expected = RefusalCode.MARKET_NOT_TRADABLE if dead else RefusalCode.NO_BOOK
    assert refused.refusals[0].code is expected
    assert (await world.holds()).orders == 0
    assert not (await world.venue.journal()).posts()


async def test_defect_10_profits_vanished_when_money_was_unlocked(world: World) -> None:
    """Free money was clamped to the initial capital there."""
    await world.start()
    await world.feeder.buy(dollars=10)
    await world.watch.heard(FillConfirmed, times=2)
    [held] = world.watch.account.positions.values()
    await world.venue.do(
        {"do": "put_book", "market": FIRST, "bids": [[0.9, 500]], "asks": [[0.92, 500]]}
    )
    await world.feeder.sell(size_micros=held.size_micros)
    await world.watch.until(lambda account: not account.positions)

    await world.holds()
    account = world.watch.account
    assert account.realised_micros > 15 * MICROS
    assert account.free_micros > account.deposited_micros + 15 * MICROS


async def test_defect_10_a_fill_whose_recording_failed_was_told_as_done(world: World) -> None:
    """The venue has matched the order, and whoever was to write that down dies with the answer in
    its hand. Nobody else hears of it by himself."""
    await world.start(crash_at={EXECUTOR: ["executor.sent"]})
    await world.venue.fault("stall", "user")
    await world.feeder.buy(dollars=4)

    verdict = await world.holds()

    assert verdict.orders == 1
    assert verdict.fills == len(world.watch.fills()) >= 1
    assert [end.name for end in world.supervisor.ends] == [EXECUTOR]
