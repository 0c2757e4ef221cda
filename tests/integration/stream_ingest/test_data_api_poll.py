"""What the paper venue's Data API knows of followed wallets arrives, whatever its answers are."""

import pytest

from polycopy.schemas.trades import ActivityKind
from polycopy.stream_ingest.ports import Delivering, Silent
from tests.integration.stream_ingest.data_api_scene import (
    ANNA,
    BERT,
    CALM,
    break_version_2,
    fast,
    hearing,
    on_chain,
    paced,
    polled,
    requests,
    trades,
)
from tests.support.directing import BOOK


async def test_trades_of_both_sides_arrive_with_their_sizes() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA, BERT])
        await trades(control, ANNA, repeat=3)
        await trades(control, BERT, maker=True)
        await trades(control, ANNA, side="SELL", size=2)
        true = on_chain(control, ANNA, BERT)

        await ear.until(lambda told: told.sizes == true)
        assert len(true) == 3
        assert ear.told.kinds == {"v2"}
        assert isinstance(ear.told.all[0], Delivering)
        assert api.poll.connected


async def test_what_is_no_trade_arrives_too() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        await control.done("split", wallet=ANNA, market="mine", size=20)
        await control.done("merge", wallet=ANNA, market="mine", size=5)
        await control.done("resolve", market="mine", payouts=[1, 0])
        await control.done("redeem", wallet=ANNA, market="mine")
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)
        assert {key[3] for key in true} == {
            kind.value for kind in ActivityKind if kind is not ActivityKind.CONVERSION
        }


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_more_rows_than_a_page_has_arrive(version: str) -> None:
    """A transaction of four equal fills lies on two pages."""
    async with polled(polling=fast(rows_max=3)) as (control, api), hearing(api) as ear:
        if version == "v1":
            await break_version_2(control)
        await trades(control, repeat=2)
        await trades(control, count=5)
        await trades(control, repeat=2)
        api.poll.aim([ANNA])
        true = on_chain(control, ANNA)

        await ear.until(lambda told: version in told.kinds and len(told.sizes) == len(true))
        if version == "v2":
            await ear.until(lambda told: told.sizes == true)
        assert all(size <= true[key] for key, size in ear.told.sizes.items())


async def test_rows_that_become_visible_late_and_out_of_order_arrive() -> None:
    late = CALM.replace("index_delay_ms = 0", "index_delay_ms = [300, 2500]")
    async with polled(late + BOOK) as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA, BERT])
        for _ in range(10):
            await trades(control, ANNA)
            await trades(control, BERT)
        true = on_chain(control, ANNA, BERT)

        await ear.until(lambda told: told.sizes == true)


async def test_the_cache_before_the_api_does_not_make_it_late() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        await trades(control)
        await ear.until(lambda told: told.sizes)
        await trades(control)
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error_before", "status": 503},
        {"kind": "error_before", "status": 429, "retry_after_s": 1},
        {"kind": "error_after", "status": 500},
        {"kind": "garbage", "status": 200},
        {"kind": "garbage", "status": 502},
        {"kind": "null_answer"},
        {"kind": "missing_keys", "keys": ["pagination"]},
        {"kind": "missing_keys", "keys": ["data"]},
        {"kind": "lost_before"},
        {"kind": "lost_after"},
        {"kind": "slow", "delay_ms": 400},
        {"kind": "slow_answer", "delay_ms": 400},
    ],
    ids=lambda fault: " ".join(map(str, fault.values())),
)
async def test_a_bad_answer_loses_nothing(fault: dict[str, object]) -> None:
    async with polled(polling=fast(timeout_s=0.2)) as (control, api), hearing(api) as ear:
        wrong = {"on": "GET /v2/activity", "times": 2, **fault}
        await control.done("set_fault", fault=wrong)
        await trades(control)
        api.poll.aim([ANNA])
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)
        assert api.poll.figures().failures >= 1


async def test_every_second_answer_is_bad_and_all_arrives() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        wrong = {"kind": "error_before", "on": "GET /v2/activity", "probability": 0.5}
        await control.done("set_fault", fault=wrong)
        api.poll.aim([ANNA, BERT])
        for _ in range(5):
            await trades(control, ANNA)
            await trades(control, BERT)
        true = on_chain(control, ANNA, BERT)

        await ear.until(lambda told: told.sizes == true)


async def test_version_1_is_asked_where_version_2_fails() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        await break_version_2(control)
        await trades(control, repeat=2)
        await control.done("split", wallet=ANNA, market="mine", size=20)
        api.poll.aim([ANNA])
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)
        assert ear.told.kinds == {"v1"}
        assert api.poll.figures().version == "v1"
        assert len(await requests(control)) == 3


async def test_silence_and_its_end_are_told_once_each() -> None:
    async with polled(polling=fast(watchdog_s=0.5)) as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        await ear.until(lambda told: told.of(Delivering))
        await control.done("set_fault", fault={"kind": "lost_before", "on": "GET"})
        await ear.until(lambda told: told.of(Silent))
        assert not api.poll.connected
        await trades(control)
        await control.done("clear_faults")
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)
        first, second = ear.told.of(Delivering)
        [silent] = ear.told.of(Silent)
        assert silent.connection == first.connection != second.connection
        assert first.at_ms <= silent.last_frame_at_ms < silent.at_ms < second.at_ms


async def test_with_nobody_to_follow_the_api_is_known_to_be_there() -> None:
    async with polled() as (_, api), hearing(api) as ear:
        await ear.until(lambda told: told.of(Delivering))

        assert api.poll.connected
        assert api.poll.figures().lag_ms >= 0


async def test_a_look_asks_at_once() -> None:
    """The next turn of the sweep would be in an hour."""
    slow = paced(every_ms=3_600_000, sweep_ms=3_600_000)
    async with polled(polling=slow) as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        await ear.until(lambda told: told.of(Delivering))
        await trades(control)
        true = on_chain(control, ANNA)
        api.poll.look(ANNA)

        await ear.until(lambda told: told.sizes == true)


async def test_a_wallet_that_is_not_followed_any_more_is_not_asked() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA])
        await trades(control, ANNA)
        await ear.until(lambda told: told.sizes)
        api.poll.aim([BERT])
        await trades(control, ANNA)
        await trades(control, BERT)
        true = on_chain(control, BERT)

        await ear.until(lambda told: true.keys() <= told.sizes.keys())
        assert len([key for key in ear.told.sizes if key[1] == ANNA]) == 1


async def test_the_budget_holds_on_the_wire() -> None:
    hasty = fast(pace=paced(every_ms=10, sweep_ms=10).pace, per_second=8)
    async with polled(polling=hasty) as (control, api), hearing(api) as ear:
        api.poll.aim([ANNA, BERT])
        await trades(control)
        await ear.until(lambda told: len(told.all) > 16)
        asked = [each["received_at_us"] for each in await control.journal("requests")]

        span_us = asked[-1] - asked[0]
        assert len(asked) <= 8 * (span_us / 1_000_000 + 2)


async def test_an_api_that_does_not_tell_its_lag_delivers_all_the_same() -> None:
    async with polled() as (control, api), hearing(api) as ear:
        fault = {"kind": "error_before", "on": "GET /v2/status", "status": 404}
        await control.done("set_fault", fault=fault)
        api.poll.aim([ANNA])
        await trades(control)
        true = on_chain(control, ANNA)

        await ear.until(lambda told: told.sizes == true)
        assert api.poll.figures().lag_ms == -1
        assert api.poll.connected
