"""A trade that can never be read keeps the account behind until a person has looked at it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
import pytest
from aiohttp import web

from polycopy.polymarket.reports import TradeReport
from polycopy.polymarket.user_channel import feed
from polycopy.runtime.errors import Transient
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas import subjects
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId
from polycopy.status_sync.core.hearing import Connected
from polycopy.status_sync.service.status_sync import StatusSync
from polycopy.trading.account_state import Account
from polycopy.trading.order_life import OrderState
from tests.integration.status_sync.test_doubts import (
    CLOCK,
    LEG,
    TRADE,
    asked_at,
    log_with,
    states,
    venue_with,
)
from tests.support.executing import account_of
from tests.support.hand_clock import HandClock
from tests.support.strange_venue import strange_venue
from tests.support.syncing import Quiet
from tests.support.trading import ACCOUNT, ONE, venue_id

BAD = TRADE | {"price": "2"}
WORSE = TRADE | {"id": "t2", "size": "many"}


class Scene:
    """status-sync before a venue that denies every order and lists these trades."""

    def __init__(self, log: MemoryLog, trades: list[Mapping[str, Any]]) -> None:
        self.log = log
        self.trades = trades
        self.url = ""
        self.clock = HandClock(CLOCK.now_ms())
        self.is_down = False

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.is_down and request.path == "/data/trades":
            return web.json_response({"error": "down"}, status=503)
        return await venue_with(*map(dict, self.trades))(request)

    @asynccontextmanager
    async def started(self) -> AsyncIterator[StatusSync]:
        async with asked_at(self.url) as reports:
            sync = StatusSync(self.log, ACCOUNT, asked=reports, told=Quiet(), clock=self.clock)
            await sync.start()
            await sync.heed(Connected())
            yield sync

    async def ask(self, sync: StatusSync) -> None:
        """One round, whatever comes of it."""
        self.clock.advance(10_000)
        with suppress(Transient):
            await sync.ask()

    async def asks(self) -> Account:
        """status-sync starts, reads what the operator said, and asks as long as a read has to fail
        for the account to be behind by it."""
        async with self.started() as sync:
            for recorded in await self.log.read(subjects.ALL_TRADING_STATES):
                await sync.operator.heed(recorded)
            for _ in range(3):
                await self.ask(sync)
        return await account_of(self.log, ACCOUNT)

    async def says(self, state: TradingState, reason: str, account: str = ACCOUNT) -> None:
        event = TradingStateSet(
            account=AccountId(account), state=state, operator="anna", reason=reason
        )
        subject = subjects.subject_of(event)
        last = await self.log.last(subjects.guard_of(subject) or subject)
        cause = last.envelope.event_id if last else ""
        new = draft(
            event, subject=subject, origin=Origin(source="cli", time_ms=1, causation_id=cause)
        )
        await self.log.append(new, expected=last.sequence if last else 0)

    async def looks_at(self, *rows: str) -> None:
        """The operator, at each of these trades."""
        await self.says(TradingState.REDUCING, "a trade cannot be read")
        await self.says(TradingState.ACTIVE, ", ".join(f"row {row}" for row in rows))


@asynccontextmanager
async def listing(*trades: Mapping[str, Any], orders: Sequence[str] = ()) -> AsyncIterator[Scene]:
    scene = Scene(await log_with(*orders), [*trades])
    async with strange_venue(scene.answer) as venue:
        scene.url = venue.url
        yield scene


async def test_it_keeps_the_account_behind_and_is_named() -> None:
    async with listing(BAD) as scene:
        account = await scene.asks()

        assert not account.caught_up
        assert "1 trades that may be ours could not be read: row t1 (" in account.behind_reason


async def test_who_resumes_the_account_and_names_it_lets_it_catch_up() -> None:
    async with listing(BAD, orders=["a"]) as scene:
        assert states(await scene.asks()) == {"a": OrderState.OPEN}

        await scene.looks_at("t1")

        account = await scene.asks()
        assert account.caught_up
        assert states(account) == {"a": OrderState.CANCELLED}


async def test_that_holds_for_every_later_start() -> None:
    async with listing(BAD) as scene:
        await scene.looks_at("t1")
        await scene.says(TradingState.HALTED, "something else")

        assert (await scene.asks()).caught_up
        assert (await scene.asks()).caught_up


@pytest.mark.parametrize("reason", ["", "row t2", "t1"])
async def test_who_resumes_it_without_its_name_changes_nothing(reason: str) -> None:
    async with listing(BAD, orders=["a"]) as scene:
        await scene.says(TradingState.REDUCING, "a trade cannot be read")
        await scene.says(TradingState.ACTIVE, reason)

        account = await scene.asks()

        assert not account.caught_up
        assert states(account) == {"a": OrderState.OPEN}


async def test_who_resumes_all_accounts_has_looked_at_none_of_this() -> None:
    async with listing(BAD) as scene:
        await scene.says(TradingState.ACTIVE, "row t1", account="")

        assert not (await scene.asks()).caught_up


async def test_the_next_one_wants_a_look_of_its_own() -> None:
    async with listing(BAD, WORSE) as scene:
        await scene.looks_at("t1")

        account = await scene.asks()

        assert not account.caught_up
        assert "1 trades that may be ours could not be read: row t2 (" in account.behind_reason
        await scene.looks_at("t2")
        assert (await scene.asks()).caught_up


async def test_a_part_of_a_trade_is_looked_at_as_the_trade_is() -> None:
    legs = [LEG | {"order_id": "", "price": "2"}]
    async with listing(TRADE | {"maker_orders": legs}, orders=["a"]) as scene:
        account = await scene.asks()
        assert not account.caught_up
        assert "row t1 (a maker's part" in account.behind_reason

        await scene.looks_at("t1")

        account = await scene.asks()
        assert account.caught_up
        assert states(account) == {"a": OrderState.FILLED}


HUGE = [
    TRADE | {"size": "41", "maker_orders": []},
    TRADE | {"size": "1000000000000", "maker_orders": []},
    TRADE
    | {"taker_order_id": "0xstranger"}
    | {"maker_orders": [LEG | {"order_id": venue_id("a"), "matched_amount": "1000000000000"}]},
]


@pytest.mark.parametrize("huge", HUGE, ids=["twice its order", "a taker's", "a maker's"])
async def test_a_part_larger_than_its_order_can_ever_match_is_no_fill_and_is_looked_at(
    huge: Mapping[str, Any],
) -> None:
    async with listing(huge, orders=["a"]) as scene:
        account = await scene.asks()
        assert "row t1 (" in account.behind_reason
        assert "of order a, which asked for 10)" in account.behind_reason
        assert states(account) == {"a": OrderState.OPEN}

        await scene.looks_at("t1")

        account = await scene.asks()
        assert account.caught_up
        assert states(account) == {"a": OrderState.CANCELLED}
        assert account.free_micros == account.deposited_micros


async def test_the_socket_s_word_about_such_a_part_is_no_fill_either() -> None:
    async with listing(orders=["a"]) as scene, scene.started() as sync:
        [huge] = feed(json.dumps(HUGE[1]))
        assert isinstance(huge, TradeReport)

        await sync.heed([huge])
        assert states(await account_of(scene.log, ACCOUNT)) == {"a": OrderState.OPEN}

        await sync.heed([msgspec.structs.replace(huge, size_micros=20 * ONE)])
        assert states(await account_of(scene.log, ACCOUNT)) == {"a": OrderState.FILLED}


async def test_what_can_be_read_at_last_counts_whoever_looked_at_it() -> None:
    async with listing(BAD, orders=["a"]) as scene:
        await scene.looks_at("t1")
        await scene.asks()

        scene.trades[:] = [TRADE]

        assert states(await scene.asks()) == {"a": OrderState.FILLED}


async def test_a_page_that_cannot_be_read_is_passed_over_by_nobody() -> None:
    async with listing(BAD, orders=["a"]) as scene:
        await scene.looks_at("t1")
        scene.is_down = True

        account = await scene.asks()

        assert not account.caught_up
        assert states(account) == {"a": OrderState.OPEN}


async def test_a_service_at_work_hears_of_it() -> None:
    async with listing(BAD) as scene, scene.started() as sync:
        hearing = asyncio.create_task(sync.operator.run())
        await scene.looks_at("t1")
        async with asyncio.timeout(60):
            while not (await account_of(scene.log, ACCOUNT)).caught_up:
                await scene.ask(sync)
        hearing.cancel()
        await asyncio.wait({hearing})
