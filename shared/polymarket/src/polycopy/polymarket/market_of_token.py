"""`GET /markets-by-token/{token}` of the CLOB: whose token it is."""

import msgspec

from polycopy.polymarket import wire
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId


class MarketOfToken(msgspec.Struct, frozen=True, kw_only=True):
    """Chain logs name tokens only; the market they belong to is asked for once."""

    condition_id: ConditionId
    tokens: tuple[TokenId, ...]


def parse_market_of_token(body: bytes) -> MarketOfToken | Unreadable:
    try:
        source = wire.an_object(wire.document(body))
        return MarketOfToken(
            condition_id=wire.condition_id(source, "condition_id"),
            tokens=(
                wire.token_id(source, "primary_token_id"),
                wire.token_id(source, "secondary_token_id"),
            ),
        )
    except wire.MisfitError as error:
        return wire.unreadable(error, body)
