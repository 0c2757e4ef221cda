"""An hour and a half of trades, and who asks about them."""

import random
from collections.abc import Collection

import pytest

from polycopy.paper_venue.core.chain.node import Limits
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Ledger
from polycopy.runtime.errors import Transient
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import Side
from polycopy.stream_ingest.adapters.chain_past import ChainPast
from tests.integration.stream_ingest.chain_node import (
    Told,
)
from tests.support.ledgers import MARKETS, START_US, execution, trade, wallet

NAMES = ("ada", "ben", "cleo")
WALLETS = frozenset(map(wallet, NAMES))
BLOCK_MS = BLOCK_US // 1_000
START_MS = START_US // 1_000
BLOCKS = 3_000
END_MS = START_MS + BLOCKS * BLOCK_MS
SMALL = Limits(
    range_blocks_max=9, range_code=-32_600, range_text="up to a {max} block range", results_max=4
)
market_of = MARKETS.__getitem__


def ledger(seed: int = 7, trades: int = 60) -> Ledger:
    """Trades with strangers, several in one block, some of equal rows, over a hundred minutes."""
    dice, found = random.Random(seed), Ledger()
    places = sorted(dice.choices(range(BLOCKS), k=trades))
    for number, place in enumerate(places):
        market = dice.choice(list(MARKETS.values()))
        name, side = dice.choice(NAMES), dice.choice(list(Side))
        size = dice.randint(1, 50)
        taker = execution("stranger", side, of=market, size=size)
        other = Side.SELL if side is Side.BUY else Side.BUY
        makers = [execution(name, other, of=market, size=size)] * dice.randint(1, 3)
        at_us = START_US + place * BLOCK_US
        found.add(trade(taker, *makers, number=number, of=market, at_us=at_us))
    return found


async def asked(
    past: ChainPast, wallets: Collection[Wallet], from_ms: int = START_MS, to_ms: int = END_MS
) -> Told:
    told = Told()
    await told.take_all(past.past(wallets, from_ms=from_ms, to_ms=to_ms))
    return told


async def failure(past: ChainPast, told: Told | None = None, to_ms: int = END_MS) -> Transient:
    """Why it could not be answered. The address, which holds a key, is not told."""
    told = told or Told()
    with pytest.raises(Transient) as raised:
        await told.take_all(past.past(WALLETS, from_ms=START_MS, to_ms=to_ms))
    assert not told.asked
    assert "secret" not in str(raised.value)
    return raised.value
