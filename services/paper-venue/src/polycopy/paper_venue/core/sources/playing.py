"""What a leader's transaction does to the exchange."""

from polycopy.paper_venue.core.engine.clearing import put_ladder
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.facts import AnyFact, StrangersTraded
from polycopy.paper_venue.core.sources.script import Transaction


def transacted(exchange: Exchange, transaction: Transaction, at_us: int) -> list[AnyFact]:
    """A leader's transaction: the book after it, and the trade that everybody sees."""
    taker = transaction.rows[0]
    traded = StrangersTraded(
        condition_id=taker.condition_id,
        token_id=taker.token_id,
        index=taker.index,
        side=taker.side,
        price_micros=taker.price_micros,
        size_micros=taker.size_micros,
        transaction_hash=transaction.transaction_hash,
        at_us=at_us,
    )
    ladder = put_ladder(exchange, transaction.condition_id, transaction.ladder, at_us)
    return [*ladder, traded]
