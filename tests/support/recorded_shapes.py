"""One of everything that the venue says, to be held against what was recorded."""

import json
from typing import Any

from msgspec.structs import replace

from polycopy.paper_venue.core.engine.facts import MarketChanged
from polycopy.paper_venue.core.protocol import wire
from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import Side
from polycopy.schemas.terms import OrderType
from tests.support.exchange_play import ANNA, AT, BERT, MARKET, NO, YES
from tests.support.market_listening import Listening
from tests.support.recordings import recording


def sample(name: str) -> Any:
    return json.loads(recording(name))


def on_the_wire(body: Any) -> Any:
    """What a client reads of a body."""
    return json.loads(wire.encode(body))


def everything_once() -> Listening:
    """Everything happened once, while somebody listened to both tokens and custom features."""
    listening = Listening()
    listening.play.ladder([(40, 5), (39, 8)], [(60, 70), (61, 9)])
    listening.tell()
    listening.join("me", YES, NO, custom_feature_enabled=True)
    for step in (
        ("place", ANNA, Side.BUY, 45, 10, OrderType.GTC, YES),  # Order 1 rests,
        ("place", BERT, Side.BUY, 60, 6, OrderType.FAK, YES),
        ("place", BERT, Side.BUY, 55, 4, OrderType.FAK, NO),  # order 3 meets it, which mints,
        ("cancel", ANNA, 1),  # and what is left of it is cancelled.
        ("place", ANNA, Side.BUY, 20, 100, OrderType.FOK, YES),  # Order 4 is killed.
        ("place", ANNA, Side.BUY, 21, 100, OrderType.GTC, YES),
        ("tick", 1_000),
    ):
        listening.perform(step)
    over = replace(MARKET, resolved=True, tags=("stocks",))
    tokens = tuple(
        replace(token, token_id=TokenId(f"9{token.token_id}")) for token in MARKET.tokens
    )
    new = replace(MARKET, condition_id=ConditionId("0xc9"), tokens=tokens, tags=("stocks",))
    listening.happen([MarketChanged(market=over, at_us=AT), MarketChanged(market=new, at_us=AT)])
    # What is over has no book, and the book is looked at too: nobody hears that it comes back.
    listening.play.exchange.books[MARKET.condition_id].market = replace(over, resolved=False)
    return listening
