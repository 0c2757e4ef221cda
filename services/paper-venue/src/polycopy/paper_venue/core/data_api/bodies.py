"""A row as JSON. The keys of both versions stand in the order in which the API sends them."""

from polycopy.paper_venue.core.data_api.rows import Row
from polycopy.paper_venue.core.engine.ledger import NO_OUTCOME, Movement
from polycopy.paper_venue.core.engine.market import Market
from polycopy.paper_venue.core.profiles import profile
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.parameters import snake_case
from polycopy.schemas.ids import Wallet

_RENAMED = {"asset": "token_id"}


def trade(row: Row, market: Market | None) -> wire.Body:
    """A row of v1 `/trades`, recorded 2026-04-18."""
    return {
        "proxyWallet": row.wallet,
        "side": row.side.value if row.side else "",
        "asset": row.token_id,
        "conditionId": row.condition_id,
        "size": wire.number(row.size_micros),
        "price": wire.number(row.price_micros),
        "timestamp": row.anchor.block_s,
        **_market(market),
        **_outcome(row, market),
        **_profile(row.wallet),
        "transactionHash": row.transaction_hash,
    }


def activity(row: Row, market: Market | None) -> wire.Body:
    """A row of v1 `/activity`, recorded 2026-04-17."""
    outcome = _outcome(row, market)
    return {
        "proxyWallet": row.wallet,
        "timestamp": row.anchor.block_s,
        "conditionId": row.condition_id,
        "type": row.kind.value,
        "size": wire.number(row.size_micros),
        "usdcSize": wire.number(row.usdc_micros),
        "transactionHash": row.transaction_hash,
        "price": wire.number(row.price_micros),
        "asset": row.token_id,
        "side": row.side.value if row.side else "",
        "outcomeIndex": outcome["outcomeIndex"],
        **_market(market),
        "outcome": outcome["outcome"],
        **_profile(row.wallet),
    }


def activity_of_version_2(row: Row, market: Market | None) -> wire.Body:
    """A trade says there whether it is a combo's; here none is."""
    combo = {"isCombo": False} if row.kind is Movement.TRADE else {}
    return {**activity(row, market), **combo}


def snake(body: wire.Body) -> wire.Body:
    """The same row in version 2's names."""
    return {_RENAMED.get(name) or snake_case(name): value for name, value in body.items()}


def _market(market: Market | None) -> wire.Body:
    return {
        "title": market.title if market else "",
        "slug": market.slug if market else "",
        "icon": "",
        "eventSlug": market.event_slug if market else "",
    }


def _outcome(row: Row, market: Market | None) -> wire.Body:
    known = market is not None and row.index != NO_OUTCOME
    return {
        "outcome": market.tokens[row.index].outcome if market and known else "",
        "outcomeIndex": row.index,
    }


def _profile(wallet: Wallet) -> wire.Body:
    shown = profile(wallet)
    return {
        "name": shown.name,
        "pseudonym": shown.pseudonym,
        "bio": "",
        "profileImage": "",
        "profileImageOptimized": "",
    }
