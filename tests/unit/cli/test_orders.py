"""One order's life, and the list with the doubtful ones first."""

import io
import os
import sys
from collections.abc import Callable, Iterator

import msgspec
import pytest

from polycopy.cli.adapters.terminal import RichTerminal
from polycopy.cli.core import examination, life, order_life_view, order_view
from polycopy.cli.core.page import Table
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import OrderReconcileAsked
from polycopy.schemas.ids import EventId, OrderId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderCancelled, OrderExamined, OrderLost, OrderRequested
from polycopy.schemas.terms import CancelVerdict
from polycopy.trading.order_life import OrderState
from tests.unit.cli.makers import NOW_MS, VENUE_ORDER, LogMaker, requested
from tests.unit.cli.test_examination import DENIED, ended_in_part
from tests.unit.cli.test_invariants import ORDER_ROW

replace = msgspec.structs.replace
ORDER = requested(EventId("a" * 32), EventId("b" * 32), VENUE_ORDER)


def lost_and_judged() -> list[Recorded]:
    log = LogMaker()
    log.say(ORDER)
    log.say(
        OrderLost(
            order_id=ORDER.order_id,
            findings=DENIED,
            denials=3,
            denied_since_ms=NOW_MS,
            lost_at_ms=NOW_MS,
        )
    )
    asked = OrderReconcileAsked(order_id=ORDER.order_id, account=ORDER.account, operator="ann")
    cause = log.say(asked)
    answer = OrderExamined(
        order_id=ORDER.order_id, findings=DENIED, cause=cause, examined_at_ms=NOW_MS
    )
    log.say(answer)
    log.say(
        OrderCancelled(
            order_id=ORDER.order_id, reason="judged over", operator="ann", cancelled_at_ms=NOW_MS
        )
    )
    return log.events[1:]


def test_the_life_of_an_order_is_told_event_by_event_with_who_said_it() -> None:
    events = lost_and_judged()
    *head, table = order_life_view.pages(events)
    assert isinstance(table, Table)
    assert head[0] == f"order {ORDER.order_id} of live, account main"
    assert head[-1] == "cancelled"
    assert [row[0] for row in table.rows] == ["2", "3", "4", "5", "6"]
    assert all(row[1].endswith("Z\ntest") for row in table.rows)
    first = [row[2].splitlines()[0] for row in table.rows]
    assert first[0].startswith("requested: FAK BUY 20 shares for $10, limit $0.52, locked $10")
    assert first[1].startswith("LOST: denied 3 times since ")
    assert first[2:] == [
        "ann asks what every source says",
        "examined, and every source said:",
        "cancelled by ann: judged over",
    ]
    assert table.rows[1][2].splitlines()[1:] == [
        "  order: absent",
        "  open-orders: absent",
        "  trades: absent",
    ]


def test_how_an_order_stands_follows_from_its_own_events() -> None:
    events = lost_and_judged()
    stands = [order_life_view.pages(events[:length])[-2] for length in (1, 2, 5)]
    assert stands == ["requested · $10.00 locked", "LOST", "cancelled"]
    order = order_life_view.order_of(events[:2])
    assert order is not None
    assert not order_life_view.ended(order), "a lost order may be settled"


def test_every_event_of_a_life_is_told_to_programs_too() -> None:
    told = order_life_view.plain(lost_and_judged())
    assert [one.sequence for one in told] == [2, 3, 4, 5, 6]
    assert {one.said_by for one in told} == {"test"}
    assert isinstance(told[0].event, OrderRequested)


def test_doubtful_orders_come_first_are_marked_and_cost_no_place_twice() -> None:
    lost, unsure, filled = (
        replace(ORDER_ROW, order_id=OrderId(name), state=name)
        for name in ("lost", "uncertain", "filled")
    )
    shown = order_view.doubtful_first([lost, unsure], [filled, lost], None)
    assert shown == [lost, unsure, filled]
    assert order_view.doubtful_first([lost, unsure], [filled], 1) == [lost]
    states = [row[3].split("\n", maxsplit=1)[0] for row in order_view.view(shown).rows]
    assert states == ["LOST", "UNCERTAIN", "filled"]
    again = replace(ORDER_ROW, state="lost", reason="lost", filled_size_micros=0)
    assert order_view.view([again]).rows[0][3] == "LOST\n", "the state once more says nothing"
    assert order_view.last_line([unsure]) == ""
    assert order_view.last_line([lost, unsure]).startswith("1 order LOST: polycopy order recon")
    assert order_view.last_line([lost, lost]).startswith("2 orders LOST: ")
    assert "order reconcile ID --stack /x asks" in order_view.last_line([lost], "/x")


@pytest.mark.parametrize("state", ["cancelled", "expired", "failed", "partially_filled"])
def test_what_was_filled_of_an_order_is_told_beside_its_state(state: str) -> None:
    """A marketable BUY is asked for in dollars, any other order in shares."""
    part = replace(
        ORDER_ROW,
        state=state,
        reason="no_match",
        filled_size_micros=12_500_000,
        filled_notional_micros=6_250_000,
    )
    bought, sold = replace(part, order_type="FAK"), replace(part, side="SELL", order_type="FAK")
    rows = order_view.view([bought, sold]).rows
    assert [row[3] for row in rows] == [
        f"{state}\n$6.25 of $10.00 filled",
        f"{state}\n12.5 of 20 filled",
    ]
    whole = ended_in_part(OrderState(state))
    assert examination.stands(whole) == f"{state}, $6.25 of $10.00 filled"
    assert examination.stands(replace(whole, side=Side.SELL)) == f"{state}, 12.5 of 20 filled"


def test_many_refused_orders_are_told_how_to_be_hidden() -> None:
    refused = replace(ORDER_ROW, state="refused")
    assert order_view.remarks([ORDER_ROW, refused], None) == []
    assert order_view.remarks([refused, refused], None) == []
    first, hides = order_view.remarks([ORDER_ROW, refused, refused], 3)
    assert first == "the first 3; --all shows every one"
    assert hides == "2 of these were refused: --hide-refused leaves them out"


def test_every_verdict_about_a_cancel_has_plain_words() -> None:
    assert set(life.CANCEL_WORDS) == set(CancelVerdict)


@pytest.fixture
def typist(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], object]]:
    """Types at the terminal that is our stdin."""
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield lambda text: os.write(ours, text.encode())
    os.close(ours)


async def test_the_operator_is_asked_at_his_terminal(
    typist: Callable[[str], object], capsys: pytest.CaptureFixture[str]
) -> None:
    for said, sure in (("y\n", True), ("Yes\n", True), ("\n", False), ("no\n", False)):
        typist(said)
        assert await RichTerminal().confirm("end it?") is sure
    assert capsys.readouterr().err.count("end it? [y/N]") == 4


async def test_where_nobody_can_be_asked_yes_must_be_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    with pytest.raises(Halt, match="say --yes"):
        await RichTerminal().confirm("end it?")
