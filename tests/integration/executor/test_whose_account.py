"""Whose an account is, and that nobody else trades with it."""

import msgspec
import pytest

from polycopy.executor.service.desk import Elsewhere
from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.subjects import ALL_ORDERS
from polycopy.schemas.terms import RefusalCode, VenueAccount
from tests.support.executing import Venues, account_of, act, events_of, started, venue_orders
from tests.support.like import Like, refusals, with_money_at
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy

COPY = strategy("copy", LIVE, VenueName.POLYMARKET)
TEST = strategy("test", PAPER, VenueName.PAPER)


class Moved(Like):
    """A venue with another account."""

    account = VenueAccount(venue=VenueName.POLYMARKET)


async def test_an_account_of_another_wallet_is_not_taken_over(
    log: Log, venues: Venues, venue: Running
) -> None:
    """Nor is one that was played at another venue: what is held there is nothing here."""
    await create(log, COPY)
    await started(log, venues)
    ours = venues.by_name[VenueName.POLYMARKET].account
    elsewhere = Moved(venues.by_name[VenueName.POLYMARKET])
    elsewhere.account = msgspec.structs.replace(ours, host="clob.example")
    before = await events_of(log, LIVE)

    with pytest.raises(Elsewhere, match=r"at 127\.0\.0\.1, chain 137 and not to .* clob\.example"):
        await started(log, with_money_at(venues, elsewhere), instance="second")

    assert await events_of(log, LIVE) == before
    assert not venue_orders(venue)


async def test_paper_money_of_a_forward_test_is_never_taken_for_real_money(
    log: Log, venues: Venues, paper: Venues
) -> None:
    await create(log, strategy("test", LIVE, VenueName.PAPER))
    await started(log, paper)
    assert (await account_of(log, LIVE)).free_micros > 0

    with pytest.raises(Elsewhere, match="belongs to a forward test"):
        await started(log, venues, instance="second")


async def test_a_forward_test_on_an_account_with_money_is_turned_away(
    log: Log, venue: Running, venues: Venues, paper: Venues
) -> None:
    await create(log, COPY)
    await started(log, venues)
    mixed = strategy("mixed", LIVE, VenueName.PAPER)
    await create(log, mixed)
    executor = await started(log, paper, instance="without a key")

    await act(executor, await signal(log, venue, decision(mixed)))

    account = await account_of(log, LIVE)
    assert account.venue_account == venues.by_name[VenueName.POLYMARKET].account
    assert account.deposits.get(mixed.strategy_id) is None
    assert refusals(await events_of(log, LIVE)) == [[RefusalCode.ACCOUNT_NOT_SERVED]]


async def test_the_first_epoch_tells_whose_the_account_is(log: Log, venues: Venues) -> None:
    await create(log, TEST)
    await started(log, venues)

    epochs = [
        one.event for one in await log.read([ALL_ORDERS]) if type(one.event) is ExecutorEpochStarted
    ]
    told = {epoch.account: epoch.venue_account for epoch in epochs}
    assert told[PAPER] == VenueAccount(venue=VenueName.PAPER, host="127.0.0.1")
    live = told[LIVE]
    assert live is not None
    assert (live.host, live.chain_id, live.wallet) == ("127.0.0.1", 137, live.signer)
