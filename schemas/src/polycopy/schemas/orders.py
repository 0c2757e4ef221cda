"""What happened to an account: `orders.<account>.<event>`. One aggregate per account.

Its fold (`polycopy.trading.account`) holds the account's orders, capital and positions, so one
append checks and locks capital atomically.
"""

from polycopy.schemas.accounts import AccountEvent
from polycopy.schemas.control import VenueName
from polycopy.schemas.event import Event
from polycopy.schemas.ids import (
    AccountId,
    ConditionId,
    EventId,
    OrderId,
    StrategyId,
    TokenId,
    TransactionHash,
    VenueOrderId,
    VenueTradeId,
    Wallet,
)
from polycopy.schemas.money import Side
from polycopy.schemas.terms import (
    CancelVerdict,
    Evidence,
    FailureCode,
    FeeCurve,
    FillRole,
    Finding,
    OrderType,
    Refusal,
    UncertainCode,
    VenueAccount,
)


class CapitalDeposited(Event, frozen=True, kw_only=True):
    """An account may spend this much more."""

    account: AccountId
    strategy_id: StrategyId
    amount_micros: int


class ExecutorEpochStarted(Event, frozen=True, kw_only=True):
    """An executor took over the account; the append of its predecessor conflicts from here on.

    The first one says to whom the account belongs at which venue, and every later one the same:
    what was bought at one venue is nothing at another. None: said by a build that did not tell.
    `resend_ms_max`: for so long after its request it sends an order's bytes; 0: it did not tell.
    """

    account: AccountId
    epoch: int
    instance: str
    venue_account: VenueAccount | None = None
    resend_ms_max: int = 0


class OrderRequested(Event, frozen=True, kw_only=True):
    """The intent, before anything is sent. This event is the lock on the capital.

    BUY: spend at most `notional_micros` for about `size_micros` shares. SELL: sell `size_micros`
    shares for at least `notional_micros`. Never worse than `limit_price_micros`. `lock_micros` is
    the pUSD that is set aside (notional and the highest possible fee; 0 for a SELL, which sets its
    shares aside). `request_body` is every byte that is or will be POSTed; empty where nothing is.
    """

    order_id: OrderId
    account: AccountId
    strategy_id: StrategyId
    signal_id: EventId
    trade_id: EventId
    venue: VenueName
    venue_order_id: VenueOrderId
    condition_id: ConditionId
    token_id: TokenId
    side: Side
    order_type: OrderType
    size_micros: int
    notional_micros: int
    limit_price_micros: int
    lock_micros: int
    fee: FeeCurve
    evidence: Evidence
    requested_at_ms: int
    request_body: str = ""
    expires_at_ms: int = 0
    attempt: int = 1
    outcome: str = ""
    title: str = ""
    leader: Wallet = Wallet("")
    """Whose trade it copies."""


class OrderRefused(Event, frozen=True, kw_only=True):
    """Our own checks said no; every failed check is named."""

    order_id: OrderId
    account: AccountId
    strategy_id: StrategyId
    signal_id: EventId
    trade_id: EventId
    token_id: TokenId
    side: Side
    refusals: tuple[Refusal, ...]
    refused_at_ms: int


class OrderPlaced(Event, frozen=True, kw_only=True):
    """The venue knows the order. `status` is the venue's word: live, matched or delayed.

    `adopted` tells how we know where it was not the answer to our own POST. `sent_at_ms` is when
    the POST left.
    """

    order_id: OrderId
    venue_order_id: VenueOrderId
    status: str
    answer: str = ""
    adopted: str = ""
    sent_at_ms: int = 0
    placed_at_ms: int


class OrderFailed(Event, frozen=True, kw_only=True):
    """The venue proved that it rejected the order."""

    order_id: OrderId
    code: FailureCode
    http_status: int
    answer: str
    failed_at_ms: int


