"""The activity feed's frames of a leader's transaction, or of what the chain has settled."""

from collections.abc import Mapping

from polycopy.paper_venue.core.engine.ledger import Settled
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.sources.script import Transaction
from polycopy.paper_venue.core.streams import rtds
from polycopy.paper_venue.core.streams.rtds import Frame
from polycopy.schemas.ids import ConditionId


def of_script(
    transaction: Transaction, markets: Mapping[ConditionId, Market], at_us: int
) -> list[Frame]:
    parts = [(row, markets[row.condition_id]) for row in transaction.rows]
    return rtds.frames(transaction.transaction_hash, parts, at_us)


def of_chain(settled: Settled, market: Market, at_us: int) -> list[Frame]:
    parts = [(execution, market) for execution in settled.executions]
    return rtds.frames(settled.transaction_hash, parts, at_us)


def text(frame: Frame, connection_id: str) -> str:
    return rtds.named(rtds.written(frame), connection_id)
