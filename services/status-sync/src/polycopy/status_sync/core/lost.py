"""The lost protocol: an order that every source denies for long enough is lost, and no other.

What counts is the venue's own word that it does not know the order, once in a round of questions
and never sooner than the interval after the last one. An answer that did not come, or could not be
read, counts nothing and takes nothing back; any sight of the order takes all back. Counting starts
when the executor can no longer send the order's bytes, so that a lost order is never on its way.
Before the order is called lost, the other sources deny it in the same round, each read to its end;
and what may rest in the book is to be cancelled first, and lost only where that finds nothing too.
"already canceled or matched" is no proof, for it has been said of orders that were live: after it
the count begins again, a grace later, and every source has to deny it, whatever the rules ask for.

Laws: outages of any length lose nothing; an order that the venue shows anywhere is not lost; one
that all deny is lost after `count` denials.
"""

from collections.abc import Iterable

import msgspec
from immutables import Map

from polycopy.schemas.ids import OrderId
from polycopy.schemas.orders import OrderCancelRequested, OrderEvent, OrderLost
from polycopy.schemas.terms import CancelVerdict, Finding, Verdict
from polycopy.status_sync.core import ledger
from polycopy.status_sync.core.endings import is_cancelled
from polycopy.status_sync.core.hearing import Hearing
from polycopy.status_sync.core.ledger import Ledger
from polycopy.status_sync.core.reading import Reading, beside, in_venue
from polycopy.status_sync.core.rules import ORDER, SOURCES, TRADES, Rules
from polycopy.trading.account_reports import record_lost
from polycopy.trading.account_state import Account, open_orders
from polycopy.trading.order_life import UNRESOLVED
from polycopy.trading.order_state import Order

REASON = "lost protocol"


class Denials(msgspec.Struct, frozen=True, kw_only=True):
    """So many in a row, the first in a round that began at `since_ms`, the last at `last_ms`.
    `gone_ms`: when it was read that the venue had it not to cancel, and did not say why; 0: never
    since it was denied first."""

    count: int = 0
    since_ms: int = 0
    last_ms: int = 0
    gone_ms: int = 0


class Doubts(msgspec.Struct, frozen=True, kw_only=True):
    """The orders that the venue denies. `seen`: sighted since the round began; what it read before
    that is old."""

    denials: Map[OrderId, Denials] = Map()
    seen: frozenset[OrderId] = frozenset()


_NONE = Denials()


def begin(doubts: Doubts) -> Doubts:
    """A round of questions begins."""
    return msgspec.structs.replace(doubts, seen=frozenset())


def seen(doubts: Doubts, order_ids: Iterable[OrderId]) -> Doubts:
    """The venue has these orders."""
    ids = frozenset(order_ids)
    if not ids:
        return doubts
    denials = doubts.denials
    for order_id in ids & set(denials):
        denials = denials.delete(order_id)
    return Doubts(denials=denials, seen=doubts.seen | ids)


def count(doubts: Doubts, held: Ledger, reading: Reading, rules: Rules) -> Doubts:
    """The doubts after a round of questions, all of whose reports the ledger holds."""
    denials: dict[OrderId, Denials] = {}
    for order in suspects(held.account):
        before = doubts.denials.get(order.order_id, _NONE)
        after = _counted(held, before, order, reading, rules)
        if after != _NONE and order.order_id not in doubts.seen:
            denials[order.order_id] = after
    return msgspec.structs.replace(doubts, denials=Map(denials))


def decide(
    doubts: Doubts,
    held: Ledger,
    reading: Reading,
    hearing: Hearing,
    rules: Rules,
    at_ms: int,
) -> list[OrderEvent]:
    """What follows from the doubts after that round: cancels to be sent, and orders that are lost.

    The ledger may be newer than the doubts: what it has heard since makes them void.
    """
    said: list[OrderEvent] = []
    for order in suspects(held.account):
        denials = doubts.denials.get(order.order_id, _NONE)
        from_ms = counts_from_ms(held, order, rules)
        due = denials.count >= rules.lost_count and denials.since_ms >= from_ms
        found = in_venue(reading, order)
        sources = _needed(order, denials, rules)
        if due and _all_deny(found, sources) and order.order_id not in doubts.seen:
            evidence = (*_as_known(found), *beside(order, hearing, denials.since_ms))
            said += _step(held.account, order, denials, evidence, at_ms)
    return said


