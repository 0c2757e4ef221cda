"""The words and figures that order events are made of."""

from enum import StrEnum

import msgspec

from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import Wallet
from polycopy.schemas.limits import AccountLimits, Standing


class OrderType(StrEnum):
    """The venue's order types."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"


class FillRole(StrEnum):
    """Which side of the match we were. Only takers pay fees."""

    TAKER = "taker"
    MAKER = "maker"


class RefusalCode(StrEnum):
    """Why our own checks refused an order. Stable words."""

    NO_BOOK = "no_book"
    """The market or its book could not be looked at."""
    BOOK_EMPTY = "book_empty"
    """Nobody is on the other side of the book."""
    INSUFFICIENT_DEPTH = "insufficient_depth"
    """The book holds less within the price limit than the smallest order."""
    INSUFFICIENT_CASH = "insufficient_cash"
    """The free cash pays for less than the smallest order with its fee."""
    NO_POSITION = "no_position"
    """Nothing is held, or all of it is for sale already."""
    SIZE_BELOW_MINIMUM = "size_below_minimum"
    """Less was asked for than the venue or the strategy allows, or too little to express the price
    limit in the venue's decimals."""
    PRICE_OFF_MARKET = "price_off_market"
    """The best price of the book is beyond the price limit."""
    MARKET_NOT_TRADABLE = "market_not_tradable"
    """The market is unknown, takes no orders, or has a tick size that we do not know."""
    SIGNAL_TOO_OLD = "signal_too_old"
    """The signal was too old when its order was to be decided."""
    ACCOUNT_NOT_SERVED = "account_not_served"
    """No executor trades with this account at this venue."""
    ORDER_NOT_BUILT = "order_not_built"
    """Approved, and the signing library refused to build it, or the log to store it."""
    TRADING_HALTED = "trading_halted"
    """The operator halted the account, or every account: nothing is sent."""
    TRADING_REDUCING = "trading_reducing"
    """The operator lets only exits through."""
    ACCOUNT_BEHIND = "account_behind"
    """The venue's word about the account may have holes: nobody said AccountCaughtUp since."""
    REPORTS_OVERDUE = "reports_overdue"
    """The venue took an order, and nobody told for too long what became of it."""
    VENUE_UNSTABLE = "venue_unstable"
    """The circuit breaker is open: server errors, stale balances, no orders taken at all, or
    failed settlements."""
    BALANCE_DISPUTED = "balance_disputed"
    """The venue holds another balance of the token, or less cash, than the log explains."""
    ORDER_TOO_LARGE = "order_too_large"
    """More was asked for than is allowed for one order: a slip of a finger."""
    MARKET_EXPOSURE = "market_exposure"
    """What this market's worst outcome may cost leaves less than the smallest order."""
    LEADER_EXPOSURE = "leader_exposure"
    """What may be at stake in copies of one leader leaves less than the smallest order."""
    TOTAL_EXPOSURE = "total_exposure"
    """What may be at stake in all markets together leaves less than the smallest order."""
    DAILY_BUDGET = "daily_budget"
    """What entries may spend in a UTC day leaves less than the smallest order."""
    DAILY_LOSS = "daily_loss"
    """More was lost since midnight UTC than is allowed."""
    DRAWDOWN = "drawdown"
    """The result is farther below its highest than is allowed; midnight does not change that."""
    ORDER_RATE = "order_rate"
    """The last minute had as many entries as are allowed."""
    PRICE_SANITY = "price_sanity"
    """The book is nowhere near the leader's price; for a sale, only where it is far below."""


