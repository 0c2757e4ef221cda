"""What status-sync keeps of an account, and of which it keeps its hands off."""

import msgspec
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.polymarket.reports import OrderStatus
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import EventId, OrderId, TokenId, Wallet
from polycopy.schemas.orders import (
    ExecutorEpochStarted,
    OrderCancelAnswered,
    OrderCancelRequested,
    OrderEvent,
    OrderExamined,
    OrderFailed,
    PositionSettled,
)
from polycopy.schemas.terms import CancelVerdict, FailureCode, VenueAccount
from polycopy.status_sync.core import ledger, ledger_snapshot
from polycopy.status_sync.core.ledger import Ledger
from polycopy.trading import account as accounts
from tests.support.dice import ACCOUNTS, Dice
from tests.support.order_dice import order_event
from tests.support.trading import ACCOUNT, OPENING, TOKEN, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, learn, report

SIGNER = Wallet("0x" + "b2" * 20)
REAL = VenueAccount(venue=VenueName.POLYMARKET, host="clob.example", chain_id=137, signer=SIGNER)
ENVELOPE = Envelope(
    event_id=EventId("0b" * 16), event_type="new", source="test", time_ms=1, aggregate="orders.x"
)

FELL_BEHIND = AccountFellBehind(account=ACCOUNT, reason="", fell_behind_at_ms=1)
HISTORIES = st.lists(st.integers(0, 2**160), max_size=40)


def restored(held: Ledger) -> Ledger:
    """As it comes back from a snapshot."""
    return ledger_snapshot.decode(list(ledger_snapshot.encode(held)))


@forall(HISTORIES, st.integers(0, 40))
def test_from_a_snapshot_on_is_as_from_zero_wherever_it_was_made(
    numbers: list[int], place: int
) -> None:
    history = [order_event(Dice(number), ACCOUNTS[0]) for number in numbers]
    zero = learn(ledger.initial(ACCOUNTS[0]), history)

    kept = restored(learn(ledger.initial(ACCOUNTS[0]), history[:place]))

    assert learn(kept, history[place:]) == zero


def test_a_restored_ledger_waits_for_what_it_waited_for() -> None:
    said = OrderExamined(
        order_id=OrderId("a"), findings=(), cause=EventId("asked"), examined_at_ms=5
    )
    held = after(*OPENING, requested(), placed(), filled(), said)

    kept = restored(held)

    assert kept == held
    assert (kept.sequence, kept.events, kept.event_id) == (6, 6, f"{6:032x}")
    assert list(kept.unsettled) == list(held.account.orders[OrderId("a")].fills)
    assert ledger.waits(kept)
    assert EventId("asked") in kept.examined
    assert ledger.entry(kept, filled(), 5) == ledger.entry(held, filled(), 5)


def test_the_venue_s_last_words_are_told_again_and_not_restored() -> None:
    """They are no part of the log, and a fold from zero has none either."""
    held = after(*OPENING, requested(), placed())
    told = ledger.remember(held, [report(OrderStatus.MATCHED, matched=8_000_000)])
    assert told.ends

    assert restored(told) == held


GONE = "order can't be found - already canceled or matched"
ASKED = OrderCancelRequested(
    order_id=OrderId("a"), reason="lost protocol", cancel_requested_at_ms=5_000
)


def answered(words: str, verdict: CancelVerdict = CancelVerdict.UNKNOWN) -> OrderCancelAnswered:
    return OrderCancelAnswered(
        order_id=OrderId("a"), verdict=verdict, answer=words, cancel_answered_at_ms=6_000
    )


def test_an_order_is_gone_until_its_next_cancel_or_another_answer() -> None:
    held = after(*OPENING, requested(), placed(), ASKED)
    gone = learn(held, [answered(GONE)])

    assert not held.gone
    assert list(gone.gone) == [OrderId("a")]
    assert restored(gone) == gone
    assert not learn(gone, [ASKED]).gone
    assert not learn(gone, [answered("already matched", CancelVerdict.MATCHED)]).gone
    assert not learn(held, [answered("status 500: busy")]).gone


def test_an_event_that_is_missing_behind_a_snapshot_is_missed() -> None:
    kept = restored(after(*OPENING))
    told = msgspec.structs.replace(ENVELOPE, aggregate_version=4)
    later = Recorded(sequence=9, subject="orders.x.y", envelope=told, event=requested())

    with pytest.raises(Halt, match="has 2 events before its event number 4"):
        ledger.evolve(kept, later)


def test_nobody_reports_on_an_account_with_an_event_of_a_later_build() -> None:
    event = UnknownEvent(event_type="new", body=b"{}")
    later = Recorded(sequence=1, subject="orders.x.new", envelope=ENVELOPE, event=event)

    with pytest.raises(Halt, match=r"holds an event of another build \(new\): start"):
        ledger.evolve(ledger.initial(ACCOUNT), later)


