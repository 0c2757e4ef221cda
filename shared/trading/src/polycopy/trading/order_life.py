"""The life of an order at the venue: a table of (state, event) → state.

The life is about matching. FILLED means that the venue matched all of it; whether a match also
settled is said by the fill (`FillStatus`), so FillConfirmed and FillReverted move money and never
the state. Messages come in any order: a fill or a cancel may be known before the answer to our own
POST. A pair that is not in the table contradicts what is known; it is an anomaly and leaves the
state as it was.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from polycopy.schemas.event import Event
from polycopy.schemas.orders import (
    FillConfirmed,
    FillReverted,
    OrderCancelAnswered,
    OrderCancelled,
    OrderCancelRequested,
    OrderExamined,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderLost,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderRecovered,
    OrderUncertain,
)


class OrderState(StrEnum):
    """What is known about an order."""

    REQUESTED = "requested"
    """Decided and locked; nothing is known of the venue's answer."""
    UNCERTAIN = "uncertain"
    """Sent, outcome unknown."""
    OPEN = "open"
    """The venue knows it; nothing matched yet."""
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    """All of it was matched, to within the dust."""
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"
    """The venue proved that it rejected it."""
    LOST = "lost"
    """Every source denies it. Not an end: it is watched, and may turn up."""


_S = OrderState

TERMINAL: frozenset[OrderState] = frozenset({_S.FILLED, _S.CANCELLED, _S.EXPIRED, _S.FAILED})
"""Nothing more is expected. A fill can still trail, and counts."""

UNLOCKED: frozenset[OrderState] = TERMINAL | {_S.LOST}
"""Nothing is locked in these."""

UNRESOLVED: frozenset[OrderState] = frozenset({_S.REQUESTED, _S.UNCERTAIN})
"""The venue must be asked about these."""

_CHANGES: dict[type[Event], dict[OrderState, OrderState]] = {
    OrderPlaced: {_S.REQUESTED: _S.OPEN, _S.UNCERTAIN: _S.OPEN, _S.LOST: _S.OPEN},
    OrderUncertain: {_S.REQUESTED: _S.UNCERTAIN},
    OrderFailed: {_S.REQUESTED: _S.FAILED, _S.UNCERTAIN: _S.FAILED, _S.LOST: _S.FAILED},
    OrderPartiallyFilled: {
        _S.REQUESTED: _S.PARTIALLY_FILLED,
        _S.UNCERTAIN: _S.PARTIALLY_FILLED,
        _S.OPEN: _S.PARTIALLY_FILLED,
    },
    OrderFilled: {state: _S.FILLED for state in OrderState if state is not _S.FILLED},
    OrderCancelled: {state: _S.CANCELLED for state in OrderState if state not in TERMINAL},
    OrderExpired: {state: _S.EXPIRED for state in OrderState if state not in TERMINAL},
    OrderLost: {state: _S.LOST for state in OrderState if state not in UNLOCKED},
    OrderRecovered: {_S.LOST: _S.OPEN},
}

# Heard, and changing nothing: repetitions, and what a faster source told before.
_HARMLESS: dict[type[Event], frozenset[OrderState]] = {
    OrderPlaced: frozenset(OrderState) - UNRESOLVED - {_S.FAILED, _S.LOST},
    OrderUncertain: frozenset({_S.UNCERTAIN, _S.LOST}),
    OrderFailed: frozenset({_S.FAILED, _S.CANCELLED, _S.EXPIRED}),
    OrderPartiallyFilled: UNLOCKED | {_S.PARTIALLY_FILLED},
    OrderFilled: frozenset({_S.FILLED}),
    OrderCancelled: TERMINAL,
    OrderExpired: TERMINAL,
    OrderLost: UNLOCKED,
    OrderRecovered: frozenset(OrderState) - {_S.LOST},
    OrderExamined: frozenset(OrderState),
    OrderCancelRequested: frozenset(OrderState),
    OrderCancelAnswered: frozenset(OrderState),
    FillConfirmed: frozenset(OrderState),
    FillReverted: frozenset(OrderState),
}

TRANSITIONS: Mapping[tuple[OrderState, type[Event]], OrderState] = MappingProxyType(
    {
        (before, kind): after
        for kind, changes in _CHANGES.items()
        for before, after in changes.items()
    }
    | {(state, kind): state for kind, states in _HARMLESS.items() for state in states}
)
"""Every legal pair; a pair that maps to its own state is harmless."""


def mermaid() -> str:
    """The changes of the table as a Mermaid state diagram, for the README. Ends in a newline."""
    arrows: dict[tuple[OrderState, OrderState], list[str]] = {}
    for kind, changes in _CHANGES.items():
        for before, after in changes.items():
            arrows.setdefault((before, after), []).append(kind.__name__)
    lines = ["stateDiagram-v2", "    [*] --> REQUESTED: OrderRequested"]
    lines += [
        f"    {before.name} --> {after.name}: {', '.join(arrows[before, after])}"
        for before in OrderState
        for after in OrderState
        if (before, after) in arrows
    ]
    lines += [f"    {state.name} --> [*]" for state in OrderState if state in TERMINAL]
    return "\n".join(lines) + "\n"
