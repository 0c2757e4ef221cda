"""What happened to our sources: `feeds.<source>.<event>`.

A source is `rtds`, `chain` or `poll`. It may have several connections (`FeedConnected`,
`FeedLost`); it has a gap while none of them delivers.
"""

from polycopy.schemas.event import Event
from polycopy.schemas.ids import TransactionHash

MISSED_NAMED_MAX = 20
"""So many transactions are named in a FeedMissed."""


class FeedConnected(Event, frozen=True, kw_only=True):
    """A connection of a source delivers from here on."""

    source: str
    connection: str
    at_ms: int


class FeedLost(Event, frozen=True, kw_only=True):
    """A connection stopped delivering; `last_frame_at_ms` is when it last brought anything."""

    source: str
    connection: str
    reason: str
    at_ms: int
    last_frame_at_ms: int = 0


class FeedGapOpened(Event, frozen=True, kw_only=True):
    """No connection of a source delivers: from `from_ms` on it may have missed trades."""

    source: str
    from_ms: int
    reason: str
    at_ms: int


class FeedGapClosed(Event, frozen=True, kw_only=True):
    """The source delivers again, and what happened between `from_ms` and `to_ms` was looked for.

    `recovered` trades of that time were found, by `by` (a source; empty where none could be asked).
    `unknown_wallets` could not be asked about by anybody: what they did then stays unknown.
    `wallets` were followed.
    """

    source: str
    from_ms: int
    to_ms: int
    by: str
    wallets: int
    recovered: int
    unknown_wallets: int
    at_ms: int
    reason: str = ""


class FeedMissed(Event, frozen=True, kw_only=True):
    """Trades that a source never brought, though it delivered: others did. `from_ms` and `to_ms`
    are the first and the last one's time of trade. Named are at most MISSED_NAMED_MAX."""

    source: str
    from_ms: int
    to_ms: int
    trades: int
    transactions: tuple[TransactionHash, ...]
    at_ms: int


FeedEvent = FeedConnected | FeedLost | FeedGapOpened | FeedGapClosed | FeedMissed
