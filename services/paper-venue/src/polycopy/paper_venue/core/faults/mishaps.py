"""What the faults that are switched on make of orders and balances, in the engine's own terms."""

from typing import Protocol

from polycopy.paper_venue.core.engine.orders import Terms
from polycopy.paper_venue.core.engine.placing import STRAIGHT, Twist
from polycopy.paper_venue.core.faults.rules import ANY, Fault, FaultKind

_PPM = 1_000_000


class Mishaps(Protocol):
    """The faults that are on. `strike` uses one up: ask once for each thing that happens, and not
    where `strikes_at` says that there is nothing to ask for."""

    def strikes_at(self, on: str) -> bool: ...

    def strike(self, on: str, *wallets: str, kinds: frozenset[FaultKind] = ANY) -> Fault | None: ...


class NoMishaps:
    """Nothing is wrong."""

    def strikes_at(self, on: str) -> bool:
        del on
        return False

    def strike(self, on: str, *wallets: str, kinds: frozenset[FaultKind] = ANY) -> Fault | None:
        del on, wallets, kinds
        return None


def kinds_for(wanted: Terms, *, marketable: bool) -> frozenset[FaultKind]:
    """Which kinds can touch an order at all: no rule is used up by one that it passes by."""
    kinds = {FaultKind.DUPLICATED}
    if marketable:
        kinds |= {FaultKind.DELAYED, FaultKind.UNMATCHED}
        if wanted.immediate:
            kinds.add(FaultKind.KILLED_WITH_FILL)
    return frozenset(kinds)


def twist(fault: Fault | None) -> Twist:
    """What the fault makes of an order. Kinds that are about something else make nothing of it."""
    if fault is None:
        return STRAIGHT
    match fault.kind:
        case FaultKind.DELAYED:
            return Twist(delay_ms=max(fault.delay_ms, 1))
        case FaultKind.UNMATCHED:
            return Twist(delay_ms=fault.delay_ms, unmatched=True)
        case FaultKind.DUPLICATED:
            return Twist(duplicated=True)
        case FaultKind.KILLED_WITH_FILL:
            return Twist(fraction_ppm=min(int(fault.fraction * _PPM), _PPM - 1))
        case _:
            return STRAIGHT
