"""Drafts for tests of the log itself: one that needs no expectation, and one that does."""

from polycopy.schemas.control import TargetAdded, TargetRemoved
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.feeds import FeedConnected
from polycopy.schemas.ids import Wallet
from polycopy.schemas.subjects import subject_of

ALL_FEEDS = "feeds.>"
WALLET = Wallet("0x" + "ab" * 20)
GUARD = f"control.target.{WALLET}.*"


def feed(number: int, source: str = "rtds") -> Draft:
    """Unguarded. Equal numbers give equal ids."""
    event = FeedConnected(source=source, connection=str(number), at_ms=number)
    return draft(event, subject=subject_of(event), origin=_origin(number))


def target(number: int, wallet: Wallet = WALLET) -> Draft:
    """Guarded, on the aggregate of `wallet`."""
    event = TargetAdded(wallet=wallet, label=str(number))
    return draft(event, subject=subject_of(event), origin=_origin(number))


def target_removed(number: int, wallet: Wallet = WALLET) -> Draft:
    """Guarded, on the aggregate of `wallet`, under another subject than `target`."""
    event = TargetRemoved(wallet=wallet)
    return draft(event, subject=subject_of(event), origin=_origin(number))


def _origin(number: int) -> Origin:
    return Origin(source="test", time_ms=1_795_000_000_000 + number, causation_id=f"cause-{number}")
