"""The venues that this process serves, opened together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

from polycopy.executor.adapters.clob import ClobMarkets, open_clob
from polycopy.executor.adapters.credentials import read_credentials
from polycopy.executor.adapters.paper import PaperVenue
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.adapters.signing import open_signer
from polycopy.executor.adapters.venue_clock import VenueClock
from polycopy.executor.adapters.warmth import kept_warm
from polycopy.executor.core.wallet import WalletKey
from polycopy.executor.ports import Markets, Venue
from polycopy.runtime.clock import Clock
from polycopy.runtime.errors import Halt, Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import Wallet
from polycopy.schemas.terms import VenueAccount


@asynccontextmanager
async def open_venues(
    clob_url: str, live: WalletKey | None, *, timeout_s: float, clock: Clock
) -> AsyncIterator[tuple[Markets, dict[VenueName, Venue]]]:
    """Paper always, the real venue where there is a wallet. Raises Halt where it cannot be had."""
    host = urlsplit(clob_url).hostname or ""
    open_here = partial(open_clob, clob_url, timeout_s=timeout_s, clock=VenueClock(clock))
    async with open_here() as public:
        markets = ClobMarkets(public, clock=clock)
        try:
            await public.time_s()
        except Transient as error:
            raise Halt(f"no venue at POLYCOPY_EXECUTOR_CLOB_URL {clob_url}: {error}") from error
        if live is None:
            yield markets, {VenueName.PAPER: PaperVenue(host=host)}
            return
        async with (
            open_signer(clob_url, live, read_credentials(live.api_file)) as signer,
            open_here(credentials=signer.credentials) as private,
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
