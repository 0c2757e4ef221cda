"""What must hold inside one table of a scenario or inside one command, beyond the fields' types."""

from collections.abc import Iterator

from polycopy.paper_venue.core.faults.rules import AFTER, BEFORE, PLACES, Fault, FaultKind
from polycopy.paper_venue.core.scenarios import market_table
from polycopy.paper_venue.core.scenarios.commands import PutBook, Resolve
from polycopy.paper_venue.core.scenarios.market_table import MarketTable
from polycopy.paper_venue.core.scenarios.tables import Laws
from polycopy.paper_venue.core.scenarios.units import is_wallet

_METHODS = ("GET", "POST", "DELETE")
_NEED_A_DELAY = frozenset(
    {FaultKind.SLOW, FaultKind.SLOW_ANSWER, FaultKind.BURST, FaultKind.STALE, FaultKind.DELAYED}
)
_WHOLE = ("skip", "times", "delay_ms", "retry_after_s")
_ERRORS = (FaultKind.ERROR_BEFORE, FaultKind.ERROR_AFTER)
_STATUS_HIGHEST = 599


def of_fault(fault: Fault) -> Iterator[str]:
    """The kind strikes where it stands, and its numbers mean something."""
    yield from _of_aim(fault)
    if not 0 <= fault.probability <= 1:
        yield "probability: from 0 to 1"
    if not 0 < fault.fraction < 1:
        yield "fraction: between 0 and 1"
    for name in _WHOLE:
        if getattr(fault, name) < 0:
            yield f"{name}: must not be negative"
    if fault.kind in _NEED_A_DELAY and fault.delay_ms == 0:
        yield f"delay_ms: {fault.kind} needs one"
    lowest = 400 if fault.kind in _ERRORS else 200
    if not lowest <= fault.status <= _STATUS_HIGHEST:
        yield f"status: {fault.kind} answers from {lowest} to {_STATUS_HIGHEST}"
    if fault.kind is FaultKind.MISSING_KEYS and not fault.keys:
        yield "keys: name the keys that are missing"


def _of_aim(fault: Fault) -> Iterator[str]:
    if fault.kind in AFTER | BEFORE:
        if not _is_request(fault.on):
            yield f"on: {fault.kind} strikes a request: a method and the beginning of a path"
    elif fault.kind not in PLACES.get(fault.on, ()):
        places = [place for place, kinds in PLACES.items() if fault.kind in kinds]
        yield f"on: {fault.kind} strikes {' or '.join(places)}"
    if fault.wallet and not is_wallet(fault.wallet):
        yield "wallet: 0x and 40 hex digits"
    if fault.on == "market" and fault.wallet:
        yield "wallet: a message of the market channel is about nobody"


def _is_request(on: str) -> bool:
    method, _, path = on.partition(" ")
    return method in _METHODS and (path == "" or path.startswith("/"))


def _of_resolve(command: Resolve) -> Iterator[str]:
    if sum(command.payouts) != 1:
        yield "payouts: together they are 1"


def _of_book(command: PutBook) -> Iterator[str]:
    if market_table.crossed(command.bids, command.asks):
        yield "bids and asks: the book is crossed"


LAWS: Laws = {
    Fault: of_fault,
    MarketTable: market_table.at_odds,
    Resolve: _of_resolve,
    PutBook: _of_book,
}
"""`SetFault` and `AddMarket` hold a table that has its own."""
