"""The venues that this process serves, opened together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import msgspec

from polycopy.executor.adapters.clob import Access, open_clob
from polycopy.executor.adapters.credentials import read_credentials
from polycopy.executor.adapters.markets import ClobMarkets
from polycopy.executor.adapters.paper import PaperVenue
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.adapters.signing import open_signer
from polycopy.executor.adapters.troubles import warn
from polycopy.executor.adapters.turnstile import Turnstile
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.adapters.warmth import kept_warm
from polycopy.executor.core.wallet import WalletKey
from polycopy.executor.ports import Markets, Venue
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Away, Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import Wallet
from polycopy.schemas.terms import VenueAccount


class Waits(msgspec.Struct, frozen=True, kw_only=True):
    """For an answer, and for an order's turn within the venue's rate limits."""

    answer_s: float = 5.0
    order_s: float = 1.0


@asynccontextmanager
async def open_venues(
    clob_url: str,
    live: WalletKey | None,
    *,
    waits: Waits,
    clock: Clock,
) -> AsyncIterator[tuple[Markets, dict[VenueName, Venue]]]:
    """Paper always, the real venue where there is a wallet. Raises Halt where it cannot be had, and
    Away where it does not answer.
    """
    host = urlsplit(clob_url).hostname or ""
    access = _access(waits, clock)
    async with open_clob(clob_url, access) as public:
        markets = ClobMarkets(public, clock=clock)
        try:
            await public.time_s()
        except Transient as error:
            raise Away(
                f"no venue at POLYCOPY_EXECUTOR_CLOB_URL {clob_url} ({error}): see whether it can "
                "be reached from here"
            ) from error
        if live is None:
            yield markets, {VenueName.PAPER: PaperVenue(host=host)}
            return
        async with (
            open_signer(clob_url, live, read_credentials(live.api_file)) as signer,
            open_clob(clob_url, access, signer.credentials) as private,
            kept_warm(private),
        ):
            account = VenueAccount(
                venue=VenueName.POLYMARKET,
                host=host,
                chain_id=live.chain_id,
                wallet=signer.wallet,
                signer=Wallet(signer.credentials.address),
            )
            venue = PolymarketVenue(private, markets, signer, account=account)
            yield markets, {VenueName.PAPER: PaperVenue(host=host), VenueName.POLYMARKET: venue}


def _access(waits: Waits, clock: Clock) -> Access:
    venue_clock = VenueClock(clock)
    return Access(
        clock=venue_clock,
        turnstile=Turnstile(venue_clock),
        timeout_s=waits.answer_s,
        order_wait_s=waits.order_s,
        on_outcome=warn,
    )
