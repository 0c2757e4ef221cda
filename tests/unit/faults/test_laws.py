"""What the checker of the fault tests sees, law by law, in evidence that is made by hand."""

from collections.abc import Sequence

import msgspec
import pytest

from polycopy.runtime.log import Recorded
from polycopy.schemas.control import LogCreated, TradingState, TradingStateSet, VenueName
from polycopy.schemas.envelope import Origin, draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import AccountId, EventId, LogId, VenueTradeId
from polycopy.schemas.money import Side
from polycopy.schemas.orders import OrderEvent, OrderLost, OrderRequested
from polycopy.schemas.subjects import order_subject, subject_of
from tests.faults.harness.evidence import Evidence, Stored
from tests.faults.harness.fill_laws import held_otherwise
from tests.faults.harness.laws import GRACE_US, judge
from tests.support import trading as make
from tests.support.nats_proxy import Acknowledged
from tests.support.venue_control import Asked, Attempt, Fill, Journal

LOG_ID = LogId("0d" * 16)
AFTER_US = 1_000
"""How long after its request an order arrives."""


def request(name: str = "a", *, trade: str = "") -> OrderRequested:
    """`trade`: the leader trade that it copies, otherwise one of its own."""
    made = make.requested(name)
    return msgspec.structs.replace(
        made, venue=VenueName.POLYMARKET, trade_id=EventId(trade or made.trade_id)
    )


GOOD: tuple[Event, ...] = (
    LogCreated(log_id=LOG_ID),
    *make.OPENING,
    request(),
    make.placed(),
    make.filled(),
    make.confirmed(),
)


def stored(events: Sequence[Event]) -> tuple[Stored, ...]:
    """One after the other, a millisecond apart, the account's counted."""
    found, version = [], 0
    for sequence, event in enumerate(events, start=1):
        version += isinstance(event, OrderEvent)
        ours = isinstance(event, OrderEvent)
        subject = order_subject(make.ACCOUNT, event) if ours else subject_of(event)  # type: ignore[arg-type]
        new = draft(
            event,
            subject=subject,
            origin=Origin(source="test", time_ms=sequence, causation_id=str(sequence)),
            aggregate_version=version if ours else 0,
        )
        recorded = Recorded(sequence=sequence, subject=subject, envelope=new.envelope, event=event)
        found.append(
            Stored(
                event=recorded,
                message_id=new.envelope.event_id,
                digest=str(sequence),
                stored_at_us=sequence * 1_000,
            )
        )
    return tuple(found)


def attempt(name: str = "a", *, at_us: int = 5_000, accepted: bool = True) -> Attempt:
    return Attempt(venue_order_id=make.venue_id(name), received_at_us=at_us, accepted=accepted)


def fill(name: str = "a", trade: str = "t1", *, status: str = "CONFIRMED", fee: int = 0) -> Fill:
    """As `make.filled` has it."""
    return Fill(
        venue_trade_id=VenueTradeId(trade),
        venue_order_id=make.venue_id(name),
        token_id=make.TOKEN,
        side=Side.BUY,
        size_micros=20 * make.ONE,
        price_micros=500_000,
        notional_micros=10 * make.ONE,
        fee_micros=fee,
        status=status,
    )


JOURNAL = Journal(orders=(attempt(),), fills=(fill(),))


def broken(
    events: Sequence[Event] = GOOD,
    journal: Journal = JOURNAL,
    *,
    acknowledged: tuple[Acknowledged, ...] = (),
    unrest: tuple[str, ...] = (),
) -> list[str]:
    """The laws that are broken."""
    evidence = Evidence(
        log_id=LOG_ID,
        stored=stored(events),
        journal=journal,
        acknowledged=acknowledged,
        unrest=unrest,
    )
    return [law for law, faults in judge(evidence).faults.items() if faults]


def test_an_order_that_went_as_it_should_breaks_nothing() -> None:
    assert broken() == []


def test_two_accepted_orders_for_one_leader_trade_are_seen() -> None:
    twice = (*GOOD, request("b", trade="trade-a"))
    journal = Journal(orders=(*JOURNAL.orders, attempt("b", at_us=9_000)), fills=JOURNAL.fills)
    assert broken(twice, journal) == ["V1"]


