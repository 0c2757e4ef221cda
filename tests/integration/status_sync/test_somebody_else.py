"""Somebody else trades with the wallet, and what the wallet holds is not what the log explains."""

from pathlib import Path

import aiohttp

from polycopy.runtime.log import Log
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed, ExternalOrderSeen
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import TokenId
from polycopy.schemas.orders import OrderFilled, OrderPartiallyFilled
from polycopy.status_sync.core.rules import Rules
from tests.integration.status_sync.test_reporting import reporting, settled
from tests.support.directing import Control, buys, rests, token_of
from tests.support.executing import KEY, Venues, act, eventually, started
from tests.support.paper_venue import Running, order_bytes
from tests.support.signalling import LIVE, create, decision, signal, strategy
from tests.support.syncing import Stage, staged

CASH = 10_000
"""Dollars of a wallet that is new at the venue."""


async def by_hand(stage: Stage, salt: int, *, resting: bool) -> str:
    """An order of the same key that the log never heard of; its id at the venue."""
    wish = (rests if resting else buys)(stage.control, salt)
    body, order_id = order_bytes(stage.trader.key, stage.trader.credentials, wish)
    assert (await stage.post(body))["success"]
    return order_id


async def seen(stage: Stage) -> list[tuple[str, str]]:
    """External orders, and where each was seen first."""
    events = await stage.said(ExternalOrderSeen)
    return [(event.venue_order_id, event.seen_in) for event in events]  # type: ignore[attr-defined]


async def test_an_order_of_somebody_else_is_recorded_once_and_costs_the_account_nothing(
    log: Log,
) -> None:
    async with staged(log) as stage:
        resting = await by_hand(stage, 8, resting=True)
        taking = await by_hand(stage, 9, resting=False)
        await stage.rounds(3)
        stage.restarted()
        await stage.connect()

        assert await seen(stage) == [(resting, "open-orders"), (taking, "trades")]
        account = await stage.account()
        assert account.free_micros == 100_000_000
        assert not account.positions
        assert await stage.said(OrderFilled, OrderPartiallyFilled) == []


async def test_a_maker_s_part_is_found_by_its_leg(log: Log) -> None:
    async with staged(log) as stage:
        order_id = await by_hand(stage, 8, resting=True)
        await stage.control.done("take", market="mine", side="SELL", size=20, price=0.45)

        await stage.rounds(2)

        assert await seen(stage) == [(order_id, "trades")]


async def test_our_own_orders_are_never_taken_for_somebody_else_s(log: Log) -> None:
    """The venue tells of them before status-sync has read their request."""
    async with staged(log) as stage:
        await stage.place(rests(stage.control))
        await stage.place(buys(stage.control, salt=2), "b")
        trades = await stage.trades()

        await stage.sync.heed(trades)
        await stage.rounds(2)

        assert await seen(stage) == []
        assert len(await stage.said(OrderFilled)) == 1


async def looks(stage: Stage, count: int) -> None:
    for _ in range(count):
        await stage.rounds(1, every_ms=60_000)
        await stage.sync.balances.look()


async def bought(stage: Stage) -> TokenId:
    """10 shares for 5 dollars, settled a while ago."""
    await stage.place(buys(stage.control))
    await stage.rounds(3)
    return token_of(stage.control)


async def has(stage: Stage, *, cash: float, shares: float) -> None:
    """What the venue says that the wallet holds."""
    await stage.control.done(
        "set_wallet",
        wallet=stage.trader.key.address,
        cash=cash,
        shares={"mine": [shares, 0]},
    )


async def test_a_wallet_that_holds_what_the_log_says_is_not_disputed(log: Log) -> None:
    async with staged(log) as stage:
        await bought(stage)
        await looks(stage, 3)

        paths = [one["path"] for one in await stage.control.journal("requests")]
        assert paths.count("/balance-allowance") >= 4  # pUSD and one token.
        assert await stage.said(BalanceDisputed) == []


async def test_shares_that_somebody_sold_are_disputed_at_the_second_look_and_agreed_again(
    log: Log,
) -> None:
    async with staged(log) as stage:
        token_id = await bought(stage)
        await has(stage, cash=CASH, shares=4)
        await looks(stage, 1)
        assert await stage.said(BalanceDisputed) == []
        paths = [one["path"] for one in await stage.control.journal("requests")]
        assert paths.count("/balance-allowance/update") == 1  # What the venue keeps may be old.

        await looks(stage, 2)

        [said] = await stage.said(BalanceDisputed)
        assert isinstance(said, BalanceDisputed)
        assert (said.token_id, said.expected_micros, said.venue_micros) == (
            token_id,
            10_000_000,
            4_000_000,
        )
        assert (await stage.account()).positions[token_id].size_micros == 10_000_000
        await has(stage, cash=CASH, shares=10)
        await looks(stage, 2)
        assert len(await stage.said(BalanceAgreed)) == 1
        assert not (await stage.account()).disputes


async def test_dollars_are_disputed_only_where_there_are_too_few(log: Log) -> None:
    async with staged(log) as stage:
        await has(stage, cash=50, shares=0)
        await looks(stage, 2)

        [said] = await stage.said(BalanceDisputed)
        assert isinstance(said, BalanceDisputed)
        assert (said.token_id, said.expected_micros) == ("", 100_000_000)


async def test_a_balance_that_cannot_be_read_says_nothing(log: Log) -> None:
    async with staged(log) as stage:
        await bought(stage)
        await has(stage, cash=0, shares=0)
        fault = {"kind": "error_before", "on": "GET /balance-allowance"}
        await stage.control.done("set_fault", fault=fault)

        await looks(stage, 4)

        assert await stage.said(BalanceDisputed) == []


async def test_nothing_is_looked_at_while_an_order_is_open(log: Log) -> None:
    async with staged(log) as stage:
        await stage.place(rests(stage.control))

        await looks(stage, 3)

        paths = [one["path"] for one in await stage.control.journal("requests")]
        assert "/balance-allowance" not in paths


async def test_balances_are_looked_at_while_status_sync_is_at_work(
    log: Log, venue: Running, venues: Venues, keys: Path
) -> None:
    copy = strategy("copy-live", LIVE, VenueName.POLYMARKET)
    await create(log, copy)
    executor = await started(log, venues, alone=False)
    often = Rules(balance_every_ms=50, balance_settled_ms=50)
    async with reporting(log, venue, keys, rules=often):
        await act(executor, await signal(log, venue, decision(copy)))
        bought = await eventually(log, LIVE, lambda account: settled(account) and account.caught_up)
        [token_id] = bought.positions
        slug = venue.script.markets[0].slug

        async with aiohttp.ClientSession() as http:
            gone = {slug: [0, 0]}
            await Control(venue, http).done("set_wallet", wallet=KEY.address, shares=gone)

        await eventually(log, LIVE, lambda account: token_id in account.disputes)
