"""Commands that move something on the chain, decided: a leader's trade, a split, a merge, a
redemption. A wallet that the venue keeps no account of moves on the chain alone."""

import msgspec

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.control.directing import (
    Effects,
    Outcome,
    market_named,
    unresolved,
    wallet,
)
from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import WalletMoved
from polycopy.paper_venue.core.engine.ledger import (
    NO_OUTCOME,
    Ledger,
    Movement,
    Settled,
    Transfer,
)
from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.paper_venue.core.scenarios import commands
from polycopy.paper_venue.core.scenarios.units import in_micros
from polycopy.paper_venue.core.sources.playing import strangers_traded
from polycopy.paper_venue.core.sources.script import Row, Transaction
from polycopy.schemas.ids import Wallet
from polycopy.schemas.money import MICROS, Side


def leader_trade(
    exchange: Exchange, command: commands.LeaderTrade, number: int, at_us: int
) -> Outcome:
    """A wallet and a stranger, one of them the taker, the other with `repeat` executions of the
    same size each. The book stays."""
    book = unresolved(exchange, command.market)
    if isinstance(book, str):
        return book
    size, price = in_micros(command.size), in_micros(command.price)
    side, stranger = Side(command.side), identity.wallet("stranger", "directed", number)
    other = Side.SELL if side is Side.BUY else Side.BUY
    mine, theirs = (wallet(command.wallet), side), (stranger, other)
    first, rest = (theirs, mine) if command.maker else (mine, theirs)
    taker = Row(
        wallet=first[0],
        token_id=book.market.tokens[command.outcome].token_id,
        condition_id=book.market.condition_id,
        side=first[1],
        size_micros=size * command.repeat,
        price_micros=price,
        index=command.outcome,
    )
    maker = msgspec.structs.replace(taker, wallet=rest[0], side=rest[1], size_micros=size)
    transaction = Transaction(
        transaction_hash=identity.transaction_hash(exchange.seed, "directed", number),
        condition_id=taker.condition_id,
        ladder=Ladder(bids=book.bids.strangers(), asks=book.asks.strangers()),
        rows=(taker, *[maker] * command.repeat),
    )
    moved = _paid(exchange, mine[0], side, taker, at_us)
    if isinstance(moved, str):
        return moved
    return Effects(facts=(*moved, strangers_traded(transaction, at_us)), led=(transaction,))


def _paid(
    exchange: Exchange, owner: Wallet, side: Side, taker: Row, at_us: int
) -> tuple[WalletMoved, ...] | str:
    """What the trade moves in the wallet's account; nothing where the venue keeps none of it."""
    account = exchange.accounts.get(owner)
    if account is None:
        return ()
    sign = 1 if side is Side.BUY else -1
    dollars, shares = taker.size_micros * taker.price_micros // MICROS, taker.size_micros
    lacks = (
        account.free_cash_micros < dollars
        if side is Side.BUY
        else account.free_shares(taker.token_id) < shares
    )
    if lacks:
        return f"{owner} has not enough for that"
    change = ((taker.token_id, sign * shares),)
    return (WalletMoved(address=owner, cash_micros=-sign * dollars, shares=change, at_us=at_us),)


def split(exchange: Exchange, command: commands.Split, number: int, at_us: int) -> Outcome:
    if isinstance(book := unresolved(exchange, command.market), str):
        return book
    return _pair(exchange, command, Movement.SPLIT, number, at_us)


def merge(
    exchange: Exchange, ledger: Ledger, command: commands.Merge, number: int, at_us: int
) -> Outcome:
    book, owner = market_named(exchange, command.market), wallet(command.wallet)
    if isinstance(book, Book) and owner not in exchange.accounts:
        held = min(holdings(ledger, owner, book.market))
        if held < in_micros(command.size):
            return f"{command.wallet} has not enough for that"
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
