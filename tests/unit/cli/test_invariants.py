"""Each invariant holds on a good run, and notices the one thing that it is about."""

import msgspec
import pytest

from polycopy.cli.core import invariants
from polycopy.cli.core.account_rows import histories, read_model_is_the_fold
from polycopy.cli.core.rows import (
    AccountRow,
    FillRow,
    LotRow,
    OrderRow,
    PositionRow,
    ReadModel,
)
from polycopy.cli.core.venue import Journal, VenueFill, VenueOrder
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.ids import (
    LogId,
    OrderId,
    VenueOrderId,
    VenueTradeId,
)
from polycopy.schemas.money import MICROS
from polycopy.schemas.orders import CapitalDeposited, OrderRequested
from tests.unit.cli.makers import (
    ACCOUNT,
    HASH,
    LOG,
    NOW_MS,
    STRATEGY,
    TOKEN,
    VENUE_ORDER,
    VENUE_TRADE,
    copied_trade,
)

replace = msgspec.structs.replace
EVENTS = copied_trade().events
ORDER = VenueOrder(venue_order_id=VENUE_ORDER, received_at_us=NOW_MS * 1_000 + 400, accepted=True)
FILL = VenueFill(
    venue_trade_id=VENUE_TRADE,
    venue_order_id=VENUE_ORDER,
    size_micros=20 * MICROS,
    price_micros=500_000,
)
JOURNAL = Journal(orders=(ORDER,), fills=(FILL,))


def request() -> OrderRequested:
    event = EVENTS[7].event
    assert isinstance(event, OrderRequested)
    return event


FILL_ROW = FillRow(
    venue_trade_id=VENUE_TRADE,
    venue_order_id=VENUE_ORDER,
    order_id=request().order_id,
    size_micros=20 * MICROS,
    price_micros=500_000,
    notional_micros=10 * MICROS,
    fee_micros=0,
    status="confirmed",
)
ORDER_ROW = OrderRow(
    order_id=request().order_id,
    account=ACCOUNT,
    strategy_id=STRATEGY,
    venue="polymarket",
    venue_order_id=VENUE_ORDER,
    token_id=TOKEN,
    side="BUY",
    state="filled",
    size_micros=20 * MICROS,
    notional_micros=10 * MICROS,
    limit_price_micros=520_000,
    filled_size_micros=20 * MICROS,
    filled_notional_micros=10 * MICROS,
    average_price_micros=500_000,
    fees_micros=0,
    reason="",
    title="",
    outcome="",
    trade_id=request().trade_id,
    leader_transaction_hash=HASH,
    requested_at_ms=NOW_MS,
)
MODEL = ReadModel(
    sequence=len(EVENTS),
    orders=(ORDER_ROW,),
    fills=(FILL_ROW,),
    positions=(
        PositionRow(
            account=ACCOUNT, token_id=TOKEN, size_micros=20 * MICROS, cost_micros=10 * MICROS
        ),
    ),
    lots=(
        LotRow(
            account=ACCOUNT,
            lot_id=request().order_id,
            token_id=TOKEN,
            strategy_id=STRATEGY,
            leader=request().leader,
            trade_id=request().trade_id,
            size_micros=20 * MICROS,
            bought_size_micros=20 * MICROS,
            paid_micros=10 * MICROS,
            sold_size_micros=0,
            got_micros=0,
            settled_size_micros=0,
            paid_out_micros=0,
            cost_micros=10 * MICROS,
            realised_micros=0,
            locked_size_micros=0,
        ),
    ),
    accounts=(
        AccountRow(
            account=ACCOUNT,
            deposited_micros=1_000 * MICROS,
            free_micros=990 * MICROS,
            locked_micros=0,
            fees_micros=0,
            realised_micros=0,
        ),
    ),
)


def with_another_request(venue_order: str = "0x" + "77" * 32) -> list[Recorded]:
    log = copied_trade()
    log.say(replace(request(), venue_order_id=VenueOrderId(venue_order)))
    return log.events


def test_on_a_good_run_everything_holds() -> None:
    assert invariants.one_accepted_order_a_decision(EVENTS, JOURNAL) == []
    assert invariants.every_venue_order_was_requested(EVENTS, JOURNAL) == []
    assert invariants.every_venue_fill_is_read_once(JOURNAL, MODEL) == []
    assert invariants.every_live_order_is_at_the_venue(EVENTS, JOURNAL, began_after=0) == []
    assert invariants.nothing_arrives_against_the_switch(EVENTS, JOURNAL) == []
    assert invariants.ids_are_unique(EVENTS) == []
    assert invariants.sequence_is_contiguous(EVENTS, LOG) == []
    assert invariants.accounts_balance(EVENTS) == {"C1": [], "C2": [], "E1": []}
    assert read_model_is_the_fold(EVENTS, MODEL) == []


