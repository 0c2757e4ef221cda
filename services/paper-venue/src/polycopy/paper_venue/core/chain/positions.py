"""What the Conditional Tokens write when collateral becomes shares of both outcomes, when those
become collateral again, and when a resolved market pays.

A wallet goes through the venue's adapter, which holds everything for a moment: the position events
name the adapter, and only the transfers name the wallet. In a neg-risk market the adapter goes
through the older neg-risk adapter in turn. What USDC.e and the wrapped collateral do below pUSD is
left out. Source: CtfCollateralAdapter, NegRiskAdapter, ConditionalTokens.
"""

from collections.abc import Iterable, Iterator

from polycopy.paper_venue.core.chain import contracts as on
from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.chain.contracts import Contracts
from polycopy.paper_venue.core.engine.ledger import Transfer
from polycopy.paper_venue.core.engine.market import Market

_PARTITION = (1, 2)


def split(contracts: Contracts, market: Market, holder: str, size_micros: int) -> Iterator[Emitted]:
    """`holder` pays pUSD and gets both outcomes."""
    yield from _unwrap(holder, size_micros)
    adapter = contracts.adapter
    ids, sizes = _ids(market), (size_micros, size_micros)
    owner = _owner(contracts)
    yield on.TRANSFER_BATCH.by(contracts.tokens, (owner, on.ZERO, owner), ids, sizes)
    if contracts.has_conditions:
        yield on.POSITION_SPLIT.by(
            contracts.tokens, (owner, on.ROOT, market.condition_id),
            _collateral(contracts), _PARTITION, size_micros,
        )  # fmt: skip
    if contracts.neg_risk:
        yield on.TRANSFER_BATCH.by(contracts.tokens, (owner, owner, adapter), ids, sizes)
        yield on.NEG_RISK_SPLIT.by(owner, (adapter, market.condition_id), size_micros)
    yield on.TRANSFER_BATCH.by(contracts.tokens, (adapter, adapter, holder), ids, sizes)


def merge(contracts: Contracts, market: Market, holder: str, size_micros: int) -> Iterator[Emitted]:
    """`holder` gives both outcomes and gets pUSD."""
    adapter = contracts.adapter
    ids, sizes = _ids(market), (size_micros, size_micros)
    owner = _owner(contracts)
    yield on.TRANSFER_BATCH.by(contracts.tokens, (adapter, holder, adapter), ids, sizes)
    if contracts.neg_risk:
        yield on.TRANSFER_BATCH.by(contracts.tokens, (owner, adapter, owner), ids, sizes)
    yield on.TRANSFER_BATCH.by(contracts.tokens, (owner, owner, on.ZERO), ids, sizes)
    if contracts.has_conditions:
        yield on.POSITIONS_MERGE.by(
            contracts.tokens, (owner, on.ROOT, market.condition_id),
            _collateral(contracts), _PARTITION, size_micros,
        )  # fmt: skip
    if contracts.neg_risk:
        yield on.NEG_RISK_MERGE.by(owner, (adapter, market.condition_id), size_micros)
    yield on.COLLATERAL_MOVED.by(on.PUSD, (on.ZERO, holder), size_micros)


def redeem(
    contracts: Contracts, market: Market, holder: str, transfers: Iterable[Transfer]
) -> Iterator[Emitted]:
    """`holder` gives all that it has of a resolved market, the losing outcome too."""
    sizes_of, paid_micros = {0: 0, 1: 0}, 0
    for transfer in transfers:
        sizes_of[transfer.index] += transfer.size_micros
        paid_micros += transfer.notional_micros
    adapter, owner = contracts.adapter, _owner(contracts)
    ids, sizes = _ids(market), (sizes_of[0], sizes_of[1])
    yield on.TRANSFER_BATCH.by(contracts.tokens, (adapter, holder, adapter), ids, sizes)
    if contracts.neg_risk:
        yield on.TRANSFER_BATCH.by(contracts.tokens, (owner, adapter, owner), ids, sizes)
    for token_id, size_micros in zip(ids, sizes, strict=True):
        if size_micros:
            yield on.TRANSFER_SINGLE.by(
                contracts.tokens, (owner, owner, on.ZERO), token_id, size_micros
            )
    if contracts.has_conditions:
        yield on.PAYOUT_REDEMPTION.by(
            contracts.tokens, (owner, _collateral(contracts), on.ROOT),
            market.condition_id, _PARTITION, paid_micros,
        )  # fmt: skip
    if contracts.neg_risk:
        yield on.NEG_RISK_REDEMPTION.by(owner, (adapter, market.condition_id), sizes, paid_micros)
    yield on.COLLATERAL_MOVED.by(on.PUSD, (on.ZERO, holder), paid_micros)


def _unwrap(holder: str, size_micros: int) -> Iterator[Emitted]:
    yield on.COLLATERAL_MOVED.by(on.PUSD, (holder, on.PUSD), size_micros)
    yield on.COLLATERAL_MOVED.by(on.PUSD, (on.PUSD, on.ZERO), size_micros)


def _ids(market: Market) -> tuple[int, int]:
    first, second = market.tokens
    return int(first.token_id), int(second.token_id)


def _owner(contracts: Contracts) -> str:
    """Who stands before the Conditional Tokens."""
    return on.NEG_RISK_ADAPTER if contracts.neg_risk else contracts.adapter


def _collateral(contracts: Contracts) -> str:
    return on.WRAPPED_COLLATERAL if contracts.neg_risk else on.USDCE
