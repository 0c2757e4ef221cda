"""What a newer build says of a wallet's trades."""

from polycopy.runtime.log import Recorded
from polycopy.schemas.event import UnknownEvent
from polycopy.stream_ingest.core import trades
from tests.support.rtds_frames import WALLET, frame
from tests.support.teller import Teller, heard


def test_an_event_of_a_newer_build_is_one_to_come_after() -> None:
    teller = Teller()
    teller.feed(heard(frame()))
    (last,) = teller.log
    event = UnknownEvent(event_type="polycopy.trade.annotated.v1", body=b"{}")
    subject = f"trades.{WALLET}.annotated"
    newer = Recorded(sequence=2, subject=subject, envelope=last.envelope, event=event)
    assert trades.evolve(teller.state, newer).versions[WALLET] == 2