def test_v1_notices_a_decision_with_two_accepted_orders() -> None:
    events = with_another_request()
    second = replace(ORDER, venue_order_id=VenueOrderId("0x" + "77" * 32))
    assert invariants.one_accepted_order_a_decision(events, JOURNAL) == []
    both = Journal(orders=(ORDER, second))
    assert len(invariants.one_accepted_order_a_decision(events, both)) == 1
    rejected = Journal(orders=(ORDER, replace(second, accepted=False)))
    assert invariants.one_accepted_order_a_decision(events, rejected) == []


def test_v2_notices_an_order_that_nobody_requested_or_that_came_too_early() -> None:
    stranger = Journal(orders=(replace(ORDER, venue_order_id=VenueOrderId("0xstranger")),))
    assert len(invariants.every_venue_order_was_requested(EVENTS, stranger)) == 1
    early = Journal(orders=(replace(ORDER, received_at_us=(NOW_MS - 5) * 1_000),))
    assert len(invariants.every_venue_order_was_requested(EVENTS, early)) == 1


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (FILL_ROW, FILL_ROW),
        (replace(FILL_ROW, size_micros=1),),
        (replace(FILL_ROW, price_micros=1),),
        (FILL_ROW, replace(FILL_ROW, venue_trade_id=VenueTradeId("unknown"))),
    ],
    ids=["missing", "doubled", "other size", "other price", "unknown to the venue"],
)
def test_v3_notices_a_fill_that_is_not_there_once_as_it_was(rows: tuple[FillRow, ...]) -> None:
    model = replace(MODEL, fills=rows)
    assert len(invariants.every_venue_fill_is_read_once(JOURNAL, model)) == 1


def test_v3_lets_fills_of_an_earlier_venue_be() -> None:
    assert invariants.every_venue_fill_is_read_once(Journal(), MODEL) == []


@pytest.mark.parametrize(
    ("journal", "faults"),
    [
        (Journal(), 2),
        (replace(JOURNAL, orders=(replace(ORDER, accepted=False),)), 1),
        (replace(JOURNAL, fills=()), 1),
        (replace(JOURNAL, fills=(replace(FILL, size_micros=1),)), 1),
        (replace(JOURNAL, fills=(replace(FILL, price_micros=1),)), 1),
    ],
    ids=["no such order", "rejected", "no such fill", "other size", "other price"],
)
def test_v3_notices_what_the_log_says_and_the_venue_does_not(journal: Journal, faults: int) -> None:
    notice = invariants.every_live_order_is_at_the_venue
    assert len(notice(EVENTS, journal, began_after=0)) == faults
    assert notice(EVENTS, journal, began_after=len(EVENTS)) == [], "said in an earlier run"


def test_v3_asks_no_venue_about_a_forward_test() -> None:
    paper = [
        replace(one, event=replace(one.event, venue=VenueName.PAPER))
        if isinstance(one.event, OrderRequested)
        else one
        for one in EVENTS
    ]
    assert invariants.every_live_order_is_at_the_venue(paper, Journal(), began_after=0) == []


def test_l1_notices_a_doubled_event_and_a_missed_version() -> None:
    assert len(invariants.ids_are_unique([*EVENTS, EVENTS[5]])) == 1
    assert len(invariants.ids_are_unique([*EVENTS[:8], *EVENTS[9:]])) == 1


def test_l2_notices_a_gap_another_log_and_another_beginning() -> None:
    assert invariants.sequence_is_contiguous([*EVENTS[:4], *EVENTS[5:]], LOG) != []
    assert len(invariants.sequence_is_contiguous(EVENTS, LogId("another"))) == 1
    assert invariants.sequence_is_contiguous([], LOG) != []


def test_e1_notices_an_order_in_no_epoch() -> None:
    events = [one for one in EVENTS if "epoch" not in one.envelope.event_type]
    assert len(invariants.accounts_balance(events)["E1"]) == 1


@pytest.mark.parametrize(
    "model",
    [
        replace(MODEL, orders=(replace(ORDER_ROW, state="open"),)),
        replace(MODEL, orders=()),
        replace(MODEL, orders=(ORDER_ROW, replace(ORDER_ROW, order_id=OrderId("ghost")))),
        replace(MODEL, fills=(replace(FILL_ROW, status="provisional"),)),
        replace(MODEL, positions=()),
        replace(MODEL, lots=()),
        replace(MODEL, lots=(replace(MODEL.lots[0], got_micros=1),)),
        replace(MODEL, accounts=(replace(MODEL.accounts[0], free_micros=1),)),
        replace(MODEL, accounts=(replace(MODEL.accounts[0], caught_up=True),)),
        replace(MODEL, accounts=(replace(MODEL.accounts[0], lost_orders=1),)),
        replace(MODEL, sequence=10),
    ],
    ids=[
        "state",
        "missing",
        "ghost",
        "fill",
        "position",
        "no lot",
        "lot",
        "account",
        "caught up",
        "lost",
        "older",
    ],
)
def test_p1_notices_a_row_that_the_log_does_not_say(model: ReadModel) -> None:
    assert len(read_model_is_the_fold(EVENTS, model)) == 1


def test_an_event_of_an_account_is_known_by_its_subject() -> None:
    assert isinstance(histories(EVENTS)[ACCOUNT][0], CapitalDeposited)
    assert len(histories(EVENTS)) == 1
