"""The executor's patience."""

import msgspec

_FIRST_WAIT_MS = 1_000
_WAIT_MS_MAX = 10_000
_DOUBLINGS_MAX = 10


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How old a signal may be when it is taken up, and an order when its bytes are sent again.
    `pauses_s`: before each further try at a market that cannot be read while the venue answers; for
    so long, and no longer, the signals behind it wait. `balance_wait_s`: between a reject for a
    balance that is there and the second attempt. `behind_s_max`: for so long after its account fell
    behind the venue, and no longer, an entry and the signals behind it wait for it to catch up.
    `drain_s_max`: for what is in hand when told to end."""

    signal_age_ms_max: int = 60_000
    resend_ms_max: int = 60_000
    pauses_s: tuple[float, ...] = (0.25, 0.5, 0.75)
    balance_wait_s: float = 0.5
    behind_s_max: float = 5.0
    drain_s_max: float = 8.0


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Until when the venue is left alone about an order that it denied so many times in a row."""

    until_ms: int = 0
    denials: int = 0


def denied_again(wait: Wait, now_ms: int) -> Wait:
    """Twice as long as the last time: 1 s, 2 s, 4 s, 8 s, then every 10 s."""
    doublings = min(wait.denials, _DOUBLINGS_MAX)
    wait_ms = min(_FIRST_WAIT_MS << doublings, _WAIT_MS_MAX)
    return Wait(until_ms=now_ms + wait_ms, denials=wait.denials + 1)
