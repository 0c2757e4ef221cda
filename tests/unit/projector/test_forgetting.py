"""What an account has forgotten stays in the tables as it last was."""

import msgspec
import pytest
from hypothesis import given
from immutables import Map

from polycopy.projector import core
from polycopy.readmodel.changes import Value
from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.ids import EventId, OrderId, VenueOrderId, VenueTradeId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    FillConfirmed,
    OrderEvent,
    OrderFilled,
    OrderRefused,
    PositionSettled,
)
from polycopy.schemas.subjects import order_subject
from polycopy.schemas.terms import Refusal, RefusalCode
from polycopy.trading.account_state import KEPT_MS
from tests.support.histories import histories, recorded
from tests.support.projecting import Each, as_it_is, changes_of, forgetful
from tests.support.projector_tables import Rows, apply
from tests.unit.projector.test_life_of_an_order import (
    ACCOUNT,
    CONFIRMED,
    DEPOSITED,
    ORDER,
    PLACED,
    REQUESTED,
    STRATEGY,
    TOKEN,
    VENUE_ORDER,
    filled,
)

replace = msgspec.structs.replace
Row = dict[str, Value]
OF_ORDERS = ("orders", "fills", "lots")
LATER_MS = REQUESTED.requested_at_ms + KEPT_MS + 60_000
FILL = filled(OrderFilled, size_micros=20_000_000)


def order_of(table: str, key: tuple[str, ...], row: Row) -> str:
    return {"orders": key[0], "lots": key[-1]}.get(table) or str(row["order_id"])


def remembered(state: core.State) -> set[str]:
    return {
        name for account in state.accounts.values() for name in (*account.orders, *account.lots)
    }


@given(histories(max_size=120))
def test_no_event_changes_a_row_of_an_order_that_was_forgotten(drafts: list[Draft]) -> None:
    rows: Rows = {}
    state = core.initial()
    for one in recorded(drafts):
        before = {place: dict(row) for place, row in rows.items() if place[0] in OF_ORDERS}
        known = remembered(state)
        state, changes = changes_of([one], state, forgetful)
        apply(rows, changes)
        known |= remembered(state)  # By a request, it begins anew.
        for (table, key), row in before.items():
            if order_of(table, key, row) not in known:
                assert rows[table, key] == row


@given(histories(max_size=120))
def test_a_row_is_the_fold_of_its_order_until_the_order_is_forgotten(drafts: list[Draft]) -> None:
    rows: Rows = {}
    state = core.initial()
    for one in recorded(drafts):
        state, changes = changes_of([one], state, forgetful)
        apply(rows, changes)
        for account in state.accounts.values():
            for order in account.orders.values():
                row = rows["orders", (order.order_id,)]
                assert row["state"] == order.state
                assert row["filled_size_micros"] == order.filled_size_micros
                assert row["anomalies"] == "; ".join(order.anomalies)
            for lot in account.lots.values():
                row = rows["lots", (account.account, lot.lot_id)]
                assert row["realised_micros"] == lot.realised_micros
                assert row["locked_size_micros"] == lot.locked_size_micros


@given(histories(max_size=120))
def test_the_projector_remembers_the_profit_of_no_order_that_was_forgotten(
    drafts: list[Draft],
) -> None:
    state, _ = changes_of(recorded(drafts), core.initial(), forgetful)
    known = {name for account in state.accounts.values() for name in account.orders}
    assert set(state.by_order) <= known


def refusal(order_id: OrderId, *, at_ms: int = LATER_MS) -> OrderRefused:
    return OrderRefused(
        order_id=order_id,
        account=ACCOUNT,
        strategy_id=STRATEGY,
        signal_id=EventId("0b" * 16),
        trade_id=EventId("0c" * 16),
        token_id=TOKEN,
        side=Side.BUY,
        refusals=(Refusal(code=RefusalCode.SIGNAL_TOO_OLD),),
        refused_at_ms=at_ms,
    )


CROWD = tuple(refusal(OrderId(f"crowd-{number}")) for number in range(1_000))
"""As many as an account holds before it forgets for the first time."""


