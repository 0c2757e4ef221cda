"""Markets and settled transactions for tests of what is made from the ledger."""

from collections.abc import Mapping

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.engine.ledger import BLOCK_US, Execution, Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Market, Token
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side

BLOCK = 1000
START_US = BLOCK * BLOCK_US


def market(name: str = "plain", *, neg_risk: bool = False, version: int = 1) -> Market:
    """`version` 2 has position ids of protocol V2: bits 40 to 103 are zero."""
    tokens = [int(identity.digest("token", name, index), 16) for index in (0, 1)]
    if version > 1:
        tokens = [number & ~(((1 << 64) - 1) << 40) for number in tokens]
    first, second = (
        Token(token_id=TokenId(str(number)), outcome=outcome)
        for number, outcome in zip(tokens, ("Yes", "No"), strict=True)
    )
    return Market(
        condition_id=ConditionId("0x" + identity.digest("condition", name)),
        tokens=(first, second),
        neg_risk=neg_risk,
        version=version,
    )


PLAIN = market()
NEG_RISK = market("neg risk", neg_risk=True)
POSITIONS = market("positions", version=2)
MARKETS: Mapping[ConditionId, Market] = {
    each.condition_id: each for each in (PLAIN, NEG_RISK, POSITIONS)
}


def wallet(name: str) -> Wallet:
    return identity.wallet("test", name)


def execution(
    name: str,
    side: Side,
    *,
    of: Market = PLAIN,
    index: int = 0,
    size: int = 10,
    price_micros: int = 400_000,
    fee_micros: int = 0,
) -> Execution:
    """`size` in whole shares. The wallet is a function of the name, the order id of all."""
    parts = (name, side.value, of.condition_id, index, size, price_micros)
    return Execution(
        order_id=VenueOrderId("0x" + identity.digest("test order", *parts)),
        wallet=wallet(name),
        token_id=of.tokens[index].token_id,
        index=index,
        side=side,
        size_micros=size * MICROS,
        price_micros=price_micros,
        notional_micros=size * price_micros,
        fee_micros=fee_micros,
    )


def trade(
    *executions: Execution, number: int = 1, of: Market = PLAIN, at_us: int = START_US
) -> Settled:
    """The taker's execution first; `number` makes the hash."""
    return Settled(
        transaction_hash=identity.transaction_hash("test", number),
        kind=Movement.TRADE,
        condition_id=of.condition_id,
        at_us=at_us,
        executions=executions,
    )


def moved(
    kind: Movement, *transfers: Transfer, number: int = 1, of: Market = PLAIN, at_us: int = START_US
) -> Settled:
    return Settled(
        transaction_hash=identity.transaction_hash("test", number),
        kind=kind,
        condition_id=of.condition_id,
        at_us=at_us,
        transfers=transfers,
    )
