"""Drafts for tests of the log itself: one that needs no expectation, and one that does."""

from polycopy.schemas.control import TargetAdded, TargetRemoved
from polycopy.schemas.envelope import Draft, Origin, draft
from polycopy.schemas.feeds import FeedConnected, FeedLost
from polycopy.schemas.ids import ConditionId, TokenId, TransactionHash, Wallet
from polycopy.schemas.money import Side
from polycopy.schemas.subjects import subject_of
from polycopy.schemas.trades import TradeObserved

ALL_FEEDS = "feeds.>"
WALLET = Wallet("0x" + "ab" * 20)
GUARD = f"control.target.{WALLET}.*"


def feed(number: int, source: str = "rtds") -> Draft:
    """Unguarded. Equal numbers give equal ids."""
    event = FeedConnected(source=source, connection=str(number), at_ms=number)
    return draft(event, subject=subject_of(event), origin=_origin(number))


def lost(reason: str) -> Draft:
    """Unguarded, and as long as its reason, whose first 20 characters make its id."""
    event = FeedLost(source="rtds", connection="c", reason=reason, at_ms=1)
    origin = Origin(source="test", time_ms=1, causation_id=reason[:20])
    return draft(event, subject=subject_of(event), origin=origin)


def target(number: int, wallet: Wallet = WALLET) -> Draft:
    """Guarded, on the aggregate of `wallet`."""
    event = TargetAdded(wallet=wallet, label=str(number))
    return draft(event, subject=subject_of(event), origin=_origin(number))


def target_removed(number: int, wallet: Wallet = WALLET) -> Draft:
    """Guarded, on the aggregate of `wallet`, under another subject than `target`."""
    event = TargetRemoved(wallet=wallet)
    return draft(event, subject=subject_of(event), origin=_origin(number))


def oversized() -> Draft:
    """A trade under a name of 50,000 digits. The log takes it, a table's key cannot."""
    event = TradeObserved(
        transaction_hash=TransactionHash("".join(f"{number:x}" for number in range(2**14))),
        wallet=WALLET,
        token_id=TokenId("7"),
        side=Side.BUY,
        condition_id=ConditionId("0x" + "d2" * 32),
        size_micros=10**18,
        increase_micros=10**18,
        notional_micros=10**18,
        price_micros=100_000,
        source="rtds.trades",
        rows=10,
        traded_at_ms=1,
        received_at_ms=1,
    )
    return draft(event, subject=subject_of(event), origin=_origin(1), key="oversized")


def _origin(number: int) -> Origin:
    return Origin(source="test", time_ms=1_795_000_000_000 + number, causation_id=f"cause-{number}")
