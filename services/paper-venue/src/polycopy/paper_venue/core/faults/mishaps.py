"""What the faults that are switched on make of orders and balances, in the engine's own terms."""

from typing import Protocol

from polycopy.paper_venue.core.engine.placing import STRAIGHT, Twist
from polycopy.paper_venue.core.faults.rules import Fault, FaultKind

_PPM = 1_000_000


class Mishaps(Protocol):
    """The faults that are on. `strike` uses one up: ask once for each thing that happens."""

    def strike(self, on: str, wallet: str) -> Fault | None: ...


class NoMishaps:
    """Nothing is wrong."""

    def strike(self, on: str, wallet: str) -> Fault | None:
        del on, wallet
        return None


def twist(fault: Fault | None) -> Twist:
    """What the fault makes of an order. Kinds that are about something else make nothing of it."""
    if fault is None:
        return STRAIGHT
    match fault.kind:
        case FaultKind.DELAYED:
            return Twist(delay_ms=max(fault.delay_ms, 1))
        case FaultKind.UNMATCHED:
            return Twist(delay_ms=max(fault.delay_ms, 1), unmatched=True)
        case FaultKind.DUPLICATED:
            return Twist(duplicated=True)
        case FaultKind.KILLED_WITH_FILL:
            return Twist(fraction_ppm=round(fault.fraction * _PPM))
        case _:
            return STRAIGHT