def told(*events: OrderEvent) -> list[Recorded]:
    return recorded(
        [
            draft(
                event,
                subject=order_subject(ACCOUNT, event),
                origin=Origin(source="test", time_ms=place, causation_id=str(place)),
                key=str(place),
            )
            for place, event in enumerate(events)
        ]
    )


def after(*events: OrderEvent, each: Each = as_it_is) -> tuple[Rows, core.State]:
    rows: Rows = {}
    state, changes = changes_of(told(*events), core.initial(), each)
    apply(rows, changes)
    return rows, state


OVER = (DEPOSITED, REQUESTED, PLACED, FILL, CONFIRMED)


def test_what_comes_after_an_order_was_forgotten_is_an_anomaly_and_changes_no_row() -> None:
    rows, state = after(*OVER, *CROWD)
    assert ORDER not in state.accounts[ACCOUNT].orders, "else this shows nothing"
    late = FillConfirmed(
        order_id=ORDER,
        venue_trade_id=VenueTradeId("t2"),
        venue_order_id=VENUE_ORDER,
        transaction_hash=CONFIRMED.transaction_hash,
        confirmed_at_ms=LATER_MS,
    )
    still, _ = after(*OVER, *CROWD, PLACED, FILL, late)
    assert still["accounts", (ACCOUNT,)]["anomalies"] == 3
    assert {place: row for place, row in still.items() if place[0] != "accounts"} == {
        place: row for place, row in rows.items() if place[0] != "accounts"
    }


def test_a_signal_that_is_refused_after_its_order_was_forgotten_leaves_the_order() -> None:
    rows, _ = after(*OVER, *CROWD, refusal(ORDER))
    assert rows["orders", (ORDER,)]["state"] == "filled"
    assert rows["orders", (OrderId("crowd-7"),)]["state"] == "refused"


def test_an_order_that_is_requested_again_after_it_was_forgotten_begins_anew() -> None:
    again = replace(REQUESTED, requested_at_ms=LATER_MS)
    row = after(*OVER, *CROWD, again)[0]["orders", (ORDER,)]
    fresh = after(DEPOSITED, again)[0]["orders", (ORDER,)]
    assert row == fresh | {"sequence": row["sequence"]}


def test_the_profit_of_an_order_is_forgotten_with_it_and_stays_in_its_row() -> None:
    sell, venue_sell = OrderId("0e" * 16), VenueOrderId("0xsell")
    ids = {"order_id": sell, "venue_order_id": venue_sell}
    sold = replace(REQUESTED, **ids, side=Side.SELL)
    sale = replace(FILL, **ids, notional_micros=12_000_000)
    events = (*OVER, sold, sale, replace(CONFIRMED, **ids))
    _, before = after(*events)
    assert before.by_order == Map({sell: 2_000_000})
    rows, state = after(*events, *CROWD)
    assert state.by_order == Map()
    assert rows["orders", (sell,)]["realised_micros"] == 2_000_000
    assert rows["positions", (ACCOUNT, TOKEN)]["realised_micros"] == 2_000_000


@pytest.mark.parametrize("each", [as_it_is, forgetful])
def test_a_lot_that_is_still_held_outlives_its_order_and_is_paid_for_in_the_end(
    each: Each,
) -> None:
    settled = PositionSettled(
        account=ACCOUNT,
        condition_id=REQUESTED.condition_id,
        token_id=TOKEN,
        size_micros=20_000_000,
        payout_micros=20_000_000,
        settled_at_ms=LATER_MS,
    )
    rows, state = after(*OVER, *CROWD, settled, each=each)
    assert ORDER not in state.accounts[ACCOUNT].orders, "else this shows nothing"
    lot = rows["lots", (ACCOUNT, ORDER)]
    assert (lot["bought_size_micros"], lot["settled_size_micros"]) == (20_000_000, 20_000_000)
    assert (lot["paid_micros"], lot["paid_out_micros"]) == (10_000_000, 20_000_000)
    assert (lot["cost_micros"], lot["realised_micros"]) == (0, 10_000_000)
    assert rows["accounts", (ACCOUNT,)]["result_micros"] == 10_000_000 - 1_000
