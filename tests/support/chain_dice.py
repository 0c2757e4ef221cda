"""Histories of the chain drawn by Hypothesis."""

from hypothesis import strategies as st

from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.engine.ledger import Execution, Movement, Transfer
from polycopy.schemas.money import MICROS, Side
from tests.support.data_venue import ANNA, MARKETS, WALLETS, Chain, did

SIZES = st.integers(1, 3 * MICROS)


@st.composite
def executions(draw: st.DrawFn, index: int) -> Execution:
    market = MARKETS[index]
    side = draw(st.integers(0, 1))
    size, price = draw(SIZES), draw(st.integers(1, 99)) * 10_000
    return Execution(
        order_id=did(ANNA, Side.BUY, 1, 1).order_id,
        wallet=draw(st.sampled_from(WALLETS)),
        token_id=market.tokens[side].token_id,
        index=side,
        side=draw(st.sampled_from(list(Side))),
        size_micros=size,
        price_micros=price,
        notional_micros=size * price // MICROS,
    )


@st.composite
def chains(draw: st.DrawFn, delay: IndexDelay | None = None) -> Chain:
    """Up to a dozen transactions, several in one block, of all kinds."""
    chain = Chain(delay=delay or IndexDelay(least_us=0, most_us=0))
    at_s = 0
    for _ in range(draw(st.integers(0, 12))):
        at_s += draw(st.sampled_from((0, 0, 1, 2, 5)))
        place = draw(st.integers(0, len(MARKETS) - 1))
        kind = draw(st.sampled_from((Movement.TRADE, Movement.TRADE, *Movement)))
        if kind is Movement.TRADE:
            parts = draw(st.lists(executions(place), min_size=1, max_size=4))
            chain.trade(*parts, of=MARKETS[place], at_s=at_s)
        else:
            chain.transfer(kind, *moved(draw, kind, place), of=MARKETS[place], at_s=at_s)
    return chain


def moved(draw: st.DrawFn, kind: Movement, place: int) -> list[Transfer]:
    wallet = draw(st.sampled_from(WALLETS))
    size = draw(SIZES)
    if kind is not Movement.REDEEM:
        return [Transfer(wallet=wallet, size_micros=size, notional_micros=size)]
    return [
        Transfer(
            wallet=wallet,
            size_micros=size,
            notional_micros=size * (1 - index),
            token_id=token.token_id,
            index=index,
        )
        for index, token in enumerate(MARKETS[place].tokens)
    ]
