"""Markets and their books of strangers' orders.

A market has two tokens that pay 1 together, so every order on the second is an order on the first
at one minus its price: there is one book a market, kept in the first token's terms ("primary").
"""

import hashlib

import msgspec

from polycopy.schemas.ids import ConditionId, TokenId
from polycopy.schemas.money import MICROS, Side
from polycopy.schemas.terms import FeeCurve, Level

_RESERVED_BITS = ((1 << 64) - 1) << 40
CENT_MICROS = 10_000
TENTH_CENT_MICROS = 1_000


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome's share. `payout_micros` is what it paid when the market was settled, where the
    recording says so; the venue's protocols do not tell it ahead of that."""

    token_id: TokenId
    outcome: str
    payout_micros: int | None = None


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue says of a market. `base_fee_bps` is the legacy figure beside the curve.

    `taker_delay_ms` holds marketable orders back; with `itode` it is the short delay of crypto
    markets, without it the whole seconds of a sports market (`sd`). `ready`: the engine knows it.
    `version` 2: protocol V2, position ids instead of token ids. Times are 0 where nobody said.
    """

    condition_id: ConditionId
    tokens: tuple[Token, Token]
    tick_size_micros: int = CENT_MICROS
    minimum_size_micros: int = 5 * MICROS
    neg_risk: bool = False
    fee: FeeCurve = FeeCurve(rate_ppm=70_000, exponent=1)
    base_fee_bps: int = 1000
    slug: str = ""
    event_slug: str = ""
    title: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    version: int = 1
    taker_delay_ms: int = 0
    itode: bool = False
    ready: bool = True
    accepting: bool = True
    resolved: bool = False
    created_at_s: int = 0
    starts_at_s: int = 0
    ends_at_s: int = 0
    game_starts_at_s: int = 0
    resolved_at_s: int = 0

    @property
    def delay_s(self) -> int:
        """The taker delay of a sports market in whole seconds; that of `itode` has none."""
        return 0 if self.itode else self.taker_delay_ms // 1000

    @property
    def legacy_fee_bps(self) -> int:
        """The figure beside the curve, which says no more than whether there is a fee."""
        return self.base_fee_bps if self.fee.rate_ppm else 0

    def index(self, token_id: TokenId) -> int:
        """0 for the primary token, 1 for the other. KeyError: not of this market."""
        for index, token in enumerate(self.tokens):
            if token.token_id == token_id:
                return index
        raise KeyError(token_id)


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of a book, best price first."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()


def mirrored(ladder: Ladder) -> Ladder:
    """The same book in the other token's terms."""
    return Ladder(bids=_mirrored(ladder.asks), asks=_mirrored(ladder.bids))


def _mirrored(levels: tuple[Level, ...]) -> tuple[Level, ...]:
    return tuple(
        Level(price_micros=MICROS - level.price_micros, size_micros=level.size_micros)
        for level in levels
    )


def buys_primary(index: int, side: Side) -> bool:
    """Whether an order is on the bid side of the one book."""
    return (side is Side.BUY) == (index == 0)


def own_price(index: int, price_micros: int) -> int:
    """A price in the primary token's terms as a price of token `index`, and the way back."""
    return price_micros if index == 0 else MICROS - price_micros


def token_for(condition_id: ConditionId, side: str) -> TokenId:
    """A token id for recordings that name none: a function of market and outcome.

    Never one that looks like a position id of protocol V2 (bits 40 to 103 zero), which would be
    routed to another exchange contract.
    """
    salt = 0
    while True:
        digest = hashlib.sha256(f"{condition_id}\x1f{side}\x1f{salt}".encode()).digest()
        number = int.from_bytes(digest, "big")
        if number & _RESERVED_BITS:
            return TokenId(str(number))
        salt += 1


def tick_for(prices_micros: set[int]) -> int:
    """The coarser of the two usual ticks that every price sits on."""
    on_cents = all(price % CENT_MICROS == 0 for price in prices_micros)
    return CENT_MICROS if on_cents else TENTH_CENT_MICROS
