"""What the venue's reports make of an account."""

import pytest

from polycopy.polymarket.reports import (
    MakerOrder,
    OrderReport,
    OrderStatus,
    ReportKind,
    TradeReport,
    TradeStatus,
)
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.ids import EventId, OrderId, TokenId, VenueTradeId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelled,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderPartiallyFilled,
    OrderRequested,
)
from polycopy.schemas.terms import FillRole, OrderType
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.endings import denied
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.reconcile import (
    Report,
    last_words,
    reconcile,
    strangers,
)
from polycopy.trading.fees import taker_fee_micros
from polycopy.trading.order_life import OrderState
from tests.support.trading import (
    ACCOUNT,
    CONDITION,
    FEE,
    ONE,
    OPENING,
    TOKEN,
    placed,
    requested,
    venue_id,
)

OTHER_TOKEN = TokenId("99")
BUY = requested(lock=11 * ONE)
RESTING = requested(order_type=OrderType.GTC, lock=11 * ONE)


def after(*events: OrderEvent) -> Ledger:
    held = ledger.initial(ACCOUNT)
    return learn(held, list(events))


def learn(held: Ledger, events: list[OrderEvent]) -> Ledger:
    for event in events:
        sequence = held.sequence + 1
        envelope = Envelope(
            event_id=EventId(f"{sequence:032x}"),
            event_type="x",
            source="test",
            time_ms=1,
            aggregate="orders.x",
            correlation_id="leader",
        )
        held = ledger.evolve(
            held, Recorded(sequence=sequence, subject="x", envelope=envelope, event=event)
        )
    return held


def hear(held: Ledger, *reports: Report) -> tuple[Ledger, list[OrderEvent]]:
    """The ledger and what was said, as the service does it."""
    held = ledger.remember(held, last_words(held.account, reports))
    said = reconcile(held, reports, source="test", at_ms=5_000)
    return ledger.remember(learn(held, said), []), said


def trade(
    name: str = "t1",
    *,
    taker: str = "a",
    size: int = 20 * ONE,
    price: int = 500_000,
    status: TradeStatus = TradeStatus.MATCHED,
    makers: tuple[MakerOrder, ...] = (),
) -> TradeReport:
    return TradeReport(
        venue_trade_id=VenueTradeId(name),
        taker_order_id=venue_id(taker),
        condition_id=CONDITION,
        token_id=TOKEN,
        side=Side.BUY,
        size_micros=size,
        price_micros=price,
        status=status,
        status_text=status.value,
        trader_side=FillRole.TAKER,
        matched_at_ms=2_000,
        maker_orders=makers,
    )


def maker(
    name: str, size: int, price: int, token: TokenId = TOKEN, side: Side = Side.SELL
) -> MakerOrder:
    return MakerOrder(
        venue_order_id=venue_id(name),
        token_id=token,
        side=side,
        size_micros=size,
        price_micros=price,
    )


def report(
    status: OrderStatus, matched: int | None = 0, name: str = "a", text: str = ""
) -> OrderReport:
    return OrderReport(
        kind=ReportKind.UPDATE,
        venue_order_id=venue_id(name),
        condition_id=CONDITION,
        token_id=TOKEN,
        side=Side.BUY,
        status=status,
        status_text=text or status.value,
        original_size_micros=20 * ONE,
        matched_size_micros=matched,
        price_micros=500_000,
        order_type="FAK",
    )


def test_a_match_is_a_fill_with_the_taker_s_fee() -> None:
    held, [filled] = hear(after(*OPENING, BUY, placed()), trade())

    assert isinstance(filled, OrderFilled)
    assert (filled.size_micros, filled.notional_micros) == (20 * ONE, 10 * ONE)
    assert filled.fee_micros == taker_fee_micros(20 * ONE, 500_000, FEE)
    assert held.account.orders[OrderId("a")].state is OrderState.FILLED
    assert list(held.unsettled) == [(VenueTradeId("t1"), venue_id("a"))]


def test_a_fill_of_an_order_without_an_answer_counts() -> None:
    held, [filled] = hear(after(*OPENING, BUY), trade(size=5 * ONE))

    assert isinstance(filled, OrderPartiallyFilled)
    assert held.account.orders[OrderId("a")].state is OrderState.PARTIALLY_FILLED


