"""Laws of the venue on paper."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.executor.adapters.paper import fill
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.orders import OrderRequested
from polycopy.trading.fees import taker_fee_micros
from tests.support.trading import EVIDENCE, FEE, ONE, levels, requested

LEVELS = st.lists(
    st.tuples(st.integers(1, 99), st.integers(1, 200 * ONE)),
    max_size=6,
    unique_by=lambda level: level[0],
)


@st.composite
def requests(draw: st.DrawFn) -> OrderRequested:
    side = draw(st.sampled_from(Side))
    pairs = [(cents * 10_000, size) for cents, size in draw(LEVELS)]
    best_first = sorted(pairs, reverse=side is Side.SELL)
    request = requested(
        side=side,
        size=draw(st.integers(1, 300 * ONE)),
        notional=draw(st.integers(1, 300 * ONE)),
    )
    return msgspec.structs.replace(
        request,
        limit_price_micros=draw(st.integers(1, 99)) * 10_000,
        evidence=msgspec.structs.replace(EVIDENCE, levels=levels(*best_first)),
    )


@given(requests())
def test_never_more_than_asked_and_never_beyond_the_limit(request: OrderRequested) -> None:
    fills = fill(request)

    if request.side is Side.BUY:
        assert sum(one.notional_micros for one in fills) <= request.notional_micros
        assert all(one.price_micros <= request.limit_price_micros for one in fills)
    else:
        assert sum(one.size_micros for one in fills) <= request.size_micros
        assert all(one.price_micros >= request.limit_price_micros for one in fills)


@given(requests())
def test_no_level_gives_more_than_it_has(request: OrderRequested) -> None:
    held = {level.price_micros: level.size_micros for level in request.evidence.levels}

    assert all(0 < one.size_micros <= held[one.price_micros] for one in fill(request))


@given(requests())
def test_rounding_is_never_in_our_favour_and_the_taker_pays_its_fee(
    request: OrderRequested,
) -> None:
    for one in fill(request):
        exact = one.size_micros * one.price_micros
        ours = one.notional_micros * MICROS
        assert exact <= ours if request.side is Side.BUY else ours <= exact
        assert one.fee_micros == taker_fee_micros(one.size_micros, one.price_micros, FEE)


@given(requests())
def test_the_same_request_fills_the_same_way_again(request: OrderRequested) -> None:
    assert fill(request) == fill(request)
    assert len({one.venue_trade_id for one in fill(request)}) == len(fill(request))


def test_a_buy_walks_the_book_until_its_dollars_are_spent() -> None:
    book = levels((500_000, 10 * ONE), (510_000, 100 * ONE))
    request = msgspec.structs.replace(
        requested(notional=10 * ONE),
        limit_price_micros=510_000,
        evidence=msgspec.structs.replace(EVIDENCE, levels=book),
    )

    first, second = fill(request)

    assert (first.size_micros, first.notional_micros) == (10 * ONE, 5 * ONE)
    assert (second.size_micros, second.notional_micros) == (9_803_921, 5_000_000)
