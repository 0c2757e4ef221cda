"""Everything else that changes the exchange: cancels, expiries, new snapshots, settlement."""

from collections.abc import Iterable, Iterator, Sequence

from polycopy.paper_venue.core import identity, refusals
from polycopy.paper_venue.core.engine import accounts
from polycopy.paper_venue.core.engine.accounts import Account
from polycopy.paper_venue.core.engine.book import STRANGER, Book, Half
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import (
    AnyFact,
    LadderSet,
    OrderClosed,
    SumLeftStale,
    SumsRefreshed,
    TradeAdvanced,
    TradeMatched,
    TradeStatus,
    WalletJudged,
    WalletMoved,
)
from polycopy.paper_venue.core.engine.market import Ladder
from polycopy.paper_venue.core.engine.orders import OrderStatus, Terms
from polycopy.paper_venue.core.engine.trading import swept
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.terms import Level


def cancel(exchange: Exchange, owner: str, order_id: VenueOrderId, at_us: int) -> OrderClosed | str:
    """The fact, or the venue's reason why not. Somebody else's order is not found."""
    order = exchange.orders.get(order_id)
    if order is None or order.terms.owner != owner:
        return refusals.CANCEL_NOT_FOUND
    if order.status is OrderStatus.MATCHED:
        return refusals.CANCEL_MATCHED
    if order.status is OrderStatus.DELAYED:
        return refusals.CANCEL_DELAYED
    if order.status is not OrderStatus.LIVE:
        return refusals.CANCEL_NOT_FOUND
    return OrderClosed(order_id=order_id, status=OrderStatus.CANCELED, at_us=at_us)


def expire(exchange: Exchange, order_id: VenueOrderId, at_us: int) -> list[AnyFact]:
    """The end of a GTD order whose time is over; nothing for any other."""
    order = exchange.orders.get(order_id)
    if order is None or order.status is not OrderStatus.LIVE or not order.terms.over(at_us):
        return []
    status = OrderStatus.CANCELED_EXPIRED_ORDER
    return [OrderClosed(order_id=order_id, status=status, at_us=at_us)]


def put_ladder(
    exchange: Exchange, condition_id: ConditionId, ladder: Ladder, at_us: int
) -> list[AnyFact]:
    """A new snapshot. Resting orders that it crosses are filled first, at their own price."""
    book = exchange.books[condition_id]
    asks, sold = _sweep(exchange, book, book.bids, ladder.asks, exchange.counter, at_us)
    counter = exchange.counter + len(sold)
    bids, bought = _sweep(exchange, book, book.asks, ladder.bids, counter, at_us)
    left = Ladder(bids=bids, asks=asks)
    return [*sold, *bought, LadderSet(condition_id=condition_id, ladder=left, at_us=at_us)]


def owed(exchange: Exchange, batch: Sequence[TradeMatched]) -> bool:
    """Whether somebody gives away in these trades what a ghost fill has left him owing: the chain
    does not take them."""
    for matched in batch:
        for leg in (matched.taker, *matched.makers):
            if leg.stranger:
                continue
            what, _ = accounts.given_away(leg)
            if exchange.accounts[leg.address].held(what) < 0:
                return True
    return False


TAKES_AWAY = (TradeAdvanced, WalletMoved, WalletJudged)
"""What may leave orders unpaid."""


def uncovered(
    exchange: Exchange, fact: TradeAdvanced | WalletMoved | WalletJudged, at_us: int
) -> list[AnyFact]:
    """Resting orders of a wallet that can no longer be paid for, after a fact that took something
    away from it. The newest go first."""
    if not isinstance(fact, TradeAdvanced):
        wallets: Iterable[Wallet] = (fact.address,)
    elif fact.status is TradeStatus.FAILED:
        wallets = exchange.trades[fact.trade_id].matched.wallets
    else:
        return []
    held = (exchange.accounts[wallet] for wallet in dict.fromkeys(wallets))
    return [closed for account in held for closed in _not_paid_for(exchange, account, at_us)]