class OrderUncertain(Event, frozen=True, kw_only=True):
    """Sent, and the outcome is unknown. The capital stays locked."""

    order_id: OrderId
    code: UncertainCode
    detail: str = ""
    http_status: int = 0
    uncertain_at_ms: int


class _Fill(Event, frozen=True, kw_only=True):
    order_id: OrderId
    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    token_id: TokenId
    side: Side
    size_micros: int
    price_micros: int
    notional_micros: int
    fee_micros: int
    role: FillRole
    source: str
    matched_at_ms: int
    transaction_hash: TransactionHash = TransactionHash("")


class OrderPartiallyFilled(_Fill, frozen=True, kw_only=True):
    """One match that leaves something open. Key (venue trade id, venue order id). Provisional until
    confirmed."""


class OrderFilled(_Fill, frozen=True, kw_only=True):
    """The match that completes the order. Otherwise as OrderPartiallyFilled."""


class FillConfirmed(Event, frozen=True, kw_only=True):
    """A fill is settled on chain."""

    order_id: OrderId
    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    transaction_hash: TransactionHash
    confirmed_at_ms: int


class FillReverted(Event, frozen=True, kw_only=True):
    """A fill failed to settle: it never happened."""

    order_id: OrderId
    venue_trade_id: VenueTradeId
    venue_order_id: VenueOrderId
    reason: str
    reverted_at_ms: int


class OrderCancelled(Event, frozen=True, kw_only=True):
    """Nothing more will fill; the rest is unlocked. `operator`: who judged so, where the venue did
    not say it."""

    order_id: OrderId
    reason: str
    cancelled_at_ms: int
    operator: str = ""


class OrderExpired(Event, frozen=True, kw_only=True):
    """The order's time is over; the rest is unlocked."""

    order_id: OrderId
    expired_at_ms: int


class OrderLost(Event, frozen=True, kw_only=True):
    """Every source denied the order for long enough: the rest is unlocked, and the order is watched
    on. Never a failure: it may turn up."""

    order_id: OrderId
    findings: tuple[Finding, ...]
    denials: int
    denied_since_ms: int
    lost_at_ms: int


class OrderRecovered(Event, frozen=True, kw_only=True):
    """A lost order turned up: what it may still cost is locked again. Its fills are events of their
    own."""

    order_id: OrderId
    source: str
    status: str
    recovered_at_ms: int


class OrderExamined(Event, frozen=True, kw_only=True):
    """What every source said about an order when the operator asked (`cause`: that event's id)."""

    order_id: OrderId
    findings: tuple[Finding, ...]
    cause: EventId
    examined_at_ms: int


class OrderCancelRequested(Event, frozen=True, kw_only=True):
    """The venue is to be told to cancel an order. It stays what it is until the venue says more."""

    order_id: OrderId
    reason: str
    operator: str = ""
    cancel_requested_at_ms: int


class OrderCancelAnswered(Event, frozen=True, kw_only=True):
    """What the venue answered to the cancel; unlocks nothing by itself."""

    order_id: OrderId
    verdict: CancelVerdict
    answer: str = ""
    cancel_answered_at_ms: int


class PositionSettled(Event, frozen=True, kw_only=True):
    """A market resolved; the shares held are worth `payout_micros` in all."""

    account: AccountId
    condition_id: ConditionId
    token_id: TokenId
    size_micros: int
    payout_micros: int
    settled_at_ms: int


Fill = OrderPartiallyFilled | OrderFilled
OrderEvent = (
    CapitalDeposited
    | ExecutorEpochStarted
    | OrderRequested
    | OrderRefused
    | OrderPlaced
    | OrderFailed
    | OrderUncertain
    | OrderPartiallyFilled
    | OrderFilled
    | FillConfirmed
    | FillReverted
    | OrderCancelled
    | OrderExpired
    | OrderLost
    | OrderRecovered
    | OrderExamined
    | OrderCancelRequested
    | OrderCancelAnswered
    | PositionSettled
    | AccountEvent
)