def test_a_confirmed_trade_is_filled_and_confirmed_at_once() -> None:
    held, said = hear(after(*OPENING, BUY, placed()), trade(status=TradeStatus.CONFIRMED))

    assert [type(event) for event in said] == [OrderFilled, FillConfirmed]
    assert not ledger.waits(held)


def test_a_failed_trade_never_gives_its_shares() -> None:
    before = after(*OPENING, BUY, placed())
    held, said = hear(before, trade(status=TradeStatus.FAILED))

    assert [type(event) for event in said] == [FillReverted, OrderFilled]
    assert not held.account.positions
    assert not held.unsettled


def test_an_order_ends_only_when_all_that_was_matched_is_known() -> None:
    held, said = hear(after(*OPENING, BUY, placed()), report(OrderStatus.MATCHED, matched=8 * ONE))
    assert said == []

    held, said = hear(held, trade(size=8 * ONE))

    assert [type(event) for event in said] == [OrderPartiallyFilled, OrderCancelled]
    assert held.account.locked_micros == 0
    assert not held.ends


def test_a_resting_order_that_matched_does_not_end_by_that() -> None:
    _, said = hear(after(*OPENING, RESTING, placed()), report(OrderStatus.MATCHED, matched=0))

    assert said == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (OrderStatus.CANCELED, OrderCancelled),
        (OrderStatus.INVALID, OrderCancelled),
        (OrderStatus.EXPIRED, OrderExpired),
    ],
)
def test_the_venue_s_last_word_unlocks_the_rest(
    status: OrderStatus, kind: type[OrderEvent]
) -> None:
    held, [ended] = hear(after(*OPENING, RESTING, placed()), report(status))

    assert isinstance(ended, kind)
    assert held.account.locked_micros == 0


@pytest.mark.parametrize(
    "status",
    [OrderStatus.LIVE, OrderStatus.DELAYED, OrderStatus.UNMATCHED, OrderStatus.UNKNOWN],
)
def test_a_word_that_proves_nothing_says_nothing(status: OrderStatus) -> None:
    assert hear(after(*OPENING, BUY, placed()), report(status))[1] == []


def test_a_fill_that_trails_the_cancel_counts() -> None:
    held, _ = hear(after(*OPENING, BUY, placed()), report(OrderStatus.CANCELED))

    held, [filled] = hear(held, trade(size=8 * ONE))

    assert isinstance(filled, OrderPartiallyFilled)
    assert held.account.positions[TOKEN].size_micros == 8 * ONE


def test_what_is_not_ours_is_counted_and_left_alone() -> None:
    held = after(*OPENING, BUY)
    foreign = (report(OrderStatus.LIVE, name="z"), trade(taker="z"), trade())

    assert strangers(held.account, foreign) == 2
    assert hear(held, *foreign[:2])[1] == []


def test_what_never_rests_and_is_gone_has_ended_after_a_while() -> None:
    held = after(*OPENING, BUY, placed())
    account, at_ms = held.account, placed().placed_at_ms

    assert denied(account, [BUY.order_id], at_ms=at_ms + 59_999, grace_ms=60_000) == []
    [ended] = denied(account, [BUY.order_id], at_ms=at_ms + 60_000, grace_ms=60_000)
    assert isinstance(ended, OrderCancelled)


@pytest.mark.parametrize("history", [[BUY], [RESTING, placed()]])
def test_what_may_still_rest_or_was_never_seen_has_not_ended(
    history: list[OrderRequested],
) -> None:
    account = after(*OPENING, *history).account

    assert denied(account, [OrderId("a")], at_ms=10**9, grace_ms=60_000) == []


def test_an_event_stands_in_the_chain_of_its_leader_trade() -> None:
    held, _ = hear(after(*OPENING, BUY), trade())
    [filled] = reconcile(after(*OPENING, BUY), [trade()], source="test", at_ms=1)

    entry = ledger.entry(held, filled, 5_000)

    assert entry.envelope.correlation_id == "leader"
    assert entry.envelope.causation_id == f"{len(OPENING) + 1:032x}"


def test_what_the_venue_owes_tells_how_far_to_look_back() -> None:
    nothing = after(*OPENING)
    waiting = after(*OPENING, BUY)
    unsettled, _ = hear(waiting, trade())

    assert ledger.waits_since_ms(nothing, 9_000) == 9_000
    assert ledger.waits_since_ms(waiting, 9_000) == BUY.requested_at_ms
    assert ledger.waits_since_ms(unsettled, 9_000) == 2_000
