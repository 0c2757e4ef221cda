"""The circuit breaker: when the venue behaves as before a loss, take no entries for a while.

Four kinds of trouble open it, each counted in a window of its own: answers that prove nothing
(5xx, timeouts), rejects for lack of a balance that we have (the venue's stale sum of matched
orders), rejects of any order whatever it says (trading paused, our key no longer welcome), and
matches that failed to settle. It opens for a time that doubles with each opening in a
row; after that one entry is let through, whose outcome closes it or opens it again.

Own code: the libraries wrap a call and count its exceptions, and here nothing is raised, one order
in three states is told by two sources, and the state must be a value that a refusal can quote.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import msgspec

CLOSED = "closed"
_OPEN_MS = 30_000
_OPEN_MS_MAX = 600_000
_TRIAL_MS_MAX = 60_000
"""So long the one entry that is let through may stay without an outcome."""


class Trouble(StrEnum):
    """What went wrong at the venue, in the words of a refusal."""

    NO_ANSWER = "order requests without a proven answer"
    STALE_BALANCE = "rejects for lack of a balance that is there"
    CLOSED = "rejects of any order, whatever it says"
    SETTLEMENT = "matches that failed to settle"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """So many within the window open it."""

    count: int
    window_ms: int


RULES: Mapping[Trouble, Rule] = MappingProxyType(
    {
        Trouble.NO_ANSWER: Rule(count=5, window_ms=60_000),
        Trouble.STALE_BALANCE: Rule(count=3, window_ms=120_000),
        Trouble.CLOSED: Rule(count=5, window_ms=60_000),
        Trouble.SETTLEMENT: Rule(count=3, window_ms=600_000),
    }
)


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """`times`: the recent troubles. `openings`: how often in a row it opened; 0: closed."""

    times: tuple[tuple[Trouble, int], ...] = ()
    openings: int = 0
    open_until_ms: int = 0
    trial_until_ms: int = 0
    because: str = ""


def troubled(breaker: Breaker, trouble: Trouble, at_ms: int) -> Breaker:
    """One more of its kind. While it waits or tries, trouble opens it again, for twice as long."""
    recent = tuple(
        (kind, time_ms)
        for kind, time_ms in breaker.times
        if at_ms - time_ms < RULES[kind].window_ms
    )
    times = (*recent, (trouble, at_ms))
    breaker = msgspec.structs.replace(breaker, times=times)
    count = sum(kind is trouble for kind, _ in times)
    if breaker.openings and at_ms < breaker.open_until_ms:
        return breaker  # What was on its way when it opened tells nothing new.
    if not breaker.openings and count < RULES[trouble].count:
        return breaker
    rule = RULES[trouble]
    open_ms = min(_OPEN_MS << breaker.openings, _OPEN_MS_MAX)
    return msgspec.structs.replace(
        breaker,
        openings=breaker.openings + 1,
        open_until_ms=at_ms + open_ms,
        trial_until_ms=0,
        because=f"{count} {trouble} within {rule.window_ms // 1000} s",
    )


def proven(breaker: Breaker, at_ms: int) -> Breaker:
    """The venue proved an outcome. Once its time is over that closes the breaker."""
    if breaker.openings and at_ms >= breaker.open_until_ms:
        return Breaker()
    return breaker


def why_open(breaker: Breaker, at_ms: int) -> str:
    """Why no entry may be sent now; "" where one may."""
    if not breaker.openings:
        return ""
    if at_ms < breaker.open_until_ms:
        return f"{breaker.because}; next try in {(breaker.open_until_ms - at_ms) // 1000} s"
    if at_ms < breaker.trial_until_ms:
        return f"{breaker.because}; one order is trying"
    return ""


def words(breaker: Breaker, at_ms: int) -> str:
    """How it is, for an operator: CLOSED, or why not."""
    if not breaker.openings:
        return CLOSED
    return f"open: {why_open(breaker, at_ms) or f'{breaker.because}; the next order tries'}"


def news(before: Breaker, after: Breaker, at_ms: int) -> str:
    """What an operator should be told of a change; "" where it neither opened nor closed."""
    if after.openings > before.openings:
        return f"the circuit breaker opens, no entries: {why_open(after, at_ms)}"
    if before.openings and not after.openings:
        return "the circuit breaker closes: the venue takes orders again"
    return ""


def tried(breaker: Breaker, at_ms: int) -> Breaker:
    """An entry is about to be sent: where the breaker is open, it is the one that tries."""
    if not breaker.openings or at_ms < breaker.open_until_ms:
        return breaker
    return msgspec.structs.replace(breaker, trial_until_ms=at_ms + _TRIAL_MS_MAX)


def untried(breaker: Breaker) -> Breaker:
    """The entry that was to try never left."""
    return msgspec.structs.replace(breaker, trial_until_ms=0)
