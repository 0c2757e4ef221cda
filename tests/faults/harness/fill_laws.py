"""V3, the law of fills: each in the log exactly once, to the last unit, settled as at the venue."""

from collections import Counter
from collections.abc import Mapping, Sequence

from polycopy.cli.core.account_rows import histories
from polycopy.runtime.log import Recorded
from polycopy.schemas.control import VenueName
from polycopy.schemas.money import Side
from polycopy.schemas.orders import Fill, FillConfirmed, FillReverted, OrderRequested
from polycopy.trading import account as accounts
from tests.support import venue_control
from tests.support.venue_control import Journal

Faults = list[str]
_FAILED = "FAILED"
_ENDS: Mapping[str, type[FillConfirmed | FillReverted]] = {
    "CONFIRMED": FillConfirmed,
    _FAILED: FillReverted,
}
_FEES = "fees"


def fills_told_twice(events: Sequence[Recorded]) -> Faults:
    counts = Counter(map(_key, _fills(events)))
    return [f"fill {key} is in the log {n} times" for key, n in counts.items() if n > 1]


def fills_not_told(events: Sequence[Recorded], journal: Journal) -> Faults:
    told = set(map(_key, _fills(events)))
    return [f"fill {_key(one)} is not in the log" for one in journal.fills if _key(one) not in told]


def fills_told_otherwise(events: Sequence[Recorded], journal: Journal) -> Faults:
    """V3: size, price, money and settlement, and none that the venue does not have."""
    ends = {
        (event.venue_trade_id, event.venue_order_id, type(event))
        for event in (recorded.event for recorded in events)
        if isinstance(event, FillConfirmed | FillReverted)
    }
    at_venue = {_key(one): one for one in journal.fills}
    faults = []
    for fill in _fills(events):
        there = at_venue.get(_key(fill))
        if there is None:
            faults.append(f"fill {_key(fill)} of the log is none of the venue's")
            continue
        if _figures(fill) != _figures(there):
            faults.append(
                f"fill {_key(fill)} is {_figures(fill)} in the log and {_figures(there)} there"
            )
        known = {kind for trade, order, kind in ends if (trade, order) == _key(fill)}
        wanted = {_ENDS[there.status]} if there.status in _ENDS else set()
        if known != wanted:
            names = sorted(kind.__name__ for kind in known)
            faults.append(f"fill {_key(fill)} is {there.status} at the venue and {names} here")
    return faults


def held_otherwise(events: Sequence[Recorded], journal: Journal) -> Faults:
    """V3: the shares that the accounts hold, and their fees, are the sums of the venue's trades."""
    there: Counter[str] = Counter()
    for fill in journal.fills:
        if fill.status != _FAILED:
            there[fill.token_id] += fill.size_micros if fill.side is Side.BUY else -fill.size_micros
            there[_FEES] += fill.fee_micros
    here: Counter[str] = Counter()
    live = {one.account for one in requests(events) if one.venue is VenueName.POLYMARKET}
    for account, told in histories(events).items():
        if account in live:
            fold = accounts.fold(account, told)
            here.update({token: held.size_micros for token, held in fold.positions.items()})
            here[_FEES] += fold.fees_micros
    return [
        f"{what}: {here[what]} micros here and {there[what]} at the venue"
        for what in sorted(here.keys() | there.keys())
        if here[what] != there[what]
    ]


def requests(events: Sequence[Recorded]) -> list[OrderRequested]:
    return [one.event for one in events if isinstance(one.event, OrderRequested)]


def _fills(events: Sequence[Recorded]) -> list[Fill]:
    """Without those of forward tests, of which no venue knows."""
    tests = {one.order_id for one in requests(events) if one.venue is VenueName.PAPER}
    fills = [one.event for one in events if isinstance(one.event, Fill)]
    return [fill for fill in fills if fill.order_id not in tests]


def _key(fill: Fill | venue_control.Fill) -> tuple[str, str]:
    return fill.venue_trade_id, fill.venue_order_id


def _figures(fill: Fill | venue_control.Fill) -> tuple[str, str, int, int, int, int]:
    return (
        fill.token_id,
        fill.side,
        fill.size_micros,
        fill.price_micros,
        fill.notional_micros,
        fill.fee_micros,
    )
