"""What the executor keeps of an account."""

import msgspec
import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from polycopy.executor.core import ledger
from polycopy.executor.core.ledger import Ledger
from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope, Origin
from polycopy.schemas.event import Event, UnknownEvent
from polycopy.schemas.ids import EventId
from polycopy.schemas.orders import OrderEvent
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account as accounts
from tests.support.dice import ACCOUNTS, Dice
from tests.support.order_dice import order_event
from tests.support.trading import ACCOUNT, ON_PAPER, OPENING, confirmed, filled, placed, requested

ENVELOPE = Envelope(
    event_id=EventId("0b" * 16), event_type="x", source="test", time_ms=1, aggregate="orders.x"
)
ORIGIN = Origin(source="test", time_ms=1, causation_id="cause")


def recorded(sequence: int, event: Event) -> Recorded:
    return Recorded(sequence=sequence, subject="orders.x.y", envelope=ENVELOPE, event=event)


def after(*events: Event) -> Ledger:
    held = ledger.initial(ACCOUNT)
    for sequence, event in enumerate(events, start=1):
        held = ledger.evolve(held, recorded(sequence, event))
    return held


def test_an_event_that_is_folded_already_changes_nothing() -> None:
    held = after(*OPENING)

    assert ledger.evolve(held, recorded(2, OPENING[0])) is held


def test_nobody_decides_about_an_account_with_an_event_of_a_later_build() -> None:
    held = after(*OPENING)

    with pytest.raises(Halt, match=r"account .* holds an event of another build \(x\): start"):
        ledger.evolve(held, recorded(9, UnknownEvent(event_type="new", body=b"{}")))


def test_nobody_decides_about_an_account_of_which_an_event_is_missing() -> None:
    """A server leaves out what its disk damaged, without a word."""
    held = after(*OPENING)
    told = msgspec.structs.replace(ENVELOPE, aggregate_version=4)
    later = Recorded(sequence=9, subject="orders.x.y", envelope=told, event=requested())

    with pytest.raises(Halt, match="has 2 events before its event number 4; restore the log"):
        ledger.evolve(held, later)
    fits = msgspec.structs.replace(told, aggregate_version=3)
    held = ledger.evolve(held, msgspec.structs.replace(later, envelope=fits))
    assert held.account.version == 3


def test_a_live_order_is_owed_until_the_venue_knows_it() -> None:
    waiting = after(*OPENING, requested())
    known = after(*OPENING, requested(), placed())

    assert [one.request for one in ledger.to_settle(waiting, VenueName.POLYMARKET)] == [requested()]
    assert ledger.to_settle(known, VenueName.POLYMARKET) == []


def test_a_paper_order_is_owed_until_its_last_fill_is_confirmed() -> None:
    history: list[OrderEvent] = [*OPENING, requested(), placed(), filled()]

    assert len(ledger.to_settle(after(*history), VenueName.PAPER)) == 1
    assert ledger.to_settle(after(*history, confirmed()), VenueName.PAPER) == []


@forall(st.lists(st.integers(0, 2**160), max_size=40))
def test_a_ledger_comes_back_from_its_bytes_as_it_was(numbers: list[int]) -> None:
    name = ACCOUNTS[0]
    held = ledger.initial(name)
    for sequence, number in enumerate(numbers, start=1):
        held = ledger.evolve(held, recorded(sequence, order_event(Dice(number), name)))

    assert ledger.from_pieces(list(ledger.to_pieces(held))) == held


def test_a_restored_ledger_owes_what_it_owed_with_every_byte() -> None:
    held = after(*OPENING, requested("a"), requested("b"), placed("b"), filled("b"))

    restored = ledger.from_pieces(list(ledger.to_pieces(held)))

    assert (restored.sequence, restored.event_id, restored.events) == (6, ENVELOPE.event_id, 6)
    for venue in VenueName:
        assert ledger.to_settle(restored, venue) == ledger.to_settle(held, venue) != []


def test_an_event_that_is_missing_behind_a_snapshot_is_missed() -> None:
    held = after(*OPENING)
    restored = ledger.from_pieces(list(ledger.to_pieces(held)))
    told = msgspec.structs.replace(ENVELOPE, aggregate_version=4)
    later = Recorded(sequence=9, subject="orders.x.y", envelope=told, event=requested())

    with pytest.raises(Halt, match="has 2 events before its event number 4"):
        ledger.evolve(restored, later)


def test_two_different_events_never_share_an_id_and_equal_ones_do() -> None:
    held = after(*OPENING)
    one, same, other = (
        ledger.entry(held, requested(), ORIGIN),
        ledger.entry(held, requested(), ORIGIN),
        ledger.entry(held, requested(notional=11_000_000), ORIGIN),
    )

    assert one.envelope.event_id == same.envelope.event_id != other.envelope.event_id
    assert one.envelope.aggregate_version == len(OPENING) + 1


def test_whose_an_account_is_is_told_in_one_line() -> None:
    opened = accounts.start_epoch(accounts.initial(ACCOUNT), "test", ON_PAPER)
    account = accounts.fold(ACCOUNT, opened)
    ours = VenueAccount(venue=VenueName.POLYMARKET, host="clob.example", chain_id=137)

    line = ledger.elsewhere(account, ours)
    assert f"account {ACCOUNT} belongs to a forward test on the books of clob.example and" in line
    assert "at clob.example, chain 137: choose another account" in line
