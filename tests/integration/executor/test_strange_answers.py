"""Answers that no honest venue gives: our credentials stay with us, and our memory too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from polycopy.executor.adapters.clob import Clob, ClobMarkets, open_clob
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.core.answers import Unknown
from polycopy.runtime.clock import SystemClock
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.terms import UncertainCode, VenueAccount
from tests.support.strange_venue import (
    CREDENTIALS,
    Handler,
    answers,
    floods,
    redirects_to,
    strange_venue,
)
from tests.support.trading import TOKEN, requested

FLOODS = [floods(packed=False), floods(packed=True)]


@asynccontextmanager
async def clob_at(url: str) -> AsyncIterator[Clob]:
    async with open_clob(url, timeout_s=10, clock=SystemClock(), credentials=CREDENTIALS) as opened:
        yield opened


def venue_of(clob: Clob) -> PolymarketVenue:
    """Without a signer: nothing here is signed."""
    markets = ClobMarkets(clob, clock=SystemClock())
    nobody = VenueAccount(venue=VenueName.POLYMARKET, chain_id=137)
    return PolymarketVenue(clob, markets, None, account=nobody)  # type: ignore[arg-type]  # unused


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_carries_our_credentials_nowhere(status: int) -> None:
    async with (
        strange_venue(answers({})) as thief,
        strange_venue(redirects_to(thief.url, status)) as venue,
        clob_at(venue.url) as clob,
    ):
        answer = await venue_of(clob).send(requested())
        with pytest.raises(Transient):
            await venue_of(clob).find(requested())
        with pytest.raises(Transient):
            await ClobMarkets(clob, clock=SystemClock()).book(TOKEN)

        assert isinstance(answer, Unknown)
        assert (answer.code, answer.http_status) == (UncertainCode.UNRECOGNISED, status)
        assert thief.asked == []
        assert venue.asked[0] == "POST /order"


@pytest.mark.parametrize("flood", FLOODS)
async def test_an_answer_without_end_to_a_sending_is_unknown(flood: Handler) -> None:
    async with strange_venue(flood) as venue, clob_at(venue.url) as clob:
        answer = await venue_of(clob).send(requested())

        assert isinstance(answer, Unknown)
        assert answer.code is UncertainCode.CONNECTION
        assert "more than" in answer.detail


@pytest.mark.parametrize("flood", FLOODS)
async def test_an_answer_without_end_to_a_look_is_no_answer(flood: Handler) -> None:
    async with strange_venue(flood) as venue, clob_at(venue.url) as clob:
        with pytest.raises(Transient) as caught:
            await venue_of(clob).find(requested())

        assert isinstance(caught.value.__cause__, aiohttp.ClientPayloadError)
