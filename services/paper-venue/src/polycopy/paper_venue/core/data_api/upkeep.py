"""`/v2/resolutions` and `/v2/status`: how markets ended, how far behind the chain all this is."""

from polycopy.paper_venue.core.data_api import refusing
from polycopy.paper_venue.core.data_api.rows import Index
from polycopy.paper_venue.core.data_api.selecting import asked_conditions
from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import BLOCK_US
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.gamma.identities import question_id
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.instants import rfc3339
from polycopy.paper_venue.core.protocol.parameters import BadParameterError, Parameters
from polycopy.schemas.money import MICROS

_CHAIN = 137
_MECHANISMS = ("activity_feed", "custody_balances", "pnl")


def resolutions(exchange: Exchange, _: Index, parameters: Parameters) -> wire.Body:
    """`/v2/resolutions` by exactly one selector; an unknown market has no row."""
    given = [
        parameters.text("question_id"),
        parameters.text("condition", "condition_id"),
        parameters.text("event_id"),
    ]
    if sum(map(bool, given)) != 1:
        words = "provide exactly one of 'question_id', 'condition', or 'event_id'"
        raise BadParameterError("condition", words)
    if given[0]:
        asked = given[0].lower()
        found = [
            book.market
            for condition, book in exchange.books.items()
            if question_id(condition) == asked
        ]
        return refusing.enveloped([_row(market, by_question=True) for market in found])
    conditions = asked_conditions(exchange, parameters, "condition", "condition_id") or ()
    return refusing.enveloped(
        [
            _row(exchange.books[condition].market, by_question=False)
            for condition in conditions
            if condition in exchange.books
        ]
    )


def _row(market: Market, *, by_question: bool) -> wire.Body:
    """By question: UMA's view, with prices and a time in seconds. By condition: the payout's."""
    changed_s = market.resolved_at_s if market.resolved else market.created_at_s
    status = "resolved" if market.resolved else "posed"
    common: wire.Body = {
        "status": status,
        "extended_review": False,
        "was_disputed": False,
        "new_version_q": False,
        "transaction_hash": "",
        "log_index": "",
    }
    if by_question:
        return {
            "question_id": question_id(market.condition_id),
            **common,
            "proposed_price": _price(market),
            "reproposed_price": "69",
            "price": _price(market),
            "last_update_timestamp": str(changed_s),
        }
    body: wire.Body = {
        "condition_id": market.condition_id,
        **common,
        "last_update_timestamp": rfc3339(changed_s),
        "market_type": "INCREMENTAL_NEGRISK" if market.neg_risk else "BINARY",
    }
    if market.resolved:
        body |= {
            "payouts": [token.payout_micros or 0 for token in market.tokens],
            "resolution_source": "reported",
            "reporter": "UMA_OO",
            "was_arbitrated": False,
            "resolved_block": market.resolved_at_s * MICROS // BLOCK_US,
            "resolved_at": rfc3339(market.resolved_at_s),
        }
    return body


def _price(market: Market) -> str:
    """UMA's price of the first outcome; 69 is its word for "none yet"."""
    paid = market.tokens[0].payout_micros or 0
    return str(paid * 10**12) if market.resolved else "69"


def status(_: Exchange, index: Index, __: Parameters) -> wire.Body:
    """`/v2/status`: the lag is the age of the oldest transaction that is not served yet."""
    lag_us = index.lag_us()
    lag_s, blocks = lag_us // MICROS, lag_us // BLOCK_US
    head = index.now_us // BLOCK_US
    cursor: wire.Body = {
        "source": "ctf_exchange_v2_order_filled",
        "block": head - blocks,
        "behind_max": 0,
    }
    return refusing.enveloped(
        {
            "computed_at": rfc3339(index.now_us // MICROS),
            "age_seconds": 0,
            "serving": {
                "lag_seconds": lag_s,
                "worst": _MECHANISMS[0],
                "mechanisms": [
                    {"name": name, "age_seconds": lag_s, "blocks_behind": blocks}
                    for name in _MECHANISMS
                ],
            },
            "ingestion": {
                "cursors": 1,
                "max_synced_block": head - blocks,
                "min_synced_block": head - blocks,
                "most_lagged": cursor,
                "lagging": [cursor],
                "network": "polygon",
                "chain_id": _CHAIN,
            },
        }
    )
