"""The executor's side of a venue that answers as no honest one does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from polycopy.executor.adapters.clob import Clob, ClobMarkets, open_clob
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.control import VenueName
from polycopy.schemas.terms import VenueAccount
from tests.support.strange_venue import CREDENTIALS


@asynccontextmanager
async def clob_at(url: str) -> AsyncIterator[Clob]:
    clock = VenueClock(SystemClock())
    async with open_clob(url, timeout_s=10, clock=clock, credentials=CREDENTIALS) as opened:
        yield opened


def live_venue(clob: Clob) -> PolymarketVenue:
    """Without a signer: nothing that it is asked for here is signed."""
    markets = ClobMarkets(clob, clock=SystemClock())
    nobody = VenueAccount(venue=VenueName.POLYMARKET, chain_id=137)
    return PolymarketVenue(clob, markets, None, account=nobody)  # type: ignore[arg-type]  # unused
