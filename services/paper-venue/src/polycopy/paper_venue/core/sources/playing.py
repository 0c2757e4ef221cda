"""What a leader's transaction does to the exchange, and whether it can be."""

from polycopy.paper_venue.core.engine.clearing import put_ladder
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import AnyFact, StrangersTraded
from polycopy.paper_venue.core.sources.script import Transaction


def tradable(exchange: Exchange, transaction: Transaction) -> bool:
    """Whether each of its markets trades: known to the engine, accepting orders, not resolved."""
    named = (exchange.books[row.condition_id].market for row in transaction.rows)
    return all(each.ready and each.accepting and not each.resolved for each in named)


def transacted(exchange: Exchange, transaction: Transaction, at_us: int) -> list[AnyFact]:
    """A leader's transaction: the book after it, and the trade that everybody sees."""
    ladder = put_ladder(exchange, transaction.condition_id, transaction.ladder, at_us)
    return [*ladder, strangers_traded(transaction, at_us)]


def strangers_traded(transaction: Transaction, at_us: int) -> StrangersTraded:
    """What everybody sees of it, in the terms of its taker."""
    taker = transaction.rows[0]
    return StrangersTraded(
        condition_id=taker.condition_id,
        token_id=taker.token_id,
        index=taker.index,
        side=taker.side,
        price_micros=taker.price_micros,
        size_micros=taker.size_micros,
        transaction_hash=transaction.transaction_hash,
        at_us=at_us,
    )
