"""Every pair of state and event, one by one."""

import itertools

import pytest

from polycopy.schemas.event import Event
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRecovered,
    OrderRequested,
    OrderUncertain,
)
from polycopy.trading.order_life import TERMINAL, TRANSITIONS, UNRESOLVED, OrderState, mermaid

KINDS: tuple[type[Event], ...] = (
    OrderPlaced,
    OrderUncertain,
    OrderFailed,
    OrderPartiallyFilled,
    OrderFilled,
    OrderCancelled,
    OrderExpired,
    FillConfirmed,
    FillReverted,
    OrderLost,
    OrderRecovered,
)
SPEAKS_ONLY = (OrderExamined, OrderCancelRequested, OrderCancelAnswered)
"""Noted in every state, changing none."""
ABBREVIATIONS = {
    "req": OrderState.REQUESTED,
    "unc": OrderState.UNCERTAIN,
    "open": OrderState.OPEN,
    "part": OrderState.PARTIALLY_FILLED,
    "fill": OrderState.FILLED,
    "canc": OrderState.CANCELLED,
    "exp": OrderState.EXPIRED,
    "fail": OrderState.FAILED,
    "lost": OrderState.LOST,
    "!": None,
}
# One row a state, one column an event in the order of KINDS; `!` is an anomaly.
EXPECTED = """
req   open unc  fail part fill canc exp  req  req  lost req
unc   open unc  fail part fill canc exp  unc  unc  lost unc
open  open !    !    part fill canc exp  open open lost open
part  part !    !    part fill canc exp  part part lost part
fill  fill !    !    fill fill fill fill fill fill fill fill
canc  canc !    canc canc fill canc canc canc canc canc canc
exp   exp  !    exp  exp  fill exp  exp  exp  exp  exp  exp
fail  !    !    fail fail fill fail fail fail fail fail fail
lost  open lost fail lost fill canc exp  lost lost lost open
"""
ROWS = [line.split() for line in EXPECTED.strip().splitlines()]
PAIRS = [
    pytest.param(ABBREVIATIONS[row[0]], kind, ABBREVIATIONS[after], id=f"{row[0]}-{kind.__name__}")
    for row in ROWS
    for kind, after in zip(KINDS, row[1:], strict=True)
]


@pytest.mark.parametrize(("before", "kind", "after"), PAIRS)
def test_a_pair_of_state_and_event_has_this_outcome(
    before: OrderState, kind: type[Event], after: OrderState | None
) -> None:
    assert TRANSITIONS.get((before, kind)) is after


def test_the_pairs_above_are_all_there_are() -> None:
    assert len(PAIRS) == len(OrderState) * len(KINDS)
    assert {kind for _, kind in TRANSITIONS} == {*KINDS, *SPEAKS_ONLY}


@pytest.mark.parametrize("kind", SPEAKS_ONLY)
def test_what_only_speaks_changes_no_state(kind: type[Event]) -> None:
    for state in OrderState:
        assert TRANSITIONS[state, kind] is state


@pytest.mark.parametrize("state", OrderState)
def test_an_order_is_requested_once(state: OrderState) -> None:
    assert (state, OrderRequested) not in TRANSITIONS


@pytest.mark.parametrize("state", OrderState)
def test_a_fill_is_legal_in_every_state(state: OrderState) -> None:
    assert (state, OrderPartiallyFilled) in TRANSITIONS
    assert TRANSITIONS[state, OrderFilled] is OrderState.FILLED


def test_nothing_leads_back_from_a_terminal_state() -> None:
    for (before, _), after in TRANSITIONS.items():
        if before in TERMINAL:
            assert after in TERMINAL
        if before not in UNRESOLVED:
            assert after not in UNRESOLVED


def test_nothing_leads_back_to_an_earlier_state() -> None:
    """Applied in any order, two harmless or changing events never undo each other."""
    order = [OrderState.REQUESTED, OrderState.UNCERTAIN, OrderState.OPEN]
    order.append(OrderState.PARTIALLY_FILLED)
    for before, after in itertools.pairwise(order):
        reachable = {end for (start, _), end in TRANSITIONS.items() if start is after}
        assert before not in reachable


def test_the_diagram_is_drawn_from_the_table() -> None:
    lines = mermaid().splitlines()
    assert lines[:2] == ["stateDiagram-v2", "    [*] --> REQUESTED: OrderRequested"]
    assert "    REQUESTED --> OPEN: OrderPlaced" in lines
    assert "    CANCELLED --> FILLED: OrderFilled" in lines
    assert "    FILLED --> [*]" in lines
    drawn = {tuple(line.split(":")[0].strip().split(" --> ")) for line in lines if "Order" in line}
    changes = {(a.name, b.name) for (a, _), b in TRANSITIONS.items() if a is not b}
    assert drawn == changes | {("[*]", "REQUESTED")}
