"""A play with the market channel on it, and clients who listen."""

import json
from typing import Any

import msgspec

from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.exchange import ladder_of
from polycopy.paper_venue.core.engine.facts import AnyFact, MarketChanged, StrangersTraded
from polycopy.paper_venue.core.streams.market_stream import MarketStream
from polycopy.schemas.ids import TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import Side
from tests.support.exchange_play import AT, CENT, MARKET, NO, ONE, YES, Play
from tests.support.market_ear import MarketEar

TOKENS = (YES, NO)


class Listening:
    """A play, its market channel, and clients by name. Facts are told a decision at a time."""

    def __init__(self) -> None:
        self.play = Play()
        self.stream: MarketStream[str] = MarketStream(self.play.exchange, lambda _: (7, 8))
        self.ears: dict[str, MarketEar] = {}
        self._told = len(self.play.facts)

    def join(self, name: str, *tokens: str, **more: object) -> MarketEar:
        heard = self.stream.said(name, json.dumps({"type": "market", "assets_ids": tokens, **more}))
        ear = self.ears[name] = MarketEar()
        if heard.text:
            ear.hear(heard.text)
        return ear

    def leave(self, name: str) -> None:
        self.stream.gone(name)
        self.ears.pop(name, None)

    def happen(self, facts: list[AnyFact]) -> None:
        self.play.happen(facts)
        self.tell()

    def tell(self) -> None:
        facts = self.play.facts[self._told :]
        self._told = len(self.play.facts)
        for names, text in self.stream.told(facts):
            for name in names:
                self.ears[name].hear(text)

    def perform(self, step: tuple[Any, ...]) -> None:
        match step:
            case ("place", who, side, cents, shares, kind, token):
                self.play.place(Wallet(who), side, cents, shares, kind, token)
            case ("cancel", who, number):
                order_id = VenueOrderId(f"0x{number}")
                done = clearing.cancel(self.play.exchange, f"key-{who}", order_id, AT)
                self.play.happen([] if isinstance(done, str) else [done])
            case ("ladder", cents, bid, ask):
                bids = [(cents, bid), (cents - 1, ask)]
                self.play.ladder(bids, [(cents + 1, ask), (cents + 2, bid)])
            case ("strangers", cents, token):
                self.play.happen([traded(cents, token)])
            case ("tick", tick):
                market = msgspec.structs.replace(
                    self.play.exchange.books[MARKET.condition_id].market, tick_size_micros=tick
                )
                self.play.happen([MarketChanged(market=market, at_us=AT)])
            case ("join", token):
                self.leave(token)
                self.join(token, token)
            case ("leave", token):
                self.leave(token)
        self.tell()


def traded(cents: int, token: TokenId) -> StrangersTraded:
    return StrangersTraded(
        condition_id=MARKET.condition_id,
        token_id=token,
        index=TOKENS.index(token),
        side=Side.BUY,
        price_micros=cents * CENT,
        size_micros=3 * ONE,
        transaction_hash="0xfeed",
        at_us=AT,
    )


def shown(play: Play, token: TokenId) -> Any:
    ladder = ladder_of(play.exchange, token)
    assert ladder is not None
    return tuple(
        tuple((level.price_micros, level.size_micros) for level in levels)
        for levels in (ladder.bids, ladder.asks)
    )