def suspects(account: Account) -> list[Order]:
    """The orders that can be lost: whose outcome is unknown, or that may rest in the book. Of what
    never rests and was taken, and of what was cancelled, `endings` decides."""
    return [
        order
        for order in open_orders(account)
        if (order.rests or order.state in UNRESOLVED) and not is_cancelled(order)
    ]


def counts_from_ms(held: Ledger, order: Order, rules: Rules) -> int:
    """From when on a denial of the order counts: by then no executor sends it any more."""
    resend_ms = max(ledger.resend_ms(held, order), rules.resend_max_ms)
    return max(order.requested_at_ms + resend_ms, order.heard_at_ms) + rules.lost_grace_ms


def _counted(
    held: Ledger, before: Denials, order: Order, reading: Reading, rules: Rules
) -> Denials:
    from_ms, gone = counts_from_ms(held, order, rules), order.order_id in held.gone
    if before.last_ms > reading.began_ms:
        before = _NONE  # Our clock was set back.
    if before.gone_ms and not (gone and before.gone_ms >= from_ms):
        before = _NONE  # It was cancelled anew, or somebody has heard of it since.
    if before.count and before.since_ms < from_ms:
        before = _NONE  # Somebody has heard of it since.
    if before.count and _exists(order, before.since_ms):
        return Denials(last_ms=reading.ended_ms, gone_ms=reading.ended_ms if gone else 0)
    if before.gone_ms:
        from_ms = before.gone_ms + rules.lost_grace_ms
    look = reading.looks.get(order.order_id)
    if look is None or look.verdict is not Verdict.ABSENT:
        return before
    if reading.began_ms < max(from_ms, before.last_ms + rules.lost_interval_ms):
        return before
    return msgspec.structs.replace(
        before,
        count=before.count + 1,
        since_ms=before.since_ms if before.count else reading.began_ms,
        last_ms=reading.ended_ms,
    )


def _exists(order: Order, since_ms: int) -> bool:
    """Whether a cancel that was sent because of these doubts was answered otherwise than that there
    is no such order: a fill may come, or nothing is proven, and all begins again."""
    answers = {CancelVerdict.MATCHED, CancelVerdict.PENDING, CancelVerdict.UNKNOWN}
    return order.cancel_requested_at_ms >= since_ms and order.cancel_verdict in answers


def _needed(order: Order, denials: Denials, rules: Rules) -> set[str]:
    """Which sources must deny it. Trades that were read are in the account; those that were not
    might hold a fill."""
    if denials.gone_ms:
        return set(SOURCES)
    return {ORDER, *rules.lost_sources} | (set() if order.rests else {TRADES})


def _all_deny(found: tuple[Finding, ...], sources: set[str]) -> bool:
    return not any(
        finding.verdict is Verdict.UNKNOWN
        or (finding.verdict is Verdict.PRESENT and finding.source != TRADES)
        for finding in found
        if finding.source in sources
    )


def _as_known(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """With the trades as evidence of what is left of the order: those of it are all known."""
    return tuple(
        Finding(source=TRADES, verdict=Verdict.ABSENT, detail=f"{one.detail}, known before")
        if one.source == TRADES and one.verdict is Verdict.PRESENT
        else one
        for one in found
    )


def _step(
    account: Account, order: Order, denials: Denials, evidence: tuple[Finding, ...], at_ms: int
) -> list[OrderEvent]:
    asked_ms, answer = order.cancel_requested_at_ms, order.cancel_verdict
    if order.rests and asked_ms and answer is None:
        return []  # Somebody asked; the executor has not answered yet.
    found_none = asked_ms >= denials.since_ms and answer is CancelVerdict.NOT_FOUND
    gone = denials.gone_ms > 0 and answer is CancelVerdict.UNKNOWN
    if order.rests and not (found_none or gone):
        return [
            OrderCancelRequested(
                order_id=order.order_id, reason=REASON, cancel_requested_at_ms=at_ms
            )
        ]
    lost = OrderLost(
        order_id=order.order_id,
        findings=evidence,
        denials=denials.count,
        denied_since_ms=denials.since_ms,
        lost_at_ms=at_ms,
    )
    return record_lost(account, lost)
