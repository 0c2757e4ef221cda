"""Books that nobody recorded: seeded ladders around a price."""

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.market import CENT_MICROS, Ladder, Market, Token, token_for
from polycopy.paper_venue.core.sources.script import Chance
from polycopy.schemas.ids import ConditionId
from polycopy.schemas.money import MICROS
from polycopy.schemas.terms import Level

DEPTH = 10
_SHARES_LEAST = 40
_SHARES_SPAN = 1500
_CENT_OF_A_SHARE = 10_000


def around(
    chance: Chance, *, bid_micros: int, ask_micros: int, tick_micros: int, depth: int = DEPTH
) -> Ladder:
    """Both sides from the given best prices outwards, a level a tick, as far as prices go."""
    bids = (bid_micros - step * tick_micros for step in range(depth))
    asks = (ask_micros + step * tick_micros for step in range(depth))
    inside = range(tick_micros, MICROS - tick_micros + 1)
    return Ladder(
        bids=tuple(_level(chance, price) for price in bids if price in inside),
        asks=tuple(_level(chance, price) for price in asks if price in inside),
    )


def _level(chance: Chance, price_micros: int) -> Level:
    shares = (_SHARES_LEAST + chance.randrange(_SHARES_SPAN)) * MICROS
    return Level(
        price_micros=price_micros,
        size_micros=shares + chance.randrange(100) * _CENT_OF_A_SHARE,
    )


class SeededRecording:
    """Markets and books made up from a seed: each price takes a walk of one cent at a time."""

    def __init__(self, chance: Chance, *, markets: int = 4, moments: int = 2000) -> None:
        self.markets = tuple(_market(place) for place in range(markets))
        self.source_note = "seeded: markets and books are made up"
        self._ladders = [_walk(chance, moments // markets) for _ in range(markets)]

    @property
    def moments(self) -> int:
        return sum(map(len, self._ladders))

    def condition(self, moment: int) -> ConditionId:
        return self.markets[moment % len(self.markets)].condition_id

    def ladder(self, moment: int) -> Ladder:
        return self._ladders[moment % len(self.markets)][moment // len(self.markets)]


def _walk(chance: Chance, steps: int) -> list[Ladder]:
    cents = 30 + chance.randrange(40)
    ladders = []
    for _ in range(steps):
        cents = min(max(cents + chance.randrange(3) - 1, 10), 90)
        price = cents * CENT_MICROS
        ladders.append(
            around(
                chance, bid_micros=price - CENT_MICROS, ask_micros=price, tick_micros=CENT_MICROS
            )
        )
    return ladders


def _market(place: int) -> Market:
    condition = ConditionId("0x" + identity.digest("seeded market", place))
    return Market(
        condition_id=condition,
        tokens=(
            Token(token_id=token_for(condition, "Yes"), outcome="Yes"),
            Token(token_id=token_for(condition, "No"), outcome="No"),
        ),
        slug=f"seeded-market-{place + 1}",
        event_slug=f"seeded-market-{place + 1}",
        title=f"Seeded market {place + 1}?",
    )
