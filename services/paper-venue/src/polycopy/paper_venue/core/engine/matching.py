"""Price-time priority: what an order takes from the other side of the book. Changes nothing."""

from collections.abc import Iterable, Iterator

import msgspec

from polycopy.paper_venue.core.engine.book import Offer
from polycopy.paper_venue.core.engine.market import own_price
from polycopy.paper_venue.core.engine.orders import Terms
from polycopy.schemas.money import MICROS, Side


class Taking(msgspec.Struct, frozen=True, kw_only=True):
    """All that is taken at one price, in the primary token's terms. `parts` keep the priority."""

    price_micros: int
    parts: tuple[Offer, ...]

    @property
    def size_micros(self) -> int:
        return sum(part.size_micros for part in self.parts)


def takings(terms: Terms, offers: Iterable[Offer]) -> tuple[list[Taking], bool]:
    """What an order takes, a `Taking` a price, and whether it is filled by that completely."""
    taken: dict[int, list[Offer]] = {}
    want_size, want_notional = terms.size_micros, terms.budget_micros
    for offer in _within(terms, offers):
        price = own_price(terms.index, offer.price_micros)
        if terms.budget_micros:
            size = min(offer.size_micros, want_notional * MICROS // price)
        else:
            size = min(offer.size_micros, want_size)
        if size <= 0:
            break
        want_size -= size
        want_notional -= notional(terms.side, size, price)
        part = Offer(offer.price_micros, size, offer.order_id)
        taken.setdefault(offer.price_micros, []).append(part)
    by_price = [Taking(price_micros=at, parts=tuple(parts)) for at, parts in taken.items()]
    return by_price, (want_notional if terms.budget_micros else want_size) <= 0


def notional(side: Side, size_micros: int, price_micros: int) -> int:
    """What a taker pays (rounded up) or gets (rounded down): rounding is never in its favour."""
    exact = size_micros * price_micros
    return -(-exact // MICROS) if side is Side.BUY else exact // MICROS


def _within(terms: Terms, offers: Iterable[Offer]) -> Iterator[Offer]:
    limit = terms.primary_price_micros
    for offer in offers:
        worse = offer.price_micros > limit if terms.buys_primary else offer.price_micros < limit
        if worse:
            return
        yield offer
