"""The paper venue's Polygon node, listened to while it makes blocks and breaks connections."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from polycopy.paper_venue.core.chain.chain import MarketOf
from polycopy.paper_venue.core.chain.node import Limits as NodeLimits
from polycopy.paper_venue.core.protocol.messages import Answer
from polycopy.polymarket.chain_subscriptions import Limits
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Halt
from polycopy.schemas.ids import Wallet
from polycopy.stream_ingest.adapters.chain_socket import ChainSocket
from polycopy.stream_ingest.ports import Delivering, Silent
from tests.integration.stream_ingest.chain_node import (
    DEADLINE_S,
    PublicNode,
    Told,
    eventually,
    filled,
    listening,
    past_of,
    served,
)
from tests.support.directing import BOOK, STANDING, Control, directing

BLOCK_MS = 2_000
PATIENT_S = 60.0
ADA, BEN, CLEO = (Wallet(f"0x1ead{number:036x}") for number in (1, 2, 3))
SMALL = Limits(wallets_a_subscription=1, subscriptions_max=4)


def markets_of(control: Control) -> MarketOf:
    listed = [book.market for book in control.running.venue.desk.exchange.books.values()]
    return {market.condition_id: market for market in listed}.__getitem__


class Play:
    """The venue's director, who also knows what the chain has."""

    def __init__(self, control: Control, source: ChainSocket) -> None:
        self.source = source
        self._control = control

    async def trade(self, wallet: Wallet = ADA, **more: Any) -> None:
        usual = {"market": "mine", "size": 5, "price": 0.45}
        await self._control.done("leader_trade", **{**usual, "wallet": wallet, **more})

    async def blocks(self, count: int = 1) -> None:
        await self._control.advance(count * BLOCK_MS)

    async def order(self, do: str, **said: Any) -> None:
        await self._control.done(do, **said)

    async def subscribed(self, subscriptions: int = 2) -> None:
        node = self._control.running.venue.rpc
        await eventually(lambda: node.subscriptions == subscriptions)

    async def delivers(self, told: Told, connections: int = 1, subscriptions: int = 2) -> None:
        """As soon as a connection heard of a block."""
        await self.subscribed(subscriptions)
        await self.blocks()
        await told.until_news(Delivering, connections)

    async def delivers_again(self, told: Told, connections: int) -> None:
        """As `delivers`, while connections come and go."""
        async with asyncio.timeout(DEADLINE_S):
            while sum(isinstance(one, Delivering) for one in told.news) < connections:
                await self.blocks()

    async def all_told(self, told: Told, *wallets: Wallet) -> None:
        """As soon as all trades of these wallets, in blocks that are over, were told: each exactly,
        and no others."""
        await self.blocks()
        venue = self._control.running.venue
        expected = filled(venue.settling.ledger, markets_of(self._control), wallets)
        await told.until(lambda: told.by_place().keys() >= expected.keys())
        assert told.by_place() == expected
        assert expected


@asynccontextmanager
async def playing(
    *wallets: Wallet,
    limits: Limits | None = None,
    watchdog_s: float = PATIENT_S,
    with_past: bool = True,
) -> AsyncIterator[Play]:
    async with directing(STANDING + BOOK) as control:
        urls = control.running.urls
        async with past_of(urls["rpc"]) as past:
            source = ChainSocket(
                urls["rpc_ws"],
                past=past if with_past else None,
                clock=SystemClock(),
                watchdog_s=watchdog_s,
                limits=limits,
            )
            source.aim(wallets)
            yield Play(control, source)


async def test_every_trade_of_a_followed_wallet_is_told_by_its_place() -> None:
    async with playing(ADA, BEN) as play, listening(play.source) as told:
        assert not play.source.connected
        await play.delivers(told)
        assert play.source.connected
        await play.trade(ADA)
        await play.trade(BEN, side="SELL", size=7.25, price=0.333333)
        await play.trade(CLEO)
        await play.trade(ADA, maker=True, outcome=1)
        await play.blocks()
        await play.trade(ADA, repeat=3, maker=True)
        await play.trade(BEN, repeat=2)
        await play.all_told(told, ADA, BEN)
        assert all(report.raw for report in told.reports)
        assert {report.source for report in told.reports} == {"chain"}


async def test_rows_carry_the_time_of_their_block_and_no_market() -> None:
    async with playing(ADA) as play, listening(play.source) as told:
        await play.delivers(told)
        await play.trade()
        await play.all_told(told, ADA)
        [row] = told.rows()
        assert row.traded_at_ms % 1_000 == 0
        assert row.traded_at_ms == 1_796_126_400_000 + BLOCK_MS
        assert (row.condition_id, row.kind, row.notional_micros) == ("", "logs", 2_250_000)


async def test_nothing_between_two_connections_is_lost() -> None:
    dice = random.Random(7)
    async with playing(ADA, BEN) as play, listening(play.source) as told:
        await play.delivers(told)
        for number in range(1, 6):
            await play.trade(ADA, size=number)
            await play.order("disconnect", socket="rpc")
            for _ in range(dice.randint(0, 3)):
                await play.trade(dice.choice([ADA, BEN]), repeat=dice.randint(1, 3))
                await play.blocks(dice.randint(0, 9))
            await told.until_news(Silent, number)
            await play.delivers(told, number + 1)
        await play.all_told(told, ADA, BEN)
        silent = [one for one in told.news if isinstance(one, Silent)]
        assert all(one.reason and one.last_frame_at_ms <= one.at_ms for one in silent)
        connections = [one.connection for one in told.news if isinstance(one, Delivering)]
        assert len(set(connections)) == len(connections) == 6


