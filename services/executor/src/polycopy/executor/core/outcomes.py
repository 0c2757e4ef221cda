"""What became of a request to the venue, for whoever judges how the venue is."""

from collections.abc import Callable

import msgspec


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: orders, cancels, or what was read. `http_status` 0: no answer came."""

    name: str
    http_status: int
    took_ms: int


OnOutcome = Callable[[Outcome], None]
"""Is told of each request that left, at once. Must not raise."""


def unheard(outcome: Outcome) -> None:
    """Nobody judges."""
    del outcome
