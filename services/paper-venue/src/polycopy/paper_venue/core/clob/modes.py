"""What the venue lets anybody do: the modes that the whole exchange can be in (research 2.5)."""

from enum import StrEnum

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer
from polycopy.paper_venue.core.protocol.parsing import parsed

_MS = 1000
_SECOND_US = 1_000_000


class VenueMode(StrEnum):
    OPEN = "open"
    POST_ONLY = "post_only"
    CANCEL_ONLY = "cancel_only"
    DISABLED = "disabled"
    RESTARTING = "restarting"


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """A mode, and when it ends; 0: with the next word."""

    mode: VenueMode
    ends_at_us: int = 0

    def left_s(self, now_us: int) -> int:
        """Whole seconds to its end, one at least; 0 where nobody knows it."""
        if not self.ends_at_us:
            return 0
        return max(1, -(-(self.ends_at_us - now_us) // _SECOND_US))


OPEN = Phase(mode=VenueMode.OPEN)
_PLACING = frozenset({("POST", "/order"), ("POST", "/orders")})
_CANCELLING = frozenset(
    {
        ("DELETE", "/order"),
        ("DELETE", "/orders"),
        ("DELETE", "/cancel-all"),
        ("DELETE", "/cancel-market-orders"),
    }
)
_TRADING = _PLACING | _CANCELLING


class Modes:
    """One phase after the other; after the last one the venue is open."""

    def __init__(self) -> None:
        self._phases: list[Phase] = []

    def set(self, mode: VenueMode, now_us: int, *, for_ms: int = 0) -> None:
        """From now on, for so long or until the next word. Whatever was planned is off."""
        ends_at_us = now_us + for_ms * _MS if for_ms else 0
        self._phases = [] if mode is VenueMode.OPEN else [Phase(mode=mode, ends_at_us=ends_at_us)]

    def restart(self, now_us: int, *, restarting_ms: int, post_only_ms: int) -> None:
        """The engine restarts: 425 for a while, then only makers and cancels."""
        back_at_us = now_us + restarting_ms * _MS
        open_at_us = back_at_us + post_only_ms * _MS
        self._phases = [
            Phase(mode=VenueMode.RESTARTING, ends_at_us=back_at_us),
            Phase(mode=VenueMode.POST_ONLY, ends_at_us=open_at_us),
        ]

    def at(self, now_us: int) -> Phase:
        while self._phases and 0 < self._phases[0].ends_at_us <= now_us:
            self._phases.pop(0)
        return self._phases[0] if self._phases else OPEN


def refused(phase: Phase, method: str, path: str, body: bytes, now_us: int) -> Answer | None:
    """The venue's "no" to a request in this phase. None: as always. A batch in post-only mode is
    no whole's matter: its orders are answered one by one.

    A restarting engine takes neither orders nor cancels; what others hold (books, own orders) can
    still be read, which is how far the venue's "order-related" is taken here.
    """
    asked = (method, path)
    if phase.mode is VenueMode.OPEN or asked not in _TRADING:
        return None
    if phase.mode is VenueMode.RESTARTING:
        return Answer(425, wire.error(refusals.RESTARTING.text), _retry_after(phase, now_us))
    if phase.mode is VenueMode.DISABLED:
        return Answer(503, wire.error(refusals.TRADING_DISABLED.text))
    if asked in _CANCELLING:
        return None
    if phase.mode is VenueMode.CANCEL_ONLY:
        return Answer(503, wire.error(refusals.CANCEL_ONLY.text))
    if path == "/orders" or is_post_only(body):
        return None
    return _post_only(phase, now_us)


def is_post_only(raw: bytes) -> bool:
    """Whether an order's body asks to rest or to fail. One that cannot be read is let through to
    whoever says what is wrong with it."""
    wish = parsed(raw, _Wish)
    return wish is None or wish.postOnly


class _Wish(msgspec.Struct):
    postOnly: bool = False  # noqa: N815 - the venue's name


def _post_only(phase: Phase, now_us: int) -> Answer:
    body: wire.Body = {"error": refusals.POST_ONLY.text, "code": "post_only_mode"}
    left_s = phase.left_s(now_us)
    if left_s:
        body["retry_after_seconds"] = left_s
    return Answer(503, wire.encode(body), _retry_after(phase, now_us))


def _retry_after(phase: Phase, now_us: int) -> tuple[tuple[str, str], ...]:
    left_s = phase.left_s(now_us)
    return (("Retry-After", str(left_s)),) if left_s else ()
