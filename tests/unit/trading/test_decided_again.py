"""An entry keeps the limits that it was decided within, and is decided again with them."""

import msgspec
import pytest

from polycopy.schemas.event import decode, encode
from polycopy.schemas.limits import AccountLimits
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderRefused, OrderRequested
from polycopy.schemas.terms import Evidence
from polycopy.trading.account import fold
from polycopy.trading.approval import (
    CHECKS,
    ApprovedOrder,
    Intent,
    approve,
    approved_again,
    decided_again,
    requested,
)
from polycopy.trading.limits import ENTRY_CHECKS, PRICE_CHECKS
from tests.support.trading import (
    ACCOUNT,
    ONE,
    OPENING,
    WIDE,
    book,
    filled,
    intent,
    market,
    venue_id,
)
from tests.support.trading import requested as earlier

ACCOUNT_THEN = fold(
    ACCOUNT, [*OPENING, earlier("held"), filled("held"), earlier("open", notional=90 * ONE)]
)
"""A hundred of the thousand dollars are at stake: ten in 20 shares, the rest in an open entry."""
TIGHT = msgspec.structs.replace(WIDE, market_exposure_ppm_max=110_000)
SALE = intent(Side.SELL, amount=20 * ONE, limit=480_000)


def decided(limits: AccountLimits, wanted: Intent) -> tuple[ApprovedOrder, OrderRequested]:
    """The order, and what the log has of it."""
    deep = book(asks=((510_000, 2_000 * ONE),))
    order = approve(ACCOUNT_THEN, wanted, deep, market(), 2_000, limits=limits)
    assert isinstance(order, ApprovedOrder), order
    request = requested(order, venue_order_id=venue_id("a"))
    return order, decode(OrderRequested, encode(request))


def with_evidence(request: OrderRequested, evidence: Evidence) -> OrderRequested:
    return msgspec.structs.replace(request, evidence=evidence)


def test_an_entry_keeps_its_limits_and_how_much_of_them_was_used() -> None:
    evidence = decided(TIGHT, intent())[1].evidence
    assert evidence.limits == TIGHT
    assert evidence.standing is not None
    assert evidence.standing.market_exposure_micros == 100 * ONE
    assert evidence.checks == CHECKS + PRICE_CHECKS + ENTRY_CHECKS


def test_an_exit_keeps_the_limits_that_held_it_to_a_sane_price_and_has_no_standing() -> None:
    evidence = decided(TIGHT, SALE)[1].evidence
    assert (evidence.limits, evidence.standing) == (TIGHT, None)
    assert evidence.checks == CHECKS + PRICE_CHECKS


@pytest.mark.parametrize("wanted", [intent(), SALE], ids=["a cut entry", "an exit"])
def test_an_order_within_limits_is_decided_again_from_its_event_alone(wanted: Intent) -> None:
    order, request = decided(TIGHT, wanted)
    assert decided_again(request) == approved_again(request) == order


def test_an_order_that_was_not_allowed_what_it_took_is_not_decided_again() -> None:
    request = decided(TIGHT, intent())[1]
    stricter = msgspec.structs.replace(TIGHT, market_exposure_ppm_max=100_000)
    evidence = msgspec.structs.replace(request.evidence, limits=stricter)
    assert isinstance(decided_again(with_evidence(request, evidence)), OrderRefused)


def test_an_order_of_before_there_were_limits_is_decided_again_without_any() -> None:
    beyond = intent(amount=500 * ONE)
    request = decided(WIDE, beyond)[1]
    told = msgspec.structs.replace(request.evidence, limits=None, standing=None, checks=CHECKS)
    old = with_evidence(request, told)
    assert b'"limits"' not in encode(old)
    assert decided_again(old) == approved_again(old)
    now = msgspec.structs.replace(request.evidence, limits=AccountLimits())
    assert isinstance(decided_again(with_evidence(request, now)), OrderRefused)
