"""The columns of one order, from the request to the settled market."""

from polycopy.projector import core
from polycopy.readmodel.changes import Value
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Origin, draft
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
)
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    CapitalDeposited,
    FillConfirmed,
    OrderCancelled,
    OrderEvent,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRefused,
    OrderRequested,
    OrderUncertain,
    PositionSettled,
)
from polycopy.schemas.subjects import order_subject
from polycopy.schemas.terms import (
    Evidence,
    FailureCode,
    FeeCurve,
    FillRole,
    OrderType,
    Refusal,
    RefusalCode,
    UncertainCode,
)
from tests.support.projector_tables import Rows, apply

ACCOUNT = AccountId("main")
STRATEGY = StrategyId("one")
ORDER = OrderId("0a" * 16)
VENUE_ORDER = VenueOrderId("0x" + "e3" * 32)
TOKEN = TokenId("71")
CONDITION = ConditionId("0x" + "d2" * 32)
HASH = TransactionHash("0x" + "c1" * 32)
DEPOSITED = CapitalDeposited(account=ACCOUNT, strategy_id=STRATEGY, amount_micros=100_000_000)
REQUESTED = OrderRequested(
    order_id=ORDER,
    account=ACCOUNT,
    strategy_id=STRATEGY,
    signal_id=EventId("0b" * 16),
    trade_id=EventId("0c" * 16),
    venue=VenueName.PAPER,
    venue_order_id=VENUE_ORDER,
    condition_id=CONDITION,
    token_id=TOKEN,
    side=Side.BUY,
    order_type=OrderType.FAK,
    size_micros=20_000_000,
    notional_micros=10_000_000,
    limit_price_micros=520_000,
    lock_micros=10_100_000,
    fee=FeeCurve(),
    evidence=Evidence(
        book_at_ms=1,
        levels=(),
        vwap_micros=500_000,
        worst_price_micros=500_000,
        fillable_size_micros=20_000_000,
        leader_price_micros=500_000,
        tick_size_micros=10_000,
        minimum_size_micros=5_000_000,
        free_micros=100_000_000,
    ),
    requested_at_ms=1000,
    outcome="Yes",
    title="Rain?",
)
PLACED = OrderPlaced(
    order_id=ORDER,
    venue_order_id=VENUE_ORDER,
    status="matched",
    answer="{}",
    sent_at_ms=1001,
    placed_at_ms=1002,
)
UNCERTAIN = OrderUncertain(
    order_id=ORDER, code=UncertainCode.TIMEOUT, detail="5 s", uncertain_at_ms=1500
)
CONFIRMED = FillConfirmed(
    order_id=ORDER,
    venue_trade_id=VenueTradeId("t1"),
    venue_order_id=VENUE_ORDER,
    transaction_hash=HASH,
    confirmed_at_ms=1009,
)


def filled(kind: type[OrderFilled | OrderPartiallyFilled], *, size_micros: int) -> OrderEvent:
    return kind(
        order_id=ORDER,
        venue_trade_id=VenueTradeId("t1"),
        venue_order_id=VENUE_ORDER,
        token_id=TOKEN,
        side=Side.BUY,
        size_micros=size_micros,
        price_micros=500_000,
        notional_micros=size_micros // 2,
        fee_micros=1000,
        role=FillRole.TAKER,
        source="answer",
        matched_at_ms=1003,
    )


def rows_after(*events: OrderEvent) -> Rows:
    rows: Rows = {}
    state = core.initial()
    for sequence, event in enumerate(events, start=1):
        new = draft(
            event,
            subject=order_subject(ACCOUNT, event),
            origin=Origin(source="test", time_ms=sequence, causation_id=str(sequence)),
        )
        state, changes = core.project(
            state,
            Recorded(sequence=sequence, subject=new.subject, envelope=new.envelope, event=event),
        )
        apply(rows, changes)
    return rows


def order_after(*events: OrderEvent) -> dict[str, Value]:
    return rows_after(*events)["orders", (ORDER,)]


def of(row: dict[str, Value], *columns: str) -> tuple[Value, ...]:
    return tuple(row.get(column, "") for column in columns)


def test_a_requested_order_shows_what_was_asked_and_what_is_locked() -> None:
    row = order_after(DEPOSITED, REQUESTED)
    assert of(row, "state", "title", "outcome", "order_type") == (
        "requested",
        "Rain?",
        "Yes",
        "FAK",
    )
    assert of(row, "notional_micros", "lock_micros", "locked_micros", "requested_at_ms") == (
        10_000_000,
        10_100_000,
        10_100_000,
        1000,
    )
    assert '"free_micros":100000000' in str(row["evidence"])