def _not_paid_for(exchange: Exchange, account: Account, at_us: int) -> Iterator[AnyFact]:
    status = OrderStatus.CANCELED_NOT_ENOUGH_BALANCE
    short = {what: -account.covered(what) for what in account.set_aside}
    for order_id in reversed(account.reserved):
        order = exchange.orders[order_id]
        what = accounts.paid_with(order)
        if short[what] > 0 and order.status is OrderStatus.LIVE:
            short[what] -= account.reserved[order_id]
            yield OrderClosed(order_id=order_id, status=status, at_us=at_us)


def withdraw(exchange: Exchange, terms: Terms, at_us: int) -> list[AnyFact]:
    """The strangers whom an order would meet take their orders away; nobody else moves."""
    condition = exchange.conditions[terms.token_id]
    book = exchange.books[condition]
    bids, asks = book.bids.strangers(), book.asks.strangers()
    if terms.buys_primary:
        asks = tuple(each for each in asks if each.price_micros > terms.primary_price_micros)
    else:
        bids = tuple(each for each in bids if each.price_micros < terms.primary_price_micros)
    left = Ladder(bids=bids, asks=asks)
    return [LadderSet(condition_id=condition, ladder=left, at_us=at_us)]


def left_stale(trades: Iterable[TradeMatched], at_us: int) -> list[AnyFact]:
    """What takers gave stays set aside in the venue's cache until somebody has it read anew."""
    facts: list[AnyFact] = []
    for matched in trades:
        what, amount = accounts.given_away(matched.taker)
        facts.append(
            SumLeftStale(
                address=matched.taker.address, token_id=what, amount_micros=amount, at_us=at_us
            )
        )
    return facts


def advance(
    exchange: Exchange, trade_id: VenueTradeId, status: TradeStatus, at_us: int
) -> TradeAdvanced:
    """A trade comes a step nearer to its end. Each try to get it onto the chain is a transaction of
    its own: after RETRYING it has another hash."""
    trade = exchange.trades[trade_id]
    tries = (trade.attempts,) if trade.attempts else ()
    return TradeAdvanced(
        trade_id=trade_id,
        status=status,
        transaction_hash=identity.transaction_hash(exchange.seed, trade.matched.batch, *tries),
        at_us=at_us,
    )


def refreshed(wallet: Wallet, token_id: TokenId, at_us: int) -> list[AnyFact]:
    """What the venue has cached of a wallet's balance is read anew."""
    return [SumsRefreshed(address=wallet, token_id=token_id, at_us=at_us)]


def judged(
    account: Account,
    at_us: int,
    *,
    allowance_micros: int | None = None,
    legacy: bool | None = None,
    banned: bool | None = None,
    closed_only: bool | None = None,
) -> WalletJudged:
    """What the venue lets a wallet do from now on. None: as before."""
    return WalletJudged(
        address=account.address,
        allowance_micros=account.allowance_micros if allowance_micros is None else allowance_micros,
        legacy=account.legacy if legacy is None else legacy,
        banned=account.banned if banned is None else banned,
        closed_only=account.closed_only if closed_only is None else closed_only,
        at_us=at_us,
    )


def _sweep(
    exchange: Exchange,
    book: Book,
    half: Half,
    levels: tuple[Level, ...],
    counter: int,
    at_us: int,
) -> tuple[tuple[Level, ...], list[TradeMatched]]:
    """What the strangers' new levels do to one half, and what is left of the levels."""
    left = list(levels)
    trades: list[TradeMatched] = []
    for offer in half.offers():
        if offer.order_id == STRANGER:
            continue  # Those who leave with the old snapshot.
        got = _eat(left, offer.price_micros, offer.size_micros, bids=half.bids)
        if got == 0:
            break  # Best first: what does not cross this one crosses none after it.
        number = counter + len(trades) + 1
        trades.append(swept(exchange, book, offer.order_id, got, number, at_us))
    return tuple(left), trades


def _eat(left: list[Level], price_micros: int, wanted: int, *, bids: bool) -> int:
    got = 0
    while left and got < wanted:
        level = left[0]
        crosses = level.price_micros <= price_micros if bids else level.price_micros >= price_micros
        if not crosses:
            break
        part = min(level.size_micros, wanted - got)
        got += part
        rest = level.size_micros - part
        left[:1] = [Level(price_micros=level.price_micros, size_micros=rest)] if rest else []
    return got
