"""The columns of an order that was lost, examined, cancelled or judged, and of its account."""

import msgspec

from polycopy.schemas.accounts import (
    AccountCaughtUp,
    AccountFellBehind,
    BalanceAgreed,
    BalanceDisputed,
    ExternalOrderSeen,
)
from polycopy.schemas.ids import EventId, VenueOrderId, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderExamined,
    OrderFilled,
    OrderLost,
    OrderRecovered,
)
from polycopy.schemas.terms import CancelVerdict, Finding, Verdict
from tests.unit.projector.test_life_of_an_order import (
    ACCOUNT,
    CONDITION,
    DEPOSITED,
    ORDER,
    PLACED,
    REQUESTED,
    TOKEN,
    UNCERTAIN,
    filled,
    of,
    order_after,
    rows_after,
)

BEGUN = (DEPOSITED, REQUESTED, UNCERTAIN)
FINDINGS = (
    Finding(source="order", verdict=Verdict.ABSENT),
    Finding(source="trades", verdict=Verdict.UNKNOWN, detail="timeout"),
)
SAID = "order: absent, trades: unknown (timeout)"
LOST = OrderLost(
    order_id=ORDER, findings=FINDINGS, denials=3, denied_since_ms=2000, lost_at_ms=2030
)
RECOVERED = OrderRecovered(
    order_id=ORDER, source="open-orders", status="live", recovered_at_ms=3000
)
EXAMINED = OrderExamined(
    order_id=ORDER, findings=FINDINGS, cause=EventId("0f" * 16), examined_at_ms=4000
)
WHY = ("state", "reason", "detail", "lost_at_ms", "locked_micros", "closed_at_ms")


def test_a_lost_order_says_what_every_source_said_and_locks_nothing() -> None:
    assert of(order_after(*BEGUN, LOST), *WHY) == ("lost", "lost", SAID, 2030, 0, 0)
    assert rows_after(*BEGUN, LOST)["accounts", (ACCOUNT,)]["lost_orders"] == 1


def test_a_recovered_order_says_so_and_locks_its_money_again() -> None:
    row = order_after(*BEGUN, LOST, RECOVERED)
    assert of(row, *WHY) == ("open", "recovered", "open-orders: live", 2030, 10_100_000, 0)
    assert rows_after(*BEGUN, LOST, RECOVERED)["accounts", (ACCOUNT,)]["lost_orders"] == 0


def test_a_lost_order_that_turns_up_placed_or_filled_says_that_it_was_recovered() -> None:
    placed = order_after(*BEGUN, LOST, PLACED)
    assert of(placed, "state", "reason") == ("open", "recovered")
    full = order_after(*BEGUN, LOST, filled(OrderFilled, size_micros=20_000_000))
    assert of(full, "state", "reason", "closed_at_ms") == ("filled", "recovered", 1003)


def test_losing_an_order_that_ended_changes_nothing_of_it() -> None:
    over = (*BEGUN, OrderCancelled(order_id=ORDER, reason="asked", cancelled_at_ms=1600))
    assert of(order_after(*over, LOST), *WHY) == ("cancelled", "asked", "", 0, 0, 1600)


def test_an_examined_order_shows_what_was_said_and_is_what_it_was() -> None:
    before, row = order_after(*BEGUN, LOST), order_after(*BEGUN, LOST, EXAMINED)
    said = {"examined": SAID, "examined_at_ms": 4000, "sequence": 5}
    assert row == before | said


def test_a_cancel_shows_when_it_was_asked_and_what_was_answered_and_changes_nothing_else() -> None:
    asked = OrderCancelRequested(
        order_id=ORDER, reason="lost", operator="ann", cancel_requested_at_ms=5000
    )
    answered = OrderCancelAnswered(
        order_id=ORDER, verdict=CancelVerdict.NOT_FOUND, cancel_answered_at_ms=5001
    )
    before = order_after(*BEGUN)
    assert order_after(*BEGUN, asked) == before | {"cancel_requested_at_ms": 5000, "sequence": 4}
    assert order_after(*BEGUN, asked, answered) == before | {
        "cancel_requested_at_ms": 5000,
        "cancel_verdict": "not_found",
        "sequence": 5,
    }
    again = msgspec.structs.replace(asked, cancel_requested_at_ms=6000)
    assert of(order_after(*BEGUN, asked, answered, again), "cancel_verdict") == ("",)


