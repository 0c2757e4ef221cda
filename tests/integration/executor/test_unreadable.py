"""A message in the log that is no event ends the executor only where money hangs on it."""

import asyncio
from typing import cast

import msgspec
import pytest

from polycopy.executor.ports import Markets
from polycopy.runtime.errors import Halt
from polycopy.schemas import subjects
from polycopy.schemas.control import StrategyPaused, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId, TokenId
from polycopy.trading.orderbook import Book
from tests.support.executing import DEADLINE_S, Venues, act, started
from tests.support.like import Like
from tests.support.log_events import oversized
from tests.support.nats_raw import raw_api, real_log
from tests.support.nats_server import Account
from tests.support.paper_venue import Running
from tests.support.signalling import create, decision, signal, strategy


class Looked(Like):
    """Markets that note when somebody looks at a book."""

    def __init__(self, inner: Markets) -> None:
        super().__init__(inner)
        self.at = asyncio.Event()

    async def book(self, token_id: TokenId) -> Book | None:
        self.at.set()
        return await cast(Markets, self._inner).book(token_id)


async def test_a_trade_that_nobody_can_read_is_left_out_and_the_next_is_looked_at(
    nats_account: Account, paper: Venues
) -> None:
    markets = Looked(paper.markets)
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        executor = await started(
            log, msgspec.structs.replace(paper, markets=cast(Markets, markets))
        )
        after = await log.end()
        for body in (b"not json", b"nor this"):
            await connection.ask("trades.0xab.observed", body, within_s=5)
        await log.append(oversized(), expected=0)

        reading = asyncio.create_task(executor.read_ahead(after))
        looked = asyncio.create_task(markets.at.wait())
        done, _pending = await asyncio.wait(
            {reading, looked}, timeout=DEADLINE_S, return_when=asyncio.FIRST_COMPLETED
        )

        assert done == {looked}
        reading.cancel()
        await asyncio.wait({reading})


@pytest.mark.parametrize("subject", ["control.trading.every.state-set", "orders.paper-one.placed"])
async def test_what_the_operator_or_an_account_says_and_nobody_can_read_ends_it_with_what_to_do(
    nats_account: Account, paper: Venues, subject: str
) -> None:
    async with real_log(nats_account) as log, raw_api(nats_account) as (connection, _):
        executor = await started(log, paper)
        after = await log.end()
        await connection.ask(subject, b"not json", within_s=5)

        with pytest.raises(Halt, match=rf"sequence {after + 1} \({subject}\).*newest version"):
            async with asyncio.timeout(DEADLINE_S):
                await executor.follow(after)


async def test_an_account_whose_name_is_a_word_of_our_own_subjects_is_mixed_up_with_nothing(
    nats_account: Account, venue: Running, paper: Venues
) -> None:
    """What is said of a strategy has `strategy` where an order's subject has the account."""
    named = strategy("copy", AccountId("strategy"), VenueName.PAPER)
    async with real_log(nats_account) as log:
        await create(log, named)
        executor = await started(log, paper)
        paused = StrategyPaused(strategy_id=named.strategy_id)
        new = draft(
            paused,
            subject=subjects.subject_of(paused),
            origin=Origin(source="cli", time_ms=1, causation_id="pause"),
            aggregate_version=3,  # As the account's next event: an epoch and its capital precede.
        )
        last = await log.last("control.strategy.copy.*")
        assert last is not None
        recorded = await log.at(await log.append(new, expected=last.sequence))
        assert recorded is not None

        await executor.hear(recorded)

        said = await act(executor, await signal(log, venue, decision(named)))
        assert said[0] == "polycopy.order.requested.v1"
