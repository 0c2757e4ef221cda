"""What status-sync keeps of an account, and of which it keeps its hands off."""

import msgspec
import pytest

from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import AccountFellBehind
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import EventId, OrderId, TokenId, Wallet
from polycopy.schemas.orders import OrderEvent, OrderFailed
from polycopy.schemas.terms import FailureCode, VenueAccount
from polycopy.status_sync.core import ledger
from polycopy.trading import account as accounts
from tests.support.trading import ACCOUNT, OPENING, TOKEN, filled, placed, requested
from tests.unit.status_sync.test_reconcile import after, learn

SIGNER = Wallet("0x" + "b2" * 20)
REAL = VenueAccount(venue=VenueName.POLYMARKET, host="clob.example", chain_id=137, signer=SIGNER)
ENVELOPE = Envelope(
    event_id=EventId("0b" * 16), event_type="new", source="test", time_ms=1, aggregate="orders.x"
)


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


def test_a_ledger_forgets_with_its_account() -> None:
    """Else it would hold the causes of all orders that there ever were."""
    days_ms = 3 * 24 * 3_600_000
    held = after(*OPENING)
    for number in range(999):
        name = f"o{number}"
        over = OrderFailed(
            order_id=OrderId(name),
            code=FailureCode.NO_MATCH,
            http_status=400,
            answer="",
            failed_at_ms=1_000,
        )
        held = learn(held, [requested(name, notional=0), over])
    late = msgspec.structs.replace(
        requested("late", token=TokenId("8"), notional=0), requested_at_ms=days_ms
    )
    assert len(held.causes) > 900

    held = learn(held, [late, msgspec.structs.replace(late, order_id=OrderId("later"))])

    assert set(held.causes) == set(held.account.orders) == {"late", "later"}
    assert set(held.touched) == {"8"}


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
