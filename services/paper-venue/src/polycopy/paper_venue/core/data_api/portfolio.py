"""Holdings with their market and price: what positions, values and holders are made of."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from polycopy.paper_venue.core.data_api import holdings
from polycopy.paper_venue.core.data_api.holdings import Holding, Key
from polycopy.paper_venue.core.data_api.rows import Index
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.engine.marks import mark_micros
from polycopy.paper_venue.core.gamma.catalogue import Catalogue, Listed
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import MICROS

HELD_MICROS = 100_000
"""Less than a tenth of a share is dust and no open position."""
_PERCENT = 100
_NOTHING = Holding()


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """A wallet's holding of one outcome. `other_micros`: what it holds of the other one."""

    wallet: Wallet
    listed: Listed
    index: int
    holding: Holding
    price_micros: int
    other_micros: int

    @property
    def market(self) -> Market:
        return self.listed.market

    @property
    def token_id(self) -> TokenId:
        return self.market.tokens[self.index].token_id

    @property
    def size_micros(self) -> int:
        """What is held. A wallet that sold more than was seen of it holds nothing."""
        return max(self.holding.size_micros, 0)

    @property
    def cost_micros(self) -> int:
        return max(self.holding.cost_micros, 0)

    @property
    def value_micros(self) -> int:
        return self.size_micros * self.price_micros // MICROS

    @property
    def unrealized_micros(self) -> int:
        return self.value_micros - self.cost_micros

    @property
    def total_micros(self) -> int:
        return self.holding.realized_micros + self.unrealized_micros

    @property
    def percent_micros(self) -> int:
        """Millionths of a percent that the holding has gained on its cost."""
        return gained(self.value_micros, self.cost_micros)

    @property
    def percent_of_all_micros(self) -> int:
        """The same against all that was ever bought: the API calls it realised, and it is not."""
        all_cost = self.holding.bought_micros * self.holding.average_price_micros // MICROS
        return gained(self.value_micros, all_cost)

    @property
    def mergeable(self) -> bool:
        held = min(self.size_micros, self.other_micros)
        return held >= HELD_MICROS and not self.market.resolved

    @property
    def redeemable(self) -> bool:
        """Losers too: there is something to redeem, if only zero."""
        return self.size_micros > 0 and self.market.resolved


def gained(value_micros: int, cost_micros: int) -> int:
    """Millionths of a percent; 0 where it cost nothing."""
    if not cost_micros:
        return 0
    return (value_micros - cost_micros) * _PERCENT * MICROS // cost_micros


def positions(
    exchange: Exchange,
    index: Index,
    wallet: Wallet | None,
    conditions: Sequence[ConditionId] | None,
) -> list[Position]:
    """Every holding that there ever was, of a wallet or of some markets, at today's prices."""
    if conditions is not None and not conditions:
        return []
    catalogue = Catalogue(exchange)
    markets = {condition: one.market for condition, one in catalogue.listed.items()}
    history = index.seen(index.places(wallet, conditions or ()))
    folded = holdings.fold(history, markets)
    wanted = catalogue.listed if conditions is None else frozenset(conditions)
    prices: dict[TokenId, int] = {}
    found: list[Position] = []
    for key, holding in folded.items():
        condition = exchange.conditions.get(key.token_id)
        if (
            condition is None
            or condition not in wanted
            or (wallet is not None and key.wallet != wallet)
        ):
            continue
        listed = catalogue.listed[condition]
        market, at = listed.market, listed.market.index(key.token_id)
        if key.token_id not in prices:
            prices[key.token_id] = mark_micros(exchange.books[condition], at)
        other = folded.get(Key(key.wallet, market.tokens[1 - at].token_id), _NOTHING)
        found.append(
            Position(
                wallet=key.wallet,
                listed=listed,
                index=at,
                holding=holding,
                price_micros=prices[key.token_id],
                other_micros=max(other.size_micros, 0),
            )
        )
    return found


def sort(
    found: Iterable[Position], key: Callable[[Position], int], *, descending: bool
) -> list[Position]:
    """Equal ones by wallet and token, so that the order is one."""
    by_name = sorted(found, key=lambda position: (position.wallet, position.token_id))
    return sorted(by_name, key=key, reverse=descending)
