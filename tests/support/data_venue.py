"""Three markets and a chain's list made by hand, and how to ask the Data API and Gamma of them."""

import json
from collections.abc import Sequence
from typing import Any

from polycopy.paper_venue.core import identity
from polycopy.paper_venue.core.data_api import routes
from polycopy.paper_venue.core.data_api.cdn import Cdn
from polycopy.paper_venue.core.data_api.routes import DataApi
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.exchange import Exchange, evolve, initial
from polycopy.paper_venue.core.engine.ledger import Execution, Ledger, Movement, Settled, Transfer
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token, token_for
from polycopy.paper_venue.core.gamma import routes as gamma_routes
from polycopy.paper_venue.core.gamma.routes import Gamma
from polycopy.paper_venue.core.protocol.messages import Answer, Headers, Request
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, Wallet
from polycopy.schemas.money import MICROS, Side
from tests.support.exchange_play import levels

AT_S = 1_795_000_000
AT = AT_S * MICROS
WALLETS = tuple(identity.wallet("data", number) for number in range(4))
ANNA, BERT, CARL, DORA = WALLETS
NOBODY = Wallet("0x" + "ab" * 20)
AT_ONCE = IndexDelay(least_us=0, most_us=0)
_HEADERS = Headers(address="", signature="", timestamp="", api_key="", passphrase="", nonce="")


def market(place: int, **changes: Any) -> Market:
    condition = ConditionId("0x" + identity.digest("data market", place))
    fields: dict[str, Any] = {
        "condition_id": condition,
        "tokens": tuple(
            Token(token_id=token_for(condition, outcome), outcome=outcome)
            for outcome in ("Yes", "No")
        ),
        "slug": f"market-{place}",
        "event_slug": f"event-{place // 2}",
        "title": f"Will {place} happen?",
        "category": ("Sports", "Crypto", "Politics")[place % 3],
        "tags": ("Games", "Balls") if place % 3 == 0 else (),
        "created_at_s": AT_S - 90_000,
        "starts_at_s": AT_S - 80_000,
        "ends_at_s": AT_S + 80_000 + place,
    }
    return Market(**{**fields, **changes})


MARKETS = (market(0), market(1, neg_risk=True), market(2, version=2, taker_delay_ms=3000))
FIRST = MARKETS[0]
YES, NO = (token.token_id for token in FIRST.tokens)


class Chain:
    """An exchange with its list. Times count seconds from `AT_S`."""

    def __init__(
        self,
        markets: Sequence[Market] = MARKETS,
        *,
        delay: IndexDelay = AT_ONCE,
        cdn: Cdn | None = None,
    ) -> None:
        self.exchange: Exchange = initial("data", tuple(markets))
        self.ledger = Ledger()
        self.data = DataApi(exchange=self.exchange, ledger=self.ledger, delay=delay, cdn=cdn)
        self.gamma = Gamma(exchange=self.exchange, ledger=self.ledger)

    def book(self, of: Market, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
        """Prices in cents, sizes in shares, in the first outcome's terms."""
        ladder = Ladder(bids=levels(bids), asks=levels(asks))
        for fact in clearing.put_ladder(self.exchange, of.condition_id, ladder, AT):
            evolve(self.exchange, fact)

    def trade(self, *executions: Execution, of: Market = FIRST, at_s: int = 0) -> Settled:
        return self._settle(Movement.TRADE, of, at_s, executions=executions)

    def transfer(
        self, kind: Movement, *transfers: Transfer, of: Market = FIRST, at_s: int = 0
    ) -> Settled:
        return self._settle(kind, of, at_s, transfers=transfers)

    def _settle(self, kind: Movement, of: Market, at_s: int, **parts: Any) -> Settled:
        settled = Settled(
            transaction_hash=identity.transaction_hash("data", len(self.ledger)),
            kind=kind,
            condition_id=of.condition_id,
            at_us=AT + at_s * MICROS,
            **parts,
        )
        self.ledger.add(settled)
        return settled

    def ask(self, target: str, *, at_s: int = 100) -> tuple[int, Any]:
        """Status and body of the Data API's answer."""
        return read(self.answer(target, at_s=at_s))

    def answer(self, target: str, *, at_s: int = 100) -> Answer:
        return routes.respond(self.data, request(target, at_s=at_s))

    def look(self, target: str, *, at_s: int = 100) -> tuple[int, Any]:
        """Status and body of Gamma's answer."""
        return read(gamma_routes.respond(self.gamma, request(target, at_s=at_s)))


def did(
    wallet: Wallet, side: Side, shares: int, cents: int, token: TokenId = YES, fee_micros: int = 0
) -> Execution:
    """One wallet's part in a trade of the first market."""
    size, price = shares * MICROS, cents * MICROS // 100
    return Execution(
        order_id=VenueOrderId("0x" + identity.digest(wallet, shares, cents)),
        wallet=wallet,
        token_id=token,
        index=int(token != YES),
        side=side,
        size_micros=size,
        price_micros=price,
        notional_micros=size * price // MICROS,
        fee_micros=fee_micros,
    )


def request(target: str, *, at_s: int = 100, method: str = "GET") -> Request:
    """A request as it comes from the wire: `target` is a path with its query, unquoted."""
    path, _, query = target.partition("?")
    parts = [part.partition("=") for part in query.split("&") if part]
    pairs = tuple((name, value) for name, _, value in parts)
    return Request(
        method=method,
        path=path,
        query=dict(pairs),
        headers=_HEADERS,
        body=b"",
        received_at_us=AT + at_s * MICROS,
        pairs=pairs,
        target=target,
    )


def read(answer: Answer) -> tuple[int, Any]:
    return answer.status, json.loads(answer.body)