def test_a_judged_order_names_its_judge_until_it_fills_all_the_same() -> None:
    judged = OrderCancelled(order_id=ORDER, reason="judged", operator="ann", cancelled_at_ms=7000)
    row = order_after(*BEGUN, LOST, judged)
    assert of(row, "state", "reason", "operator", "closed_at_ms") == (
        "cancelled",
        "judged",
        "ann",
        7000,
    )
    trailing = order_after(*BEGUN, LOST, judged, filled(OrderFilled, size_micros=20_000_000))
    assert of(trailing, "state", "reason", "operator") == ("filled", "", "")


def test_an_order_names_the_leader_that_it_copies() -> None:
    leader = Wallet("0x" + "ab" * 20)
    request = msgspec.structs.replace(REQUESTED, leader=leader)
    rows = rows_after(DEPOSITED, request, filled(OrderFilled, size_micros=20_000_000))
    assert rows["orders", (ORDER,)]["leader"] == leader
    assert rows["lots", (ACCOUNT, ORDER)]["leader"] == leader


def test_a_match_under_another_id_of_the_venue_is_a_match_of_the_order() -> None:
    other = msgspec.structs.replace(
        filled(OrderFilled, size_micros=20_000_000), venue_order_id=VenueOrderId("0xother")
    )
    rows = rows_after(*BEGUN, other)
    assert rows["fills", ("t1", REQUESTED.venue_order_id)]["size_micros"] == 20_000_000
    assert [key for table, key in rows if table == "fills"] == [("t1", REQUESTED.venue_order_id)]


def test_an_account_says_whether_it_is_caught_up_and_why_not() -> None:
    epoch = ExecutorEpochStarted(account=ACCOUNT, epoch=1, instance="a")
    caught_up = AccountCaughtUp(account=ACCOUNT, epoch=1, read_from_ms=0, caught_up_at_ms=10)
    behind = AccountFellBehind(account=ACCOUNT, reason="socket lost", fell_behind_at_ms=20)
    columns = ("caught_up", "behind_reason")
    for events, says in (
        ((epoch,), (False, "")),
        ((epoch, caught_up), (True, "")),
        ((epoch, caught_up, behind), (False, "socket lost")),
        ((epoch, behind, caught_up), (True, "")),
        ((epoch, caught_up, msgspec.structs.replace(epoch, epoch=2)), (False, "")),
    ):
        assert of(rows_after(*events)["accounts", (ACCOUNT,)], *columns) == says


def test_a_balance_is_disputed_since_the_first_word_until_it_agrees() -> None:
    first = BalanceDisputed(
        account=ACCOUNT, token_id=TOKEN, expected_micros=5, venue_micros=4, checked_at_ms=10
    )
    more = msgspec.structs.replace(first, venue_micros=3, checked_at_ms=20)
    agreed = BalanceAgreed(account=ACCOUNT, token_id=TOKEN, venue_micros=5, checked_at_ms=30)
    place = ("balance_disputes", (ACCOUNT, TOKEN))
    columns = ("expected_micros", "venue_micros", "disputed_at_ms", "agreed_at_ms")
    assert of(rows_after(first, more)[place], *columns) == (5, 3, 10, 0)
    assert of(rows_after(first, more, agreed)[place], *columns) == (5, 3, 10, 30)
    again = msgspec.structs.replace(first, checked_at_ms=40)
    rows = rows_after(first, more, agreed, again)
    assert of(rows[place], *columns) == (5, 4, 40, 0)
    assert rows["accounts", (ACCOUNT,)]["disputes"] == 1
    assert place not in rows_after(agreed), "nothing was disputed"


def test_an_external_order_stays_as_it_was_first_seen() -> None:
    seen = ExternalOrderSeen(
        account=ACCOUNT,
        venue_order_id=VenueOrderId("0xother"),
        condition_id=CONDITION,
        token_id=TOKEN,
        side=Side.SELL,
        size_micros=7,
        price_micros=400_000,
        seen_in="trades",
        seen_at_ms=10,
    )
    rows = rows_after(seen, msgspec.structs.replace(seen, seen_in="orders", seen_at_ms=20))
    row = rows["external_orders", (ACCOUNT, "0xother")]
    assert of(row, "side", "size_micros", "seen_in", "seen_at_ms", "sequence") == (
        "SELL",
        7,
        "trades",
        10,
        1,
    )