def test_an_order_that_is_accepted_twice_is_seen() -> None:
    journal = Journal(orders=(attempt(), attempt(at_us=7_000)), fills=JOURNAL.fills)
    assert broken(journal=journal) == ["V1"]


def test_an_order_that_nobody_requested_is_seen() -> None:
    journal = Journal(orders=(attempt(), attempt("stranger")), fills=JOURNAL.fills)
    assert broken(journal=journal) == ["V2"]


def test_an_order_that_arrives_before_its_request_is_stored_is_seen() -> None:
    requested_us = 4_000
    early = Journal(orders=(attempt(at_us=requested_us - 1),), fills=JOURNAL.fills)
    assert broken(journal=early) == ["V2"]


@pytest.mark.parametrize(
    "fills",
    [
        (),
        (fill(), fill(trade="t2")),
        (fill(fee=1),),
        (fill(status="FAILED"),),
        (fill(status="MATCHED"),),
    ],
    ids=["invented", "missing", "other money", "failed there", "not settled there"],
)
def test_a_fill_that_is_not_as_the_venue_has_it_is_seen(fills: tuple[Fill, ...]) -> None:
    assert broken(journal=Journal(orders=JOURNAL.orders, fills=fills)) == ["V3"]


def test_shares_that_do_not_add_up_are_seen() -> None:
    events = [one.event for one in stored(GOOD)]
    assert held_otherwise(events, JOURNAL) == []
    more = Journal(fills=(fill(), fill(trade="t2", fee=7), fill(trade="t3", status="FAILED")))
    assert held_otherwise(events, more) == [
        f"{make.TOKEN}: {20 * make.ONE} micros here and {40 * make.ONE} at the venue",
        "fees: 0 micros here and 7 at the venue",
    ]


def test_a_fill_that_is_told_twice_is_seen() -> None:
    assert "V1" in broken((*GOOD, make.filled()))


@pytest.mark.parametrize("account", [AccountId(""), make.ACCOUNT])
@pytest.mark.parametrize(("late_us", "seen"), [(GRACE_US - 1_000, []), (3 * GRACE_US, ["V4"])])
def test_a_post_after_the_halt_and_its_grace_is_seen(
    account: AccountId, late_us: int, seen: list[str]
) -> None:
    halt = TradingStateSet(account=account, state=TradingState.HALTED, operator="test")
    halted_us = 1_000 * (len(GOOD) + 1)
    post = Asked(method="POST", path="/order", status=500, received_at_us=halted_us + late_us)
    journal = Journal(orders=JOURNAL.orders, fills=JOURNAL.fills, requests=(post,))
    assert broken((*GOOD, halt), journal) == seen


def test_what_was_acknowledged_and_is_something_else_is_seen() -> None:
    there = stored(GOOD)[-1]
    right = Acknowledged(
        sequence=there.event.sequence, message_id=there.message_id, digest=there.digest
    )
    assert broken(acknowledged=(right,)) == []
    for wrong in (
        msgspec.structs.replace(right, sequence=99),
        msgspec.structs.replace(right, message_id="other"),
        msgspec.structs.replace(right, digest="other"),
    ):
        assert broken(acknowledged=(wrong,)) == ["L1"]


@pytest.mark.parametrize(("attempts", "seen"), [((), []), ((attempt(),), ["E2"])])
def test_an_order_that_is_lost_though_the_venue_took_it_is_seen(
    attempts: tuple[Attempt, ...], seen: list[str]
) -> None:
    lost = OrderLost(
        order_id=request().order_id, findings=(), denials=3, denied_since_ms=1, lost_at_ms=2
    )
    assert broken((*GOOD[:4], lost), Journal(orders=attempts)) == seen


def test_another_log_is_seen() -> None:
    assert broken((LogCreated(log_id=LogId("1f" * 16)), *GOOD[1:])) == ["L2"]


def test_what_did_not_come_to_rest_is_seen() -> None:
    assert broken(unrest=("an order is open",)) == ["E2"]
