"""For how long an executor sends an order, it says itself, and status-sync takes its word."""

import msgspec

from polycopy.runtime.log import Log
from polycopy.schemas.control import VenueName
from polycopy.schemas.subjects import account_filter
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.lost import counts_from_ms
from polycopy.status_sync.core.rules import Rules
from tests.support.executing import HURRIED, Venues, act, started
from tests.support.paper_venue import Running
from tests.support.signalling import LIVE, create, decision, signal, strategy

COPY = strategy("copy-live", LIVE, VenueName.POLYMARKET)
RULES = Rules()


async def test_no_order_is_counted_as_lost_as_long_as_its_executor_would_send_it(
    log: Log, venue: Running, venues: Venues
) -> None:
    limits = msgspec.structs.replace(HURRIED, resend_ms_max=10 * RULES.resend_max_ms)
    await create(log, COPY)
    sent = await signal(log, venue, decision(COPY))
    await act(await started(log, venues, limits=limits), sent)

    held = ledger.initial(LIVE)
    for recorded in await log.read([account_filter(LIVE)]):
        held = ledger.evolve(held, recorded)

    [order] = held.account.orders.values()
    counts_ms = order.requested_at_ms + limits.resend_ms_max + RULES.lost_grace_ms
    assert counts_from_ms(held, order, RULES) == counts_ms
