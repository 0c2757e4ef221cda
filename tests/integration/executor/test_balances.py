"""What the venue thinks that a wallet holds, and that it can be made to look again."""

from pathlib import Path

import pytest

from polycopy.executor.core.answers import Placed, Rejected
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind
from polycopy.runtime.errors import Transient
from polycopy.schemas.control import VenueName
from polycopy.schemas.terms import FailureCode
from tests.support.executing import sign_in, venues_at, wallet_key
from tests.support.live_orders import prepared
from tests.support.paper_venue import paper_venue
from tests.support.trading import ONE

STALE = Fault(kind=FaultKind.STALE_BALANCE, on="balance")
AWAY = Fault(kind=FaultKind.LOST_BEFORE, on="GET /balance-allowance/update")
BUSY = Fault(kind=FaultKind.ERROR_BEFORE, on="GET /balance-allowance/update", status=429)


@pytest.mark.parametrize("signature_type", [0, 3], ids=["owner", "deposit"])
async def test_a_balance_that_is_read_anew_sets_nothing_aside_any_more(
    signature_type: int, tmp_path: Path
) -> None:
    who = wallet_key(tmp_path, signature_type=signature_type)
    async with paper_venue(balance_micros=12 * ONE) as running:
        await sign_in(running, tmp_path)
        market = running.script.markets[0]
        async with venues_at(running.urls["clob"], who=who) as opened:
            live = opened.by_name[VenueName.POLYMARKET]
            running.venue.pipeline.faults.set(STALE)
            assert isinstance(await live.send(await prepared(live, opened.markets, market)), Placed)
            short = await live.send(await prepared(live, opened.markets, market))
            assert isinstance(short, Rejected)
            assert short.code is FailureCode.BALANCE_OR_ALLOWANCE

            await live.refresh_balance(market.tokens[0].token_id)
            await live.refresh_balance(None)

            assert isinstance(await live.send(await prepared(live, opened.markets, market)), Placed)


@pytest.mark.parametrize("fault", [AWAY, BUSY])
async def test_a_balance_that_cannot_be_read_anew_is_tried_later(
    fault: Fault, tmp_path: Path
) -> None:
    async with paper_venue() as running:
        await sign_in(running, tmp_path)
        running.venue.pipeline.faults.set(fault)
        async with venues_at(running.urls["clob"], tmp_path) as opened:
            with pytest.raises(Transient, match="GET /balance-allowance/update"):
                await opened.by_name[VenueName.POLYMARKET].refresh_balance(None)
