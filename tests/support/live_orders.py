"""Orders for a venue as the executor prepares them, without an executor."""

import msgspec

from polycopy.executor.ports import Markets, Venue
from polycopy.paper_venue.core.engine.market import Market
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderRequested
from polycopy.trading import account as accounts
from polycopy.trading.approval import ApprovedOrder, approve, requested
from tests.support.trading import ACCOUNT, ONE, OPENING, intent


async def prepared(
    venue: Venue, markets: Markets, market: Market, *, name: str = "a", notional: int = 5 * ONE
) -> OrderRequested:
    """A BUY of the market's first outcome at nearly any price, as it would stand in the log."""
    approved = await approved_at(markets, market, name=name, notional=notional)
    venue_order_id, body = await venue.prepare(approved)
    return requested(approved, venue_order_id=venue_order_id, request_body=body)


async def approved_at(
    markets: Markets, market: Market, *, name: str = "a", notional: int = 5 * ONE
) -> ApprovedOrder:
    """The same before it is signed."""
    wanted = msgspec.structs.replace(
        intent(amount=notional, limit=990_000),
        order_id=OrderId(name),
        leader_price_micros=0,
        condition_id=market.condition_id,
        token_id=market.tokens[0].token_id,
    )
    book = await markets.book(wanted.token_id)
    rules = await markets.rules(market.condition_id)
    approved = approve(accounts.fold(ACCOUNT, OPENING), wanted, book, rules, SystemClock().now_ms())
    assert isinstance(approved, ApprovedOrder), approved
    return approved
