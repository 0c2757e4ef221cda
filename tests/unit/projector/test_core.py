"""What an event changes in the tables."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polycopy.projector import core
from polycopy.readmodel.changes import KEYS, Value
from polycopy.runtime.log import Recorded
from polycopy.schemas.catalog import EVENT_TYPES
from polycopy.schemas.envelope import Draft, Envelope
from polycopy.schemas.event import Event, UnknownEvent
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import OrderEvent
from polycopy.trading import account as accounts
from polycopy.trading.order_life import TERMINAL
from tests.support.event_makers import make
from tests.support.histories import histories, recorded
from tests.support.projecting import Each, as_it_is, changes_of, forgetful
from tests.support.projector_tables import Rows, apply


def tables(batches: list[list[Recorded]], each: Each = as_it_is) -> tuple[Rows, core.State]:
    """The tables after all batches, each written at once."""
    rows: Rows = {}
    state = core.initial()
    for batch in batches:
        state, changes = changes_of(batch, state, each)
        apply(rows, changes)
    return rows, state


def cut(history: list[Recorded], sizes: list[int]) -> list[list[Recorded]]:
    batches = []
    for size in sizes:
        batches.append(history[:size])
        history = history[size:]
    return [*batches, history]


EACH = st.sampled_from([as_it_is, forgetful])


@given(histories(), st.lists(st.integers(1, 9), max_size=20), EACH)
def test_any_batch_size_gives_the_same_tables(
    drafts: list[Draft], sizes: list[int], each: Each
) -> None:
    history = recorded(drafts)
    one_by_one, _ = tables([[one] for one in history], each)
    assert tables(cut(history, sizes), each)[0] == one_by_one


@given(histories(), st.data())
def test_a_restart_anywhere_gives_the_same_tables(drafts: list[Draft], data: st.DataObject) -> None:
    history = recorded(drafts)
    whole, _ = tables([history])
    at = data.draw(st.integers(0, len(history)))
    rows, _ = tables([history[:at]])
    _, changes = changes_of(history[at:], core.fold(core.initial(), history[:at]))
    apply(rows, changes)
    assert rows == whole


@given(histories())
def test_the_folds_are_those_of_the_accounts_own_rules(drafts: list[Draft]) -> None:
    history = recorded(drafts)
    _, state = tables([history])
    for name, account in state.accounts.items():
        events = [one.event for one in history if one.subject.startswith(f"orders.{name}.")]
        assert account == accounts.fold(name, [e for e in events if isinstance(e, OrderEvent)])


def of(rows: Rows, table: str) -> dict[tuple[str, ...], dict[str, Value]]:
    return {key: row for (name, key), row in rows.items() if name == table}


def total(rows: Iterable[dict[str, Value]], column: str) -> int:
    return sum(int(row.get(column, 0)) for row in rows)


@given(histories())
def test_orders_and_fills_are_those_of_the_accounts_fold(drafts: list[Draft]) -> None:
    rows, state = tables([recorded(drafts)])
    orders, fills = of(rows, "orders"), of(rows, "fills")
    known = [order for account in state.accounts.values() for order in account.orders.values()]
    assert {key for key, row in orders.items() if row["state"] != "refused"} == {
        (order.order_id,) for order in known
    }
    for order in known:
        row = orders[order.order_id,]
        mine = [fill for fill in fills.values() if fill["order_id"] == order.order_id]
        counted = [fill for fill in mine if fill["status"] != "reverted"]
        assert row["state"] == order.state
        assert (
            row["filled_size_micros"] == order.filled_size_micros == total(counted, "size_micros")
        )
        assert row["fees_micros"] == order.fees_micros == total(counted, "fee_micros")
        assert row["locked_micros"] == order.locked_micros
        assert row["cancel_verdict"] == (order.cancel_verdict or "")
        assert row["leader"] == order.leader
        assert bool(row.get("closed_at_ms", 0)) == (order.state in TERMINAL)
        assert len(mine) == len(order.fills)


@given(histories())
def test_positions_and_capital_are_those_of_the_accounts_fold(drafts: list[Draft]) -> None:
    rows, state = tables([recorded(drafts)])
    for name, account in state.accounts.items():
        row = of(rows, "accounts")[account.account,]
        held = {k[1]: row for k, row in of(rows, "positions").items() if k[0] == account.account}
        for token_id, position in account.positions.items():
            assert held[token_id]["size_micros"] == position.size_micros
            assert held[token_id]["cost_micros"] == position.cost_micros
        assert total(held.values(), "cost_micros") == sum(
            position.cost_micros for position in account.positions.values()
        )
        assert total(held.values(), "realised_micros") == account.realised_micros
        assert (row["free_micros"], row["locked_micros"], row["version"]) == (
            account.free_micros,
            account.locked_micros,
            account.version,
        )
        assert (row["caught_up"], row["lost_orders"]) == (account.caught_up, len(account.lost_ids))
        disputes = {k: r for k, r in of(rows, "balance_disputes").items() if k[0] == name}
        disputed = {k[1] for k, r in disputes.items() if not r["agreed_at_ms"]}
        assert disputed == set(account.disputes)
        assert row["disputes"] == len(disputed)


FIGURES = (
    "bought_size_micros",
    "paid_micros",
    "sold_size_micros",
    "got_micros",
    "settled_size_micros",
    "paid_out_micros",
    "cost_micros",
    "realised_micros",
    "locked_size_micros",
)


@given(histories())
def test_lots_are_those_of_the_accounts_fold(drafts: list[Draft]) -> None:
    rows, state = tables([recorded(drafts)])
    known = {
        (name, lot_id): {figure: getattr(lot, figure) for figure in FIGURES}
        for name, account in state.accounts.items()
        for lot_id, lot in account.lots.items()
    }
    shown = {key: {name: row[name] for name in FIGURES} for key, row in of(rows, "lots").items()}
    taken_back = {key: row for key, row in shown.items() if key not in known}
    assert {key: row for key, row in shown.items() if key in known} == known
    assert not any(any(row.values()) for row in taken_back.values())


@given(histories())
def test_every_change_names_a_known_table_by_its_whole_key(drafts: list[Draft]) -> None:
    state = core.initial()
    for one in recorded(drafts):
        state, changes = core.project(state, one)
        for change in changes:
            assert len(change.key) == len(KEYS[change.table])
            assert change.sequence == one.sequence


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_no_event_type_is_forgotten(event_type: str) -> None:
    event = make(EVENT_TYPES[event_type], full=True)
    core.project(core.initial(), told(event, event_type))


def test_an_event_of_an_unknown_type_is_poison_and_is_named() -> None:
    event = UnknownEvent(event_type="polycopy.order.lost.v1", body=b"{}")
    with pytest.raises(core.Poison, match=r"event 7 is of type polycopy\.order\.lost\.v1"):
        core.project(core.initial(), told(event, event.event_type))


def told(event: Event, event_type: str) -> Recorded:
    envelope = Envelope(
        event_id=EventId("ee" * 16),
        event_type=event_type,
        source="test",
        time_ms=1,
        aggregate="orders.main",
    )
    return Recorded(sequence=7, subject="orders.main.told", envelope=envelope, event=event)