class FailureCode(StrEnum):
    """Why the venue rejected an order, each proven by the venue's own words."""

    INVALID_PAYLOAD = "invalid_payload"
    """The order is malformed, or cancelled at the exchange already."""
    TICK_SIZE = "tick_size"
    """The price is not on the market's grid."""
    MINIMUM_SIZE = "minimum_size"
    """It is smaller than the market's or the venue's minimum."""
    BALANCE_OR_ALLOWANCE = "balance_or_allowance"
    """The wallet has not enough cash or shares, or the exchange may not take them."""
    NO_MATCH = "no_match"
    """A FAK found nothing within its price limit."""
    NOT_FILLED_COMPLETELY = "not_filled_completely"
    """A FOK found too little within its price limit."""
    MARKET_NOT_READY = "market_not_ready"
    """The market takes no orders yet."""
    CROSSES_BOOK = "crosses_book"
    """A post-only order would have matched at once."""
    EXPIRATION = "expiration"
    """The expiry is too near, or not a time."""
    ORDER_VERSION = "order_version"
    """The order was built for another version of the exchange."""
    CONFIGURATION = "configuration"
    """Key, wallet, API credentials or region: the venue takes no orders from us."""
    NOT_ACCEPTED = "not_accepted"
    """The venue says in its own words that it takes no such orders now."""


class UncertainCode(StrEnum):
    """Why we do not know what became of an order that was sent."""

    TIMEOUT = "timeout"
    """No answer came in time."""
    CONNECTION = "connection"
    """The connection failed before there was an answer."""
    SERVER_ERROR = "server_error"
    """The venue answered with a server error."""
    UNREADABLE = "unreadable"
    """The answer says yes and cannot be read."""
    UNRECOGNISED = "unrecognised"
    """The answer is none that proves anything."""
    RATE_LIMITED = "rate_limited"
    """We were too fast; something on the way may have passed the order on."""
    RESTARTING = "restarting"
    """The matching engine restarts."""
    INTERRUPTED = "interrupted"
    """We stopped between the request and its answer."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One failed check, with the figures it compared."""

    code: RefusalCode
    detail: str = ""


class Verdict(StrEnum):
    """What one source says about an order. Unknown: it could not be asked or understood."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Finding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One source's answer to the question for an order: `order`, `open-orders`, `trades`,
    `user-socket`, `cancel`, `log`."""

    source: str
    verdict: Verdict
    detail: str = ""


class CancelVerdict(StrEnum):
    """The venue's answer to the cancel of an order, which is evidence of what became of it."""

    CANCELLED = "cancelled"
    MATCHED = "matched"
    """Too late: a fill is coming, or came."""
    NOT_FOUND = "not_found"
    PENDING = "pending"
    """Within the venue's delay, where nothing can be cancelled."""
    UNKNOWN = "unknown"


class VenueAccount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whose money it is, and at which venue. Paper has no wallet, only the venue's books.

    `host` is that of the venue's REST interface, `wallet` holds the funds, `signer` is the address
    whose key signs and to which the API key belongs.
    """

    venue: VenueName
    host: str = ""
    chain_id: int = 0
    wallet: Wallet = Wallet("")
    signer: Wallet = Wallet("")


class Level(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One price of a book."""

    price_micros: int
    size_micros: int


class FeeCurve(msgspec.Struct, frozen=True, kw_only=True):
    """A taker pays shares × rate × (p(1−p))^exponent; rate in parts per million."""

    rate_ppm: int = 0
    exponent: int = 1


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an order was decided with: enough to decide it again and get the same.

    `levels` are the levels of the side we would take, best first, as deep as they were used.
    `asked_micros` is the intent (pUSD for a BUY, shares for a SELL) before cash, position and book
    cut it, `available_size_micros` the shares that a SELL could sell.
    """

    book_at_ms: int
    levels: tuple[Level, ...]
    vwap_micros: int
    worst_price_micros: int
    fillable_size_micros: int
    leader_price_micros: int
    tick_size_micros: int
    minimum_size_micros: int
    free_micros: int
    checks: tuple[str, ...] = ()
    asked_micros: int = 0
    available_size_micros: int = 0
    limits: AccountLimits | None = None
    """What the account was allowed; None: decided by a build that had no limits."""
    standing: Standing | None = None
    """Of an entry: what of that was used before."""
