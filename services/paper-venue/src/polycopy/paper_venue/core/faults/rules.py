"""What can go wrong, as an order to the venue: which requests, trades or messages, how often, how.

Every fault is one that the real venue has shown (research 2, 3, 6 and 7). A fault is switched on by
a scenario or through the control port, and nothing is wrong that nobody asked for.

A request's fault says in `on` what it strikes: "METHOD /path", or whole parts of it from the left:
"POST /order" strikes orders and no batch ("POST /orders"), "GET /data" all three reads below it,
"DELETE" every cancel.
"""

from enum import StrEnum

import msgspec


class FaultKind(StrEnum):
    """Grouped by where they strike: a request, an order, a trade, a balance, a socket."""

    # A request: `on` as above.
    GEOBLOCKED = "geoblocked"  # 403 at the edge, with the venue's own text
    LOST_BEFORE = "lost_before"  # the connection closes, the venue has seen nothing
    LOST_AFTER = "lost_after"  # the venue has done it, the connection closes
    ERROR_BEFORE = "error_before"  # `status` and `text` instead of doing it
    ERROR_AFTER = "error_after"  # done, and then `status` and `text`
    SLOW = "slow"  # `delay_ms` before the venue looks at it
    SLOW_ANSWER = "slow_answer"  # done at once, answered `delay_ms` later
    MISSING_KEYS = "missing_keys"  # done; `keys` are left out of the answer
    NULL_ANSWER = "null_answer"  # done; the answer is `null`
    GARBAGE = "garbage"  # done; the answer is a gateway's page of HTML with `status`
    KEY_LAPSED = "key_lapsed"  # 401 for this API key until it is derived again
    # An order: `on` is "order".
    DELAYED = "delayed"  # taken as `delayed`, decided `delay_ms` later
    UNMATCHED = "unmatched"  # the same, and nothing matches then
    DUPLICATED = "duplicated"  # taken, and answered "Duplicated."
    KILLED_WITH_FILL = "killed_with_fill"  # answered as killed, `fraction` of it filled
    # A trade: `on` is "trade".
    SETTLE_FAILED = "settle_failed"  # ends in FAILED: a ghost fill
    SETTLE_RETRIED = "settle_retried"  # RETRYING, then mined under another hash
    SETTLE_STUCK = "settle_stuck"  # stays MATCHED
    # A wallet's cached balance: `on` is "balance".
    STALE_BALANCE = "stale_balance"  # matched amounts stay set aside until it is refreshed
    # A socket's messages: `on` is "user", "market" or "rtds".
    STALL = "stall"  # silence for `delay_ms` (0: for ever), PING is still answered
    BURST = "burst"  # held back for `delay_ms`, then all at once
    GAP = "gap"  # the message is never sent
    DUPLICATE = "duplicate"  # sent twice
    REORDER = "reorder"  # sent after the message that follows it
    STALE = "stale"  # its times lie `delay_ms` in the past
    NO_HASH = "no_hash"  # without a transaction hash
    NO_OUTCOME = "no_outcome"  # `outcomeIndex` 999
    DISCONNECT = "disconnect"  # the connection closes before it


AFTER = frozenset(
    {
        FaultKind.LOST_AFTER,
        FaultKind.ERROR_AFTER,
        FaultKind.SLOW_ANSWER,
        FaultKind.MISSING_KEYS,
        FaultKind.NULL_ANSWER,
        FaultKind.GARBAGE,
    }
)
"""What strikes the answer of a request that was done. One such and one of `BEFORE` can meet."""
BEFORE = frozenset(
    {
        FaultKind.GEOBLOCKED,
        FaultKind.LOST_BEFORE,
        FaultKind.ERROR_BEFORE,
        FaultKind.SLOW,
        FaultKind.KEY_LAPSED,
    }
)
ORDER = frozenset(
    {
        FaultKind.DELAYED,
        FaultKind.UNMATCHED,
        FaultKind.DUPLICATED,
        FaultKind.KILLED_WITH_FILL,
    }
)
TRADE = frozenset({FaultKind.SETTLE_FAILED, FaultKind.SETTLE_RETRIED, FaultKind.SETTLE_STUCK})
BALANCE = frozenset({FaultKind.STALE_BALANCE})
SOCKET = frozenset(FaultKind) - AFTER - BEFORE - ORDER - TRADE - BALANCE
ANY = frozenset(FaultKind)
_OF_NO_FEED = SOCKET - {FaultKind.NO_OUTCOME}
PLACES = {
    "order": ORDER,
    "trade": TRADE,
    "balance": BALANCE,
    "user": _OF_NO_FEED,
    "market": _OF_NO_FEED,
    "rtds": SOCKET,
}
"""Where a fault that is no request's may strike, and which kinds can."""


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule. Of the things that it fits it lets `skip` pass, then strikes each with
    `probability`, at most `times` times (0: without end).

    `wallet` narrows it to one trader: the EOA behind the API key, or the maker; for a message of
    the activity feed the trader told about.
    """

    kind: FaultKind
    on: str
    name: str = ""
    wallet: str = ""
    probability: float = 1.0
    skip: int = 0
    times: int = 0
    status: int = 500
    text: str = "could not run the execution"
    retry_after_s: int = 0
    delay_ms: int = 0
    fraction: float = 0.5
    keys: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """The name, or what stands for it: two nameless faults of one kind and aim are one."""
        return self.name or " ".join(filter(None, (self.kind.value, self.on, self.wallet.lower())))
