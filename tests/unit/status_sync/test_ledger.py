"""What status-sync keeps of an account, and of which it keeps its hands off."""

import pytest

from polycopy.runtime.errors import Halt
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.envelope import Envelope
from polycopy.schemas.event import UnknownEvent
from polycopy.schemas.ids import EventId, Wallet
from polycopy.schemas.terms import VenueAccount
from polycopy.status_sync.core import ledger
from polycopy.trading import account as accounts
from tests.support.trading import ACCOUNT, OPENING

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
