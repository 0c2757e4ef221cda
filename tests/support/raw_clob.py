"""The executor's side of a venue that answers as no honest one does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polycopy.executor.adapters.clob import Access, Clob, open_clob
from polycopy.executor.adapters.markets import ClobMarkets
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.adapters.troubles import warn
from polycopy.executor.adapters.turnstile import Turnstile
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.core.outcomes import OnOutcome
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.control import VenueName
from polycopy.schemas.terms import VenueAccount
from tests.support.strange_venue import CREDENTIALS


def access(
    clock: VenueClock | None = None,
    *,
    timeout_s: float = 10,
    turnstile: Turnstile | None = None,
    on_outcome: OnOutcome = warn,
) -> Access:
    chosen = clock or VenueClock(SystemClock())
    return Access(
        clock=chosen,
        turnstile=turnstile or Turnstile(chosen),
        timeout_s=timeout_s,
        order_wait_s=1,
        on_outcome=on_outcome,
    )


@asynccontextmanager
async def clob_at(url: str) -> AsyncIterator[Clob]:
    async with open_clob(url, access(), CREDENTIALS) as opened:
        yield opened


def live_venue(clob: Clob) -> PolymarketVenue:
    """Without a signer: nothing that it is asked for here is signed."""
    markets = ClobMarkets(clob, clock=SystemClock())
    nobody = VenueAccount(venue=VenueName.POLYMARKET, chain_id=137)
    return PolymarketVenue(clob, markets, None, account=nobody)  # type: ignore[arg-type]  # unused
