"""What happens at the exchange. Decisions return facts; `exchange.evolve` is their only effect."""

from enum import StrEnum

import msgspec

from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.paper_venue.core.engine.orders import OrderStatus, Terms
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet
from polycopy.schemas.money import Side


class TradeStatus(StrEnum):
    """A trade on its way to the chain, the venue's words."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


class Fact(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Past tense, complete in itself: the facts in their order are the whole exchange."""


class AccountOpened(Fact, frozen=True, kw_only=True):
    """A wallet that was not known got its paper money. `holder`: the address whose key signs for
    it, the wallet itself or the owner of a deposit wallet. `legacy`: from before the deposit
    wallets, so that it may sign in every way. `named`: a director did it.
    `allowance_micros` None: without end."""

    address: Wallet
    holder: Wallet
    cash_micros: int
    signature_type: int = 0
    named: bool = False
    legacy: bool = True
    allowance_micros: int | None = None


class LadderSet(Fact, frozen=True, kw_only=True):
    """The strangers' orders of a market are these from now on, in the primary token's terms."""

    condition_id: ConditionId
    ladder: Ladder
    at_us: int


class OrderAccepted(Fact, frozen=True, kw_only=True):
    """The venue took an order. `number` is its place in time."""

    terms: Terms
    number: int
    at_us: int


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One order's part of a trade, in its own token's terms.

    `stranger`: an order of the recorded book, of which we keep no account.
    """

    order_id: VenueOrderId
    owner: str
    address: Wallet
    token_id: TokenId
    index: int
    outcome: str
    side: Side
    price_micros: int
    size_micros: int
    notional_micros: int
    fee_micros: int = 0
    stranger: bool = False


class TradeMatched(Fact, frozen=True, kw_only=True):
    """A taker met orders at one price. A taker that walks the book makes a trade a price, and all
    of them, whose `batch` is the first one's id, go to the chain in one transaction."""

    trade_id: VenueTradeId
    batch: VenueTradeId
    number: int
    condition_id: ConditionId
    taker: Leg
    makers: tuple[Leg, ...]
    at_us: int

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        """Those of the venue's users."""
        legs = (self.taker, *self.makers)
        return tuple(dict.fromkeys(leg.address for leg in legs if not leg.stranger))


class StrangersTraded(Fact, frozen=True, kw_only=True):
    """Strangers traded with each other, in the terms of the token that the taker took. What it did
    to the book is in a `LadderSet` beside it."""

    condition_id: ConditionId
    token_id: TokenId
    index: int
    side: Side
    price_micros: int
    size_micros: int
    transaction_hash: str
    at_us: int


class OrderKilled(Fact, frozen=True, kw_only=True):
    """A FAK that found nothing or a FOK that found too little: known from now on, never alive."""

    terms: Terms
    number: int
    reason: str
    at_us: int


class OrderDelayed(Fact, frozen=True, kw_only=True):
    """A marketable order waits for the end of the taker delay: its funds are reserved, it cannot be
    cancelled, and nobody sees it in the book. `hold_micros`: what is reserved of pUSD or shares,
    fees included. `unmatched`: whom it would meet will be gone."""

    terms: Terms
    number: int
    hold_micros: int
    until_us: int
    at_us: int
    unmatched: bool = False


class OrderBooked(Fact, frozen=True, kw_only=True):
    """The delay is over and something is left: it rests from now on."""

    order_id: VenueOrderId
    at_us: int


class OrderClosed(Fact, frozen=True, kw_only=True):
    """Nothing more will fill. `reason`: the venue's words for an order that it killed itself."""

    order_id: VenueOrderId
    status: OrderStatus
    at_us: int
    reason: str = ""


class TradeAdvanced(Fact, frozen=True, kw_only=True):
    """A trade came a step nearer to the chain."""

    trade_id: VenueTradeId
    status: TradeStatus
    transaction_hash: str
    at_us: int


class MarketChanged(Fact, frozen=True, kw_only=True):
    """What the venue says of a market is this from now on: another tick, closed, resolved."""

    market: Market
    at_us: int


class WalletMoved(Fact, frozen=True, kw_only=True):
    """The chain moved money and shares outside of any order: a deposit, a split, a redemption."""

    address: Wallet
    at_us: int
    cash_micros: int = 0
    shares: tuple[tuple[TokenId, int], ...] = ()


class WalletJudged(Fact, frozen=True, kw_only=True):
    """What the venue lets a wallet do. `allowance_micros` None: without end."""

    address: Wallet
    allowance_micros: int | None
    legacy: bool
    banned: bool
    closed_only: bool
    at_us: int


class SumLeftStale(Fact, frozen=True, kw_only=True):
    """The venue's cache of matched orders keeps an amount set aside though it is settled. The
    empty token id is pUSD."""

    address: Wallet
    token_id: TokenId
    amount_micros: int
    at_us: int


class SumsRefreshed(Fact, frozen=True, kw_only=True):
    """The cache of one balance was read anew (`GET /balance-allowance/update`). The empty token id
    is pUSD."""

    address: Wallet
    token_id: TokenId
    at_us: int


AnyFact = (
    AccountOpened
    | LadderSet
    | OrderAccepted
    | OrderDelayed
    | OrderBooked
    | OrderKilled
    | StrangersTraded
    | TradeMatched
    | OrderClosed
    | TradeAdvanced
    | MarketChanged
    | WalletMoved
    | WalletJudged
    | SumLeftStale
    | SumsRefreshed
)
