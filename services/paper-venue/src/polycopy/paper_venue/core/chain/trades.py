"""What the exchange writes when it settles a trade: an `OrderFilled` a maker, one for the taker,
then `OrdersMatched`, with the transfers and fees around them.

Makers that all stand on the other side of the taker's token are paid directly. Otherwise everything
goes through the exchange, which mints or merges what is missing. A fee is pUSD: on top of what a
buyer pays, out of what a seller gets. Source: `Trading.sol` of ctf-exchange-v2; only the fee's own
transfer stands last here wherever the contract has it.
"""

from collections.abc import Iterator

from polycopy.paper_venue.core.chain import contracts as on
from polycopy.paper_venue.core.chain import positions
from polycopy.paper_venue.core.chain.abi import Emitted
from polycopy.paper_venue.core.chain.contracts import Contracts
from polycopy.paper_venue.core.engine.ledger import Execution
from polycopy.paper_venue.core.engine.market import Market
from polycopy.schemas.money import Side

FEE_RECEIVER = "0x00000000000000000000000000000000000000fe"
"""Made up: the real one is not in our sources."""

_SIDES = {Side.BUY: 0, Side.SELL: 1}


def trade(
    contracts: Contracts, market: Market, executions: tuple[Execution, ...]
) -> Iterator[Emitted]:
    """All logs in their order. The taker's execution is the first."""
    taker, makers = executions[0], executions[1:]
    fees_micros = sum(execution.fee_micros for execution in executions)
    direct = bool(makers) and all(maker.side is not taker.side for maker in makers)
    if direct:
        for maker in makers:
            yield from _paid_directly(contracts, taker, maker)
    else:
        yield from _through_the_exchange(contracts, market, taker, makers)
    yield from _fee(contracts, taker)
    if not direct:
        yield from _to(contracts, taker)
    elif taker.side is Side.SELL:
        yield _paid(contracts.exchange, taker.wallet, taker.notional_micros - taker.fee_micros)
    yield _filled(contracts, taker, contracts.exchange)
    yield on.ORDERS_MATCHED.by(contracts.exchange, (taker.order_id, taker.wallet), *_amounts(taker))
    if fees_micros:
        payer = taker.wallet if direct and taker.side is Side.BUY else contracts.exchange
        yield _paid(payer, FEE_RECEIVER, fees_micros)


def _paid_directly(contracts: Contracts, taker: Execution, maker: Execution) -> Iterator[Emitted]:
    buys = taker.side is Side.BUY
    giver, getter = (maker, taker) if buys else (taker, maker)
    yield _moved(contracts, giver.wallet, getter.wallet, maker)
    if buys:
        yield from _fee(contracts, maker)
        yield _paid(taker.wallet, maker.wallet, maker.notional_micros - maker.fee_micros)
    else:
        yield _paid(maker.wallet, contracts.exchange, maker.notional_micros + maker.fee_micros)
        yield from _fee(contracts, maker)
    yield _filled(contracts, maker, taker.wallet)


def _through_the_exchange(
    contracts: Contracts, market: Market, taker: Execution, makers: tuple[Execution, ...]
) -> Iterator[Emitted]:
    for execution in (taker, *makers):
        if execution.side is Side.SELL:
            yield _moved(contracts, execution.wallet, contracts.exchange, execution)
        else:
            cost_micros = execution.notional_micros + execution.fee_micros
            yield _paid(execution.wallet, contracts.exchange, cost_micros)
    missing_micros = sum(maker.size_micros for maker in makers if maker.side is taker.side)
    if missing_micros:
        turn = positions.split if taker.side is Side.BUY else positions.merge
        yield from turn(contracts, market, contracts.exchange, missing_micros)
    for maker in makers:
        yield from _to(contracts, maker)
        yield from _fee(contracts, maker)
        yield _filled(contracts, maker, taker.wallet)


def _to(contracts: Contracts, execution: Execution) -> Iterator[Emitted]:
    """What the order asked for, from the exchange to its owner."""
    if execution.side is Side.BUY:
        yield _moved(contracts, contracts.exchange, execution.wallet, execution)
    else:
        proceeds_micros = execution.notional_micros - execution.fee_micros
        yield _paid(contracts.exchange, execution.wallet, proceeds_micros)


def _fee(contracts: Contracts, execution: Execution) -> Iterator[Emitted]:
    if execution.fee_micros:
        yield on.FEE_CHARGED.by(contracts.exchange, (FEE_RECEIVER,), execution.fee_micros)


def _filled(contracts: Contracts, execution: Execution, taker: str) -> Emitted:
    return on.ORDER_FILLED.by(
        contracts.exchange, (execution.order_id, execution.wallet, taker),
        *_amounts(execution), execution.fee_micros, 0, 0,
    )  # fmt: skip


def _amounts(execution: Execution) -> tuple[int, int, int, int]:
    """Side, token, what the order's owner gave, what it got."""
    given, got = execution.size_micros, execution.notional_micros
    if execution.side is Side.BUY:
        given, got = got, given
    return _SIDES[execution.side], int(execution.token_id), given, got


def _moved(contracts: Contracts, giver: str, getter: str, execution: Execution) -> Emitted:
    token_id, size_micros = int(execution.token_id), execution.size_micros
    return on.TRANSFER_SINGLE.by(
        contracts.tokens, (contracts.exchange, giver, getter), token_id, size_micros
    )


def _paid(payer: str, payee: str, amount_micros: int) -> Emitted:
    return on.COLLATERAL_MOVED.by(on.PUSD, (payer, payee), amount_micros)
