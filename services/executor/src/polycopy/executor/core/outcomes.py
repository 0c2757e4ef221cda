"""What became of a request to the venue, for whoever judges how the venue is."""

from collections.abc import Callable

import msgspec

_TOO_MANY = 429
_SERVER_ERROR = 500


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """`name`: orders, cancels, or what was read. `http_status` 0: no answer came."""

    name: str
    http_status: int
    took_ms: int

    @property
    def is_trouble(self) -> bool:
        """No answer, one of a server at fault, or one that asks for fewer requests."""
        status = self.http_status
        return not status or status == _TOO_MANY or status >= _SERVER_ERROR


OnOutcome = Callable[[Outcome], None]
"""Is told of each request that left, at once. Must not raise."""
