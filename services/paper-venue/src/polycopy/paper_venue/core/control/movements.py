"""Commands that move something on the chain, decided: a leader's trade, a split, a merge, a
redemption. A wallet that the venue keeps no account of moves on the chain alone."""

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.control.directing import (
    Effects,
    Outcome,
    market_named,
    wallet,
)
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import WalletMoved
from polycopy.paper_venue.core.engine.ledger import (
    NO_OUTCOME,
    Execution,
    Ledger,
    Movement,
    Settled,
    Transfer,
)
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.scenarios import commands
from polycopy.paper_venue.core.scenarios.units import in_micros
from polycopy.schemas.ids import VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side


def leader_trade(
    exchange: Exchange, command: commands.LeaderTrade, number: int, at_us: int
) -> Outcome:
    """A wallet and a stranger, one of them the taker, the other with `repeat` executions of the
    same size each. The book stays."""
    book = market_named(exchange, command.market)
    if isinstance(book, str):
        return book
    market, size, price = book.market, in_micros(command.size), in_micros(command.price)
    side, tx = Side(command.side), identity.transaction_hash(exchange.seed, "directed", number)

    def part(place: int, who: Wallet, which: Side, shares: int) -> Execution:
        return Execution(
            order_id=VenueOrderId("0x" + identity.digest("leader order", tx, place)),
            wallet=who,
            token_id=market.tokens[command.outcome].token_id,
            index=command.outcome,
            side=which,
            size_micros=shares,
            price_micros=price,
            notional_micros=shares * price // MICROS,
        )

    other = Side.SELL if side is Side.BUY else Side.BUY
    stranger = identity.wallet("stranger", "directed", number)
    mine, theirs = (wallet(command.wallet), side), (stranger, other)
    first, rest = (theirs, mine) if command.maker else (mine, theirs)
    makers = (part(1 + place, *rest, size) for place in range(command.repeat))
    taker = part(0, *first, size * command.repeat)
    return Effects(settled=(_trade(market, tx, (taker, *makers), at_us),))


def split(exchange: Exchange, command: commands.Split, number: int, at_us: int) -> Outcome:
    return _pair(exchange, command, Movement.SPLIT, number, at_us)


def merge(exchange: Exchange, command: commands.Merge, number: int, at_us: int) -> Outcome:
    return _pair(exchange, command, Movement.MERGE, number, at_us)


def redeem(
    exchange: Exchange, ledger: Ledger, command: commands.Redeem, number: int, at_us: int
) -> Outcome:
    """All that the wallet has of a resolved market, one transfer an outcome, of 0 for the loser."""
    book = market_named(exchange, command.market)
    if isinstance(book, str):
        return book
    market, owner = book.market, wallet(command.wallet)
    if not market.resolved:
        return f"{command.market} is not resolved"
    account = exchange.accounts.get(owner)
    if account is None:
        held = holdings(ledger, owner, market)
    else:
        first, second = (account.shares.get(token.token_id, 0) for token in market.tokens)
        held = first, second
    transfers = tuple(
        Transfer(
            wallet=owner,
            size_micros=size,
            notional_micros=size * (token.payout_micros or 0) // MICROS,
            token_id=token.token_id,
            index=index,
        )
        for index, token in enumerate(market.tokens)
        if (size := held[index]) > 0
    )
    if not transfers:
        return f"{command.wallet} has no shares of {command.market}"
    tx = identity.transaction_hash(exchange.seed, "directed", number)
    paid = sum(each.notional_micros for each in transfers)
    gone = tuple((each.token_id, -each.size_micros) for each in transfers)
    moved = WalletMoved(address=owner, cash_micros=paid, shares=gone, at_us=at_us)
    return Effects(
        facts=(moved,) if account is not None else (),
        settled=(_outside(market, tx, Movement.REDEEM, transfers, at_us),),
    )


def holdings(ledger: Ledger, owner: Wallet, market: Market) -> tuple[int, int]:
    """Shares of both outcomes that the chain has given a wallet. Costs its whole history."""
    held = [0, 0]
    for place in ledger.places_of_wallet(owner):
        settled = ledger[place]
        if settled.condition_id != market.condition_id:
            continue
        for each in settled.executions:
            if each.wallet == owner:
                held[each.index] += each.size_micros if each.side is Side.BUY else -each.size_micros
        for transfer in settled.transfers:
            sign = 1 if settled.kind is Movement.SPLIT else -1
            for index in (0, 1) if transfer.index == NO_OUTCOME else (transfer.index,):
                held[index] += sign * transfer.size_micros
    return held[0], held[1]


def _pair(
    exchange: Exchange,
    command: commands.Split | commands.Merge,
    kind: Movement,
    number: int,
    at_us: int,
) -> Outcome:
    book = market_named(exchange, command.market)
    if isinstance(book, str):
        return book
    market, owner, size = book.market, wallet(command.wallet), in_micros(command.size)
    sign = 1 if kind is Movement.SPLIT else -1
    account = exchange.accounts.get(owner)
    if account is not None:
        have = (account.free_shares(token.token_id) for token in market.tokens)
        free = account.free_cash_micros if sign > 0 else min(have)
        if free < size:
            return f"{command.wallet} has not enough for that"
    tx = identity.transaction_hash(exchange.seed, "directed", number)
    both = tuple((token.token_id, sign * size) for token in market.tokens)
    moved = WalletMoved(address=owner, cash_micros=-sign * size, shares=both, at_us=at_us)
    transfer = Transfer(wallet=owner, size_micros=size, notional_micros=size)
    return Effects(
        facts=(moved,) if account is not None else (),
        settled=(_outside(market, tx, kind, (transfer,), at_us),),
    )


def _trade(
    market: Market, transaction_hash: str, executions: tuple[Execution, ...], at_us: int
) -> Settled:
    return Settled(
        transaction_hash=transaction_hash,
        kind=Movement.TRADE,
        condition_id=market.condition_id,
        at_us=at_us,
        executions=executions,
    )


def _outside(
    market: Market,
    transaction_hash: str,
    kind: Movement,
    transfers: tuple[Transfer, ...],
    at_us: int,
) -> Settled:
    return Settled(
        transaction_hash=transaction_hash,
        kind=kind,
        condition_id=market.condition_id,
        at_us=at_us,
        transfers=transfers,
    )