@pytest.mark.parametrize(
    ("host", "signer", "words"),
    [
        ("clob.example", SIGNER, ""),
        ("127.0.0.1", SIGNER, f"belongs to the key of {SIGNER} at clob.example and not to"),
        ("clob.example", Wallet("0x" + "c3" * 20), "choose another account"),
    ],
    ids=["ours", "host", "signer"],
)
def test_an_account_of_another_venue_or_key_is_not_ours_to_report_on(
    host: str, signer: Wallet, words: str
) -> None:
    account = accounts.fold(ACCOUNT, accounts.start_epoch(accounts.initial(ACCOUNT), "a", REAL))

    why = ledger.elsewhere(account, host=host, signer=signer)

    assert words in why
    assert bool(why) is bool(words)


def test_an_account_of_which_nobody_told_whose_it_is_is_taken_as_ours() -> None:
    account = accounts.fold(ACCOUNT, OPENING)
    assert ledger.elsewhere(account, host="a", signer=SIGNER) == ""


def epoch(number: int, resend_ms_max: int) -> ExecutorEpochStarted:
    return ExecutorEpochStarted(
        account=ACCOUNT, epoch=number, instance="x", resend_ms_max=resend_ms_max
    )


def failed(name: str) -> OrderFailed:
    return OrderFailed(
        order_id=OrderId(name),
        code=FailureCode.NO_MATCH,
        http_status=400,
        answer="",
        failed_at_ms=1_000,
    )


def test_a_ledger_forgets_with_its_account() -> None:
    """Else it would hold the causes of all orders that there ever were."""
    days_ms = 3 * 24 * 3_600_000
    held = after(*OPENING, epoch(1, 10_000), requested(), ASKED, answered(GONE))
    held = learn(held, [failed("a")])
    for number in range(998):
        name = f"o{number}"
        held = learn(held, [requested(name, notional=0), failed(name)])
    held = learn(held, [epoch(2, 20_000), *1_000 * [FELL_BEHIND]])
    late = msgspec.structs.replace(
        requested("late", token=TokenId("8"), notional=0), requested_at_ms=days_ms
    )
    assert len(held.causes) > 900
    assert held.gone

    held = learn(held, [late, msgspec.structs.replace(late, order_id=OrderId("later"))])

    assert set(held.causes) == set(held.account.orders) == {"late", "later"}
    assert set(held.touched) == {"8"}
    assert not held.gone
    assert dict(held.resends) == {2: 20_000}
    assert restored(held) == held


def test_when_a_token_was_last_touched_survives_a_restart() -> None:
    history: list[OrderEvent] = [*OPENING, requested(), placed(), filled()]

    assert after(*history) == learn(after(*history[:3]), history[3:])
    assert dict(after(*history).touched) == {TOKEN: 1}
    assert after(*history).matched_at_ms == filled().matched_at_ms


def test_an_event_that_was_folded_before_changes_nothing() -> None:
    held = after(*OPENING)
    again = Recorded(sequence=1, subject="x", envelope=ENVELOPE, event=OPENING[0])

    assert ledger.evolve(held, again) is held


def test_what_is_said_twice_of_an_account_is_said_by_two_events() -> None:
    """In one millisecond even: behind, caught up, and behind again."""
    behind = AccountFellBehind(account=ACCOUNT, reason="x", fell_behind_at_ms=5)
    held = after(*OPENING)

    first, again = ledger.entry(held, behind, 5), ledger.entry(learn(held, [behind]), behind, 5)

    assert first.envelope.event_id != again.envelope.event_id


def test_a_fact_about_an_order_has_one_id_wherever_it_stands() -> None:
    held = after(*OPENING, requested())
    late = learn(held, [placed()])

    assert (
        ledger.entry(held, filled(), 5).envelope.event_id
        == ledger.entry(late, filled(), 6).envelope.event_id
    )


def test_a_token_was_touched_when_its_last_event_says_and_not_when_a_clock_ahead_said() -> None:
    held = after(*OPENING)
    for event, time_ms in ((requested(), 9_000), (placed(), 2_000)):
        envelope = msgspec.structs.replace(ENVELOPE, time_ms=time_ms)
        held = ledger.evolve(
            held,
            Recorded(sequence=held.sequence + 1, subject="x", envelope=envelope, event=event),
        )

    assert (dict(held.touched), held.touched_at_ms) == ({TOKEN: 2_000}, 2_000)


def test_a_settled_token_stays_settled_whatever_trails() -> None:
    settled = PositionSettled(
        account=ACCOUNT,
        condition_id=requested().condition_id,
        token_id=TOKEN,
        size_micros=0,
        payout_micros=0,
        settled_at_ms=1,
    )

    assert dict(after(*OPENING, requested(), settled, placed()).touched) == {TOKEN: ledger.SETTLED}
