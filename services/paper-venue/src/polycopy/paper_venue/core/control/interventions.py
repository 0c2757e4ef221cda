"""Commands that reach into what the venue's users have or stand beside them in the book, decided.

Facts for the exchange, or one line that says why not.
"""

from collections.abc import Iterator
from decimal import Decimal

from polycopy.paper_venue.core.clob.desk import Newcomers
from polycopy.paper_venue.core.control import staging
from polycopy.paper_venue.core.control.directing import (
    Effects,
    Outcome,
    market_named,
    wallet,
)
from polycopy.paper_venue.core.engine.accounts import Account
from polycopy.paper_venue.core.engine.book import STRANGER, Book
from polycopy.paper_venue.core.engine.exchange import Exchange, Trade
from polycopy.paper_venue.core.engine.facts import (
    AccountOpened,
    AnyFact,
    LadderSet,
    MarketChanged,
    OrderClosed,
    TradeMatched,
    TradeStatus,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.market import Ladder, buys_primary, own_price
from polycopy.paper_venue.core.engine.orders import OrderStatus
from polycopy.paper_venue.core.engine.trading import swept
from polycopy.paper_venue.core.scenarios import commands
from polycopy.paper_venue.core.scenarios.units import in_micros
from polycopy.paper_venue.core.signing.wallets import wallet_of
from polycopy.polymarket.order_hash import POLY_1271
from polycopy.schemas.ids import TokenId, VenueTradeId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import Level

_TYPES = (0, 1, 2, 3)
_ENDS = (TradeStatus.CONFIRMED, TradeStatus.FAILED)


def add_market(
    exchange: Exchange, command: commands.AddMarket, dice: staging.Dice, at_us: int
) -> Outcome:
    """A market with its opening book."""
    table = command.market
    if not isinstance(market_named(exchange, table.slug), str):
        return f"there is a market {table.slug!r} already"
    try:
        market = staging.staged(table, None, at_us // MICROS)
        ladder = staging.opening(table, market, dice)
    except ValueError as error:
        return str(error)
    listed = MarketChanged(market=market, at_us=at_us)
    opened = LadderSet(condition_id=market.condition_id, ladder=ladder, at_us=at_us)
    return Effects(facts=(listed, opened))


def take(exchange: Exchange, command: commands.Take, at_us: int) -> Outcome:
    """A stranger's order meets whoever rests there, in price and time; its rest is killed."""
    book = market_named(exchange, command.market)
    if isinstance(book, str):
        return book
    buys = buys_primary(command.outcome, Side(command.side))
    limit = own_price(command.outcome, in_micros(command.price))
    left = in_micros(command.size)
    trades: list[TradeMatched] = []
    eaten: dict[int, int] = {}
    for offer in exchange.offers(book, buys=buys):
        price = offer.price_micros
        if left == 0 or (price > limit if buys else price < limit):
            break
        got = min(left, offer.size_micros)
        left -= got
        if offer.order_id == STRANGER:
            eaten[price] = eaten.get(price, 0) + got
        else:
            number = exchange.counter + len(trades) + 1
            trades.append(swept(exchange, book, offer.order_id, got, number, at_us))
    if left == in_micros(command.size):
        return "nobody rests there"
    return Effects(facts=(*trades, _without(book, eaten, at_us)))


def cancel_orders(exchange: Exchange, command: commands.CancelOrders, at_us: int) -> Outcome:
    """Resting orders alone: one that waits out a taker delay is decided when that ends."""
    tokens: set[TokenId] = set()
    if command.market:
        book = market_named(exchange, command.market)
        if isinstance(book, str):
            return book
        tokens = {token.token_id for token in book.market.tokens}
    maker = None if command.wallet is None else wallet(command.wallet)
    closed = [
        OrderClosed(order_id=order_id, status=OrderStatus.CANCELED, at_us=at_us)
        for working in exchange.orders_of.values()
        for order_id in working
        if exchange.orders[order_id].status is OrderStatus.LIVE
        and (not tokens or exchange.orders[order_id].terms.token_id in tokens)
        and maker in (None, exchange.orders[order_id].terms.maker)
    ]
    return Effects(facts=tuple(closed))


def on_their_way(
    exchange: Exchange, trade_id: str, status: TradeStatus
) -> list[list[TradeMatched]] | str:
    """Trades that may take a step to `status`, by batch: all, or those that go to the chain with
    the one of that id. What is mined can only be confirmed."""
    named = exchange.trades.get(VenueTradeId(trade_id)) if trade_id else None
    if trade_id and named is None:
        return f"there is no trade {trade_id}"
    if named is not None and not _may(named, status):
        return f"the trade {trade_id} is {named.status} already"
    batches: dict[VenueTradeId, list[TradeMatched]] = {}
    for trade in exchange.trades.values():
        matched = trade.matched
        wanted = named is None or matched.batch == named.matched.batch
        if wanted and _may(trade, status):
            batches.setdefault(matched.batch, []).append(matched)
    return list(batches.values())


def _may(trade: Trade, status: TradeStatus) -> bool:
    if trade.status is TradeStatus.MINED:
        return status is TradeStatus.CONFIRMED
    return trade.status not in _ENDS


def opened(
    exchange: Exchange, command: commands.SetWallet, newcomers: Newcomers
) -> AccountOpened | str | None:
    """A wallet that nobody has seen yet is there from now on; None where it is known. The type of
    signature follows from its address and its owner's."""
    address = wallet(command.wallet)
    owner = address if command.owner is None else wallet(command.owner)
    account = exchange.accounts.get(address)
    if account is None:
        derived = (kind for kind in _TYPES if wallet_of(owner, kind) == address)
        kind = next(derived, POLY_1271)
        return newcomers.opened(address, owner, kind, named=True)
    if command.owner is not None and account.holder != owner:
        return f"{command.wallet} belongs to {account.holder} already"
    return None


def set_shares(exchange: Exchange, command: commands.SetWallet, at_us: int) -> Outcome:
    """The wallet holds so many shares of these markets, as the chain says."""
    account = exchange.accounts[wallet(command.wallet)]
    changes: list[tuple[TokenId, int]] = []
    for name, held in (command.shares or {}).items():
        book = market_named(exchange, name)
        if isinstance(book, str):
            return book
        changes += _changes(account, book, held)
    if not changes:
        return Effects()
    moved = WalletMoved(address=account.address, shares=tuple(changes), at_us=at_us)
    return Effects(facts=(moved,))


def _changes(
    account: Account, book: Book, held: tuple[Decimal, Decimal]
) -> Iterator[tuple[TokenId, int]]:
    for token, wanted in zip(book.market.tokens, held, strict=True):
        change = in_micros(wanted) - account.shares.get(token.token_id, 0)
        if change:
            yield token.token_id, change


def _without(book: Book, eaten: dict[int, int], at_us: int) -> AnyFact:
    """The strangers' book less what was taken of it."""

    def left(levels: tuple[Level, ...]) -> tuple[Level, ...]:
        rests = (
            (each.price_micros, each.size_micros - eaten.get(each.price_micros, 0))
            for each in levels
        )
        return tuple(Level(price_micros=price, size_micros=size) for price, size in rests if size)

    ladder = Ladder(bids=left(book.bids.strangers()), asks=left(book.asks.strangers()))
    return LadderSet(condition_id=book.market.condition_id, ladder=ladder, at_us=at_us)
