"""An account whose events are not all there: money halts, and a forward test is given up."""

from typing import Any, cast

import msgspec
import pytest

from polycopy.executor.core.answers import Answer, Unknown
from polycopy.executor.core.ledger import Unfit
from polycopy.executor.ports import Venue
from polycopy.runtime.log import Log
from polycopy.runtime.memory_log import MemoryLog
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import ExecutorEpochStarted, OrderRequested
from polycopy.schemas.subjects import account_filter, order_subject
from polycopy.schemas.terms import UncertainCode
from tests.support.executing import Venues, act, started, venue_orders
from tests.support.like import Like
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, PAPER, create, decision, signal, strategy

COPY = strategy("copy", LIVE, VenueName.POLYMARKET)
TEST = strategy("test", PAPER, VenueName.PAPER)


async def tear(log: Log, *, expected: int, account: AccountId = PAPER) -> None:
    """An event of the account, as if some before it were lost."""
    event = ExecutorEpochStarted(account=account, epoch=9, instance="x")
    origin = Origin(source="test", time_ms=1, causation_id="hole")
    subject = order_subject(account, event)
    torn = draft(event, subject=subject, origin=origin, aggregate_version=99)
    await log.append(torn, expected=expected)


class Forgetting(Like):
    """A venue that tells nothing of a sending, and knows nothing of it when asked."""

    async def send(self, *asked: Any) -> Answer:
        del asked
        return Unknown(code=UncertainCode.TIMEOUT)

    async def find(self, request: OrderRequested) -> None:
        del request


@pytest.mark.parametrize("kind", list(VenueName))
async def test_a_hole_that_is_found_while_settling_halts_money_and_nothing_else(
    kind: VenueName, venue: Running, venues: Venues
) -> None:
    log, account = MemoryLog(), PAPER if kind is VenueName.PAPER else LIVE
    copy = strategy("copy", account, kind)
    await create(log, copy)
    forgetting = {kind: cast(Venue, Forgetting(venues.by_name[kind]))}
    executor = await started(
        log, msgspec.structs.replace(venues, by_name=venues.by_name | forgetting)
    )
    await act(executor, await signal(log, venue, decision(copy)))
    last = await log.last(account_filter(account))
    assert last is not None
    await tear(log, expected=last.sequence, account=account)

    if kind is VenueName.PAPER:
        await executor.settle()
    else:
        with pytest.raises(Unfit, match="the log lost something"):
            await executor.settle()


async def test_a_forward_test_with_a_hole_in_its_account_stops_no_money(
    log: Log, venue: Running, venues: Venues
) -> None:
    await create(log, COPY)
    await create(log, TEST)
    await tear(log, expected=0)
    executor = await started(log, venues)

    said = await act(executor, await signal(log, venue, decision(COPY), decision(TEST)))

    assert said == ["polycopy.order.requested.v1", "polycopy.order.placed.v1"]
    assert len(venue_orders(venue)) == 1