def test_a_filled_order_holds_a_position_and_the_account_paid_for_it() -> None:
    fill = filled(OrderFilled, size_micros=20_000_000)
    rows = rows_after(DEPOSITED, REQUESTED, PLACED, fill)
    assert of(
        rows["orders", (ORDER,)],
        "state",
        "reason",
        "filled_size_micros",
        "fees_micros",
        "locked_micros",
        "placed_at_ms",
        "filled_at_ms",
        "closed_at_ms",
        "sequence",
    ) == ("filled", "", 20_000_000, 1000, 0, 1002, 1003, 1003, 4)
    position = rows["positions", (ACCOUNT, TOKEN)]
    assert of(position, "size_micros", "cost_micros", "title", "outcome") == (
        20_000_000,
        10_000_000,
        "Rain?",
        "Yes",
    )
    assert of(rows["accounts", (ACCOUNT,)], "free_micros", "locked_micros", "open_orders") == (
        89_999_000,
        0,
        0,
    )


def test_a_reason_goes_when_its_state_does() -> None:
    assert of(order_after(DEPOSITED, REQUESTED, UNCERTAIN), "state", "reason", "detail") == (
        "uncertain",
        "timeout",
        "5 s",
    )
    placed = order_after(DEPOSITED, REQUESTED, UNCERTAIN, PLACED)
    assert of(placed, "state", "reason", "detail") == ("open", "", "")


def test_a_fill_that_trails_a_cancel_counts_and_leaves_its_reason() -> None:
    cancelled = OrderCancelled(order_id=ORDER, reason="asked", cancelled_at_ms=1600)
    fill = filled(OrderPartiallyFilled, size_micros=10_000_000)
    row = order_after(DEPOSITED, REQUESTED, PLACED, cancelled, fill)
    assert of(row, "state", "reason", "filled_size_micros", "closed_at_ms", "filled_at_ms") == (
        "cancelled",
        "asked",
        10_000_000,
        1600,
        1003,
    )


def test_a_failed_order_shows_the_venues_words() -> None:
    failed = OrderFailed(
        order_id=ORDER,
        code=FailureCode.NO_MATCH,
        http_status=400,
        answer="no orders found to match",
        failed_at_ms=1700,
    )
    row = order_after(DEPOSITED, REQUESTED, failed)
    assert of(row, "state", "reason", "detail", "locked_micros", "closed_at_ms") == (
        "failed",
        "no_match",
        "no orders found to match",
        0,
        1700,
    )


def test_a_confirmation_before_its_fill_is_kept_for_it() -> None:
    fill = filled(OrderFilled, size_micros=20_000_000)
    key = ("fills", ("t1", VENUE_ORDER))
    early = rows_after(DEPOSITED, REQUESTED, CONFIRMED, fill)[key]
    late = rows_after(DEPOSITED, REQUESTED, fill, CONFIRMED)[key]
    assert early == late
    assert of(late, "status", "transaction_hash", "confirmed_at_ms", "price_micros") == (
        "confirmed",
        HASH,
        1009,
        500_000,
    )


def test_a_refused_order_names_every_reason_and_takes_no_money() -> None:
    refused = OrderRefused(
        order_id=ORDER,
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=EventId("0b" * 16),
        trade_id=EventId("0c" * 16),
        token_id=TOKEN,
        side=Side.BUY,
        refusals=(
            Refusal(code=RefusalCode.INSUFFICIENT_CASH, detail="1 of 10"),
            Refusal(code=RefusalCode.SIGNAL_TOO_OLD),
        ),
        refused_at_ms=1800,
    )
    rows = rows_after(DEPOSITED, refused)
    assert of(rows["orders", (ORDER,)], "state", "reason", "detail", "closed_at_ms") == (
        "refused",
        "insufficient_cash,signal_too_old",
        "1 of 10",
        1800,
    )
    assert rows["accounts", (ACCOUNT,)]["free_micros"] == 100_000_000


def test_a_settled_market_pays_and_closes_the_position() -> None:
    settled = PositionSettled(
        account=ACCOUNT,
        condition_id=CONDITION,
        token_id=TOKEN,
        size_micros=20_000_000,
        payout_micros=20_000_000,
        settled_at_ms=1900,
    )
    rows = rows_after(
        DEPOSITED, REQUESTED, PLACED, filled(OrderFilled, size_micros=20_000_000), settled
    )
    position = rows["positions", (ACCOUNT, TOKEN)]
    assert of(position, "size_micros", "realised_micros", "payout_micros", "settled_at_ms") == (
        0,
        10_000_000,
        20_000_000,
        1900,
    )


def test_an_answer_about_an_order_that_nobody_requested_makes_no_order() -> None:
    rows = rows_after(DEPOSITED, PLACED)
    assert ("orders", (ORDER,)) not in rows
    assert rows["accounts", (ACCOUNT,)]["anomalies"] == 1