async def test_a_long_gap_is_filled() -> None:
    async with playing(ADA) as play, listening(play.source) as told:
        await play.delivers(told)
        await play.order("restart", down_ms=600 * BLOCK_MS)
        await told.until_news(Silent)
        for _ in range(4):
            await play.trade(repeat=2)
            await play.blocks(150)
        await play.delivers(told, 2)
        await play.all_told(told, ADA)


async def test_a_gap_is_filled_when_the_node_answers_again() -> None:
    async with directing(STANDING + BOOK) as control:
        venue = control.running.venue
        node = PublicNode(venue.settling.ledger, markets_of(control), NodeLimits())
        node.at_us = venue.now_us() + 3_600_000_000
        async with served(node) as url, past_of(url) as past:
            source = ChainSocket(control.running.urls["rpc_ws"], past=past, clock=SystemClock())
            source.aim([ADA])
            play = Play(control, source)
            async with listening(source) as told:
                await play.delivers(told)
                await play.order("disconnect", socket="rpc")
                await told.until_news(Silent)
                await play.trade()
                node.moods = [Answer(500, b"")] * 2
                await play.blocks()
                await play.delivers(told, 2)
                await play.trade(repeat=2)
                await play.all_told(told, ADA)
                assert node.moods == []


async def test_a_wallet_that_is_added_is_heard_at_once_and_a_removed_one_not_any_more() -> None:
    async with playing(ADA) as play, listening(play.source) as told:
        await play.delivers(told)
        await play.trade(BEN)
        await play.blocks()
        play.source.aim([ADA, BEN])
        await play.subscribed(3)
        await play.trade(ADA)
        await play.trade(BEN, size=9)
        await play.blocks()
        await told.until(lambda: len(told.rows()) == 2)
        play.source.aim([BEN])
        await play.trade(ADA)
        await play.trade(BEN, size=3)
        await play.blocks()
        await told.until(lambda: len(told.rows()) == 3)
        assert sorted((row.wallet, row.size_micros) for row in told.rows()) == [
            (ADA, 5_000_000),
            (BEN, 3_000_000),
            (BEN, 9_000_000),
        ]


async def test_many_added_wallets_are_put_together() -> None:
    crowd = [Wallet(f"0x2ead{number:036x}") for number in range(2)]
    async with playing(limits=SMALL) as play, listening(play.source) as told:
        await play.delivers(told, subscriptions=1)
        for number, wallet in enumerate(crowd, start=1):
            play.source.aim(crowd[:number])
            await play.subscribed(1 + number)
            await play.trade(wallet)
            await play.blocks()
        await play.all_told(told, *crowd)


@pytest.mark.parametrize("limits", [None, SMALL])
async def test_more_wallets_than_one_filter_takes_are_heard(limits: Limits | None) -> None:
    crowd = [Wallet(f"0x3ead{number:036x}") for number in range(2_500)]
    async with playing(*crowd, limits=limits) as play, listening(play.source) as told:
        await play.delivers(told, subscriptions=4 if limits is None else 2)
        for place in (0, 999, 1_000, 2_499):
            await play.trade(crowd[place])
        await play.trade(ADA)
        await play.all_told(told, *crowd)


async def test_a_connection_that_brings_no_blocks_is_given_up() -> None:
    async with playing(ADA, watchdog_s=1.0) as play, listening(play.source) as told:
        await play.delivers(told)
        await told.until_news(Silent)
        [silent] = [one for one in told.news if isinstance(one, Silent)]
        assert silent.reason == "no head for 1 s"
        await play.trade()
        await play.delivers_again(told, 2)
        await play.all_told(told, ADA)


async def test_without_a_past_it_goes_on_at_the_newest_block() -> None:
    async with playing(ADA, with_past=False) as play, listening(play.source) as told:
        await play.delivers(told)
        await play.order("disconnect", socket="rpc")
        await told.until_news(Silent)
        await play.trade(size=1)
        await play.blocks()
        await play.delivers(told, 2)
        await play.trade(size=2)
        await play.blocks()
        await told.until(told.rows)
        assert [row.size_micros for row in told.rows()] == [2_000_000]


async def test_who_stops_listening_leaves_nothing_behind() -> None:
    async with playing(ADA) as play:
        async with listening(play.source) as told:
            await play.delivers(told)
        assert not play.source.connected
        await play.subscribed(0)
        play.source.look(ADA)


@pytest.mark.parametrize("url", ["http://secret/", "ws:///secret"])
async def test_an_address_that_is_none_stops_the_service_and_is_not_told(url: str) -> None:
    source = ChainSocket(url, past=None, clock=SystemClock())
    with pytest.raises(Halt, match=r"^the node's address is no websocket address$"):
        await anext(source.listen())
