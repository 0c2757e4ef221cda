"""What wallets hold and what it cost them, folded from the chain: integers only.

Average cost: a sale takes its share of the cost out, and what it brought beyond that is realised.
More sold than was ever seen (a recording begins in the middle of a wallet's life) counts as a
holding below zero with a cost below zero, so that two laws hold after any history:

- `size` is the plain sum of what came and went;
- the cash that came and went is `realized - cost - fees`.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never

import msgspec

from polycopy.paper_venue.core.engine.ledger import Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.money import MICROS, Side


class Key(msgspec.Struct, frozen=True):
    """Whose, and of what."""

    wallet: Wallet
    token_id: TokenId


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """`cost_micros` of what is held now, without fees; `bought` and `paid` over its whole life.
    `entry_fees` of the buys are in `fees` too."""

    size_micros: int = 0
    cost_micros: int = 0
    realized_micros: int = 0
    fees_micros: int = 0
    entry_fees_micros: int = 0
    bought_micros: int = 0
    paid_micros: int = 0
    first_entry_s: int = 0
    last_event_s: int = 0

    @property
    def average_price_micros(self) -> int:
        """Of what is held; over its life where nothing is."""
        if self.size_micros > 0:
            return self.cost_micros * MICROS // self.size_micros
        return self.paid_micros * MICROS // self.bought_micros if self.bought_micros else 0


Holdings = dict[Key, Holding]


def fold(history: Iterable[Settled], markets: Mapping[ConditionId, Market]) -> Holdings:
    """Holdings of everybody in these transactions. `markets` by condition id; a split or merge of
    an unknown market moves nothing."""
    holdings: Holdings = {}
    for settled in history:
        evolve(holdings, settled, markets.get(settled.condition_id))
    return holdings


def evolve(holdings: Holdings, settled: Settled, market: Market | None) -> None:
    """The effect of one transaction. A conversion has no signs on the chain's list and moves
    nothing here."""
    at_s = settled.block_s
    for execution in settled.executions:
        key = Key(execution.wallet, execution.token_id)
        buys = execution.side is Side.BUY
        size = execution.size_micros if buys else -execution.size_micros
        moved = _moved(holdings.get(key, Holding()), size, execution.notional_micros, at_s)
        fee = execution.fee_micros
        holdings[key] = msgspec.structs.replace(
            moved,
            fees_micros=moved.fees_micros + fee,
            entry_fees_micros=moved.entry_fees_micros + (fee if buys else 0),
        )
    for transfer in settled.transfers:
        for token_id, shares, dollars in _moves(settled.kind, transfer, market):
            key = Key(transfer.wallet, token_id)
            holdings[key] = _moved(holdings.get(key, Holding()), shares, dollars, at_s)


def _moves(
    kind: Movement, transfer: Transfer, market: Market | None
) -> list[tuple[TokenId, int, int]]:
    """Token, shares that come (or go, below zero), dollars for them. A split buys both outcomes at
    half the price each, a merge sells them so; a redemption sells at what is paid."""
    size, dollars = transfer.size_micros, transfer.notional_micros
    match kind:
        case Movement.TRADE | Movement.CONVERSION:
            return []
        case Movement.REDEEM:
            return [(transfer.token_id, -size, dollars)]
        case Movement.SPLIT | Movement.MERGE:
            if market is None:
                return []
            shares = size if kind is Movement.SPLIT else -size
            first, second = (token.token_id for token in market.tokens)
            half = dollars // 2
            return [(first, shares, half), (second, shares, dollars - half)]
        case _:
            assert_never(kind)


def _moved(held: Holding, shares: int, dollars: int, at_s: int) -> Holding:
    """Shares came for dollars, or went for them. What goes beyond zero opens the other side."""
    closing = min(abs(shares), abs(held.size_micros)) if held.size_micros * shares < 0 else 0
    closing_dollars = dollars * closing // abs(shares) if shares else dollars
    released = held.cost_micros * closing // abs(held.size_micros) if closing else 0
    comes = shares > 0
    change = -closing_dollars if comes else closing_dollars
    rest = dollars - closing_dollars
    return msgspec.structs.replace(
        held,
        size_micros=held.size_micros + shares,
        cost_micros=held.cost_micros - released + (rest if comes else -rest),
        realized_micros=held.realized_micros + change - released,
        bought_micros=held.bought_micros + max(shares, 0),
        paid_micros=held.paid_micros + (dollars if comes else 0),
        first_entry_s=held.first_entry_s or (at_s if comes else 0),
        last_event_s=at_s,
    )
