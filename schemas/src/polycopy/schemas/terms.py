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
    BOOK_EMPTY = "book_empty"
    INSUFFICIENT_DEPTH = "insufficient_depth"
    INSUFFICIENT_CASH = "insufficient_cash"
    NO_POSITION = "no_position"
    SIZE_BELOW_MINIMUM = "size_below_minimum"
    PRICE_OFF_MARKET = "price_off_market"
    MARKET_NOT_TRADABLE = "market_not_tradable"
    SIGNAL_TOO_OLD = "signal_too_old"
    ACCOUNT_NOT_SERVED = "account_not_served"
    ORDER_NOT_BUILT = "order_not_built"
    """Approved, and the signing library refused to build it."""
    TRADING_HALTED = "trading_halted"
    TRADING_REDUCING = "trading_reducing"
    """Only exits are let through."""
    ACCOUNT_BEHIND = "account_behind"
    """The venue's word about the account may have holes: nobody said AccountCaughtUp since."""
    REPORTS_OVERDUE = "reports_overdue"
    """The venue took an order, and nobody told for too long what became of it."""
    VENUE_UNSTABLE = "venue_unstable"
    """The circuit breaker is open: server errors, stale balances or failed settlements."""
    BALANCE_DISPUTED = "balance_disputed"
    SERVICE_ENDING = "service_ending"
    ORDER_TOO_LARGE = "order_too_large"
    MARKET_EXPOSURE = "market_exposure"
    LEADER_EXPOSURE = "leader_exposure"
    TOTAL_EXPOSURE = "total_exposure"
    DAILY_BUDGET = "daily_budget"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    ORDER_RATE = "order_rate"
    PRICE_SANITY = "price_sanity"
    """The book is nowhere near the price that the leader paid."""


class FailureCode(StrEnum):
    """Why the venue rejected an order, each proven by the venue's own words."""

    INVALID_PAYLOAD = "invalid_payload"
    TICK_SIZE = "tick_size"
    MINIMUM_SIZE = "minimum_size"
    BALANCE_OR_ALLOWANCE = "balance_or_allowance"
    NO_MATCH = "no_match"
    NOT_FILLED_COMPLETELY = "not_filled_completely"
    MARKET_NOT_READY = "market_not_ready"
    CROSSES_BOOK = "crosses_book"
    EXPIRATION = "expiration"
    ORDER_VERSION = "order_version"
    CONFIGURATION = "configuration"
    NOT_ACCEPTED = "not_accepted"
    """The venue says in its own words that it takes no such orders now."""


class UncertainCode(StrEnum):
    """Why we do not know what became of an order that was sent."""

    TIMEOUT = "timeout"
    CONNECTION = "connection"
    SERVER_ERROR = "server_error"
    UNREADABLE = "unreadable"
    UNRECOGNISED = "unrecognised"
    RATE_LIMITED = "rate_limited"
    RESTARTING = "restarting"
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
    standing: Standing | None = None
    """Of an entry: what was allowed, and what of it was used before."""
