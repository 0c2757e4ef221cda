"""One market, two rich wallets, and every fact of what they do."""

import msgspec

from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.exchange import evolve, initial
from polycopy.paper_venue.core.engine.facts import (
    AccountOpened,
    AnyFact,
    TradeAdvanced,
    TradeStatus,
)
from polycopy.paper_venue.core.engine.market import Ladder, Market, Token
from polycopy.paper_venue.core.engine.orders import Asked, OrderStatus
from polycopy.paper_venue.core.engine.placing import STRAIGHT, Placed, Twist, place, resume
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.terms import Level, OrderType

ONE = 1_000_000
CENT = 10_000
YES, NO = TokenId("111"), TokenId("222")
MARKET = Market(
    condition_id=ConditionId("0xc0"),
    tokens=(Token(token_id=YES, outcome="Yes"), Token(token_id=NO, outcome="No")),
)
DELAYED = msgspec.structs.replace(MARKET, taker_delay_ms=150)
FREE_OF_FEES = msgspec.structs.replace(MARKET.fee, rate_ppm=0)
NO_FEES = msgspec.structs.replace(MARKET, fee=FREE_OF_FEES)
ANNA, BERT = Wallet("0xa"), Wallet("0xb")
AT = 1_795_000_000 * ONE
CASH = 1_000 * ONE


class Play:
    """An exchange with two rich wallets; keeps every fact, so that it can be folded again."""

    def __init__(self, market: Market = MARKET, *, credit_when_mined: bool = False) -> None:
        self.exchange = initial("seed", (market,), credit_when_mined=credit_when_mined)
        self.facts: list[AnyFact] = []
        self.orders = 0
        for address in (ANNA, BERT):
            opened = AccountOpened(address=address, holder=address, cash_micros=CASH)
            self.happen([opened])

    def happen(self, facts: list[AnyFact]) -> None:
        for fact in facts:
            evolve(self.exchange, fact)
            self.facts.append(fact)

    def ladder(self, bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> list[AnyFact]:
        """Prices in cents, sizes in shares."""
        ladder = Ladder(bids=levels(bids), asks=levels(asks))
        facts = clearing.put_ladder(self.exchange, MARKET.condition_id, ladder, AT)
        self.happen(facts)
        return facts

    def place(  # noqa: PLR0913 - an order has this many sides
        self,
        who: Wallet,
        side: Side,
        cents: int,
        shares: int,
        kind: OrderType = OrderType.GTC,
        token: TokenId = YES,
        *,
        expiration_s: int = 0,
        post_only: bool = False,
        twist: Twist = STRAIGHT,
    ) -> Placed:
        self.orders += 1
        amount = cents * CENT * shares
        placed = place(
            self.exchange,
            Asked(
                order_id=VenueOrderId(f"0x{self.orders}"),
                owner=f"key-{who}",
                maker=who,
                token_id=token,
                side=side,
                order_type=kind,
                maker_amount_micros=amount if side is Side.BUY else shares * ONE,
                taker_amount_micros=shares * ONE if side is Side.BUY else amount,
                expiration_s=expiration_s,
                post_only=post_only,
            ),
            AT,
            lambda wanted, *, marketable: twist,  # noqa: ARG005 - whatever it is
        )
        self.happen(list(placed.facts))
        return placed

    def resume(self, number: int, at_us: int = AT) -> list[AnyFact]:
        """The taker delay of an order is over."""
        facts = resume(self.exchange, VenueOrderId(f"0x{number}"), at_us)
        self.happen(facts)
        return facts

    def advance(self, trade_id: VenueTradeId, status: TradeStatus) -> TradeAdvanced:
        fact = clearing.advance(self.exchange, trade_id, status, AT)
        self.happen([fact])
        return fact

    def status(self, number: int) -> OrderStatus:
        return self.exchange.orders[VenueOrderId(f"0x{number}")].status


def levels(pairs: list[tuple[int, int]]) -> tuple[Level, ...]:
    return tuple(
        Level(price_micros=cents * CENT, size_micros=shares * ONE) for cents, shares in pairs
    )


def text(placed: Placed) -> str:
    assert placed.refusal is not None
    return placed.refusal.text


def delayed_play(kind: OrderType = OrderType.FAK) -> tuple[Play, Placed]:
    play = Play(DELAYED)
    play.ladder([(40, 50)], [(60, 20)])
    return play, play.place(ANNA, Side.BUY, 60, 10, kind)


def filled(*, credit_when_mined: bool) -> Play:
    play = Play(NO_FEES, credit_when_mined=credit_when_mined)
    play.ladder([(40, 50)], [(60, 20)])
    play.place(ANNA, Side.BUY, 60, 10, OrderType.FAK)
    return play
