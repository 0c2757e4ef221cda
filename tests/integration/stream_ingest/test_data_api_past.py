"""What leaders did while nobody listened, read from the paper venue's Data API."""

import asyncio

import pytest

from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.data_api import DataApi
from polycopy.stream_ingest.ports import Asked
from tests.integration.stream_ingest.data_api_scene import (
    ANNA,
    BERT,
    CALM,
    DEADLINE_S,
    Told,
    break_version_2,
    fast,
    hearing,
    on_chain,
    polled,
    requests,
    trades,
)
from tests.support.directing import BOOK

NOBODY = Wallet("0x" + "c" * 40)


async def past(api: DataApi, *wallets: Wallet, back_ms: int = 60_000, ago_ms: int = 0) -> Told:
    told, now_ms = Told(), SystemClock().now_ms()
    async with asyncio.timeout(DEADLINE_S):
        found = api.past.past(wallets, from_ms=now_ms - back_ms, to_ms=now_ms - ago_ms)
        async for thing in found:
            told.add(thing)
    return told


def asked(told: Told) -> list[Wallet]:
    return sorted(wallet for each in told.of(Asked) for wallet in each.wallets)


@pytest.mark.parametrize("version", ["v2", "v1"])
async def test_everything_of_the_wallets_is_told_and_then_said_to_be(version: str) -> None:
    async with polled(polling=fast(rows_max=3)) as (control, api):
        if version == "v1":
            await break_version_2(control)
        await trades(control, ANNA, count=4)
        await trades(control, BERT, repeat=2)
        await control.done("split", wallet=BERT, market="mine", size=20)

        told = await past(api, ANNA, BERT, NOBODY)

        assert told.sizes == on_chain(control, ANNA, BERT)
        assert asked(told) == [ANNA, BERT, NOBODY]
        assert told.kinds == {version}


async def test_what_was_outside_the_span_is_not_told() -> None:
    async with polled() as (control, api):
        await trades(control, ANNA)

        told = await past(api, ANNA, back_ms=120_000, ago_ms=60_000)

        assert (told.sizes, asked(told)) == ({}, [ANNA])


async def test_a_wallet_counts_as_asked_when_late_rows_are_visible() -> None:
    late = CALM.replace("index_delay_ms = 0", "index_delay_ms = 1500")
    async with polled(late + BOOK, fast(index_ms=2_000)) as (control, api):
        await trades(control, ANNA)

        told = await past(api, ANNA)

        assert told.sizes == on_chain(control, ANNA)
        assert isinstance(told.all[-1], Asked)


async def test_an_api_that_is_away_is_said_to_be() -> None:
    async with polled(polling=fast(timeout_s=0.2)) as (control, api):
        await control.done("set_fault", fault={"kind": "lost_before", "on": "GET"})

        with pytest.raises(Transient, match="the Data API: ") as caught:
            await past(api, ANNA)
        assert caught.value.after_s > 0


async def test_a_wallet_that_cannot_be_asked_about_is_not_named() -> None:
    """The API refuses the address of an exchange, whoever asks."""
    exchange = Wallet("0xe111180000d2663c0091e4f400237545b87b996b")
    async with polled() as (control, api):
        await trades(control, ANNA)

        told = await past(api, exchange, ANNA)

        assert asked(told) == [ANNA]
        assert told.sizes == on_chain(control, ANNA)


async def test_listening_and_the_past_share_one_budget() -> None:
    wallets = [Wallet(f"0x{number:040x}") for number in range(1, 25)]
    async with polled(polling=fast(per_second=12)) as (control, api), hearing(api):
        api.poll.aim(wallets)
        told = await past(api, *wallets, ago_ms=10_000)
        times = sorted(each["received_at_us"] for each in await requests(control))

        assert asked(told) == wallets
        assert len(times) > len(wallets)
        spans = [later - first for first, later in zip(times, times[12:], strict=False)]
        assert min(spans) > 500_000  # By when they came; that they left in time has its own law.
