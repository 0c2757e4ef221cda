"""What one order costs in a book where ten thousand rest: the exchange's core, without its counter.

The orders stand at every price of a fine tick, half of them bids and half asks, a few to a price.
Each round takes one maker from the front (another takes its place at the end of the queue, which is
not counted), places an order somewhere among the bids, and cancels it.
"""

import random
import time
from collections.abc import Mapping
from statistics import median

from polycopy.paper_venue.core.engine import clearing, exchange
from polycopy.paper_venue.core.engine.facts import AccountOpened, AnyFact, OrderClosed
from polycopy.paper_venue.core.engine.market import TENTH_CENT_MICROS, Market, Token
from polycopy.paper_venue.core.engine.orders import Asked
from polycopy.paper_venue.core.engine.placing import place
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import OrderType

RESTING = 10_000
_ROUNDS = 1_000
_TICKS_A_SIDE = 499
_SHARES = 10 * MICROS
_AT_US = 1_795_000_000 * MICROS
_YES, _NO = TokenId("111"), TokenId("222")
_MARKET = Market(
    condition_id=ConditionId("0xb0"),
    tokens=(Token(token_id=_YES, outcome="Yes"), Token(token_id=_NO, outcome="No")),
    tick_size_micros=TENTH_CENT_MICROS,
)
_MAKER, _TAKER = Wallet("0xa"), Wallet("0xb")
_HIGHEST_TICK = 999


def costs_us() -> Mapping[str, float]:
    """Medians in microseconds: `match_us`, `place_us` and `cancel_us`, decided and done."""
    full = _Full()
    matched, placed, cancelled = [], [], []
    for _ in range(_ROUNDS):
        matched.append(full.take())
        placed.append(full.bid())
        cancelled.append(full.cancel())
    assert full.resting() == RESTING, "the book is not what it was"
    return {
        "match_us": median(matched),
        "place_us": median(placed),
        "cancel_us": median(cancelled),
    }


class _Full:
    """An exchange whose one book is full, and the next order's number. Each method gives the
    microseconds that it took."""

    def __init__(self) -> None:
        self._exchange = exchange.initial("bench", (_MARKET,))
        self._chance = random.Random(RESTING)
        self._number = 0
        for address in (_MAKER, _TAKER):
            cash = 10**9 * MICROS
            self._happen(AccountOpened(address=address, holder=address, cash_micros=cash))
        for number in range(RESTING // 2):
            tick = number % _TICKS_A_SIDE + 1
            # A bid on the second token is an ask on the first, and needs no shares.
            self._place(_MAKER, _YES, tick)
            self._place(_MAKER, _NO, tick)
        assert self.resting() == RESTING

    def resting(self) -> int:
        book = self._exchange.books[_MARKET.condition_id]
        return sum(1 for half in (book.bids, book.asks) for _ in half.offers())

    def take(self) -> float:
        trades = len(self._exchange.trades)
        ask = self._exchange.books[_MARKET.condition_id].asks.best_micros
        assert ask is not None
        cost_us = self._place(_TAKER, _YES, ask // TENTH_CENT_MICROS, OrderType.FAK)
        assert len(self._exchange.trades) == trades + 1, "nothing matched"
        self._place(_MAKER, _NO, _HIGHEST_TICK + 1 - ask // TENTH_CENT_MICROS)
        return cost_us

    def bid(self) -> float:
        return self._place(_MAKER, _YES, 1 + self._chance.randrange(_TICKS_A_SIDE))

    def cancel(self) -> float:
        """The order of the last `bid`."""
        order_id = VenueOrderId(f"0x{self._number}")
        began_ns = time.perf_counter_ns()
        done = clearing.cancel(self._exchange, f"key-{_MAKER}", order_id, _AT_US)
        assert isinstance(done, OrderClosed), done
        self._happen(done)
        return (time.perf_counter_ns() - began_ns) / 1000

    def _place(
        self, who: Wallet, token: TokenId, tick: int, kind: OrderType = OrderType.GTC
    ) -> float:
        self._number += 1
        asked = Asked(
            order_id=VenueOrderId(f"0x{self._number}"),
            owner=f"key-{who}",
            maker=who,
            token_id=token,
            side=Side.BUY,
            order_type=kind,
            maker_amount_micros=tick * TENTH_CENT_MICROS * _SHARES // MICROS,
            taker_amount_micros=_SHARES,
        )
        began_ns = time.perf_counter_ns()
        done = place(self._exchange, asked, _AT_US)
        self._happen(*done.facts)
        cost_us = (time.perf_counter_ns() - began_ns) / 1000
        assert done.refusal is None, done.refusal
        return cost_us

    def _happen(self, *facts: AnyFact) -> None:
        for fact in facts:
            exchange.evolve(self._exchange, fact)
