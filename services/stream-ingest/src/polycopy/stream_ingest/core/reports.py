"""What the sources bring."""

import msgspec

from polycopy.polymarket.leader_rows import ActivityRow, HashlessRow, LeaderRow
from polycopy.polymarket.wire import Unreadable

RTDS, CHAIN, POLL = "rtds", "chain", "poll"
SOURCES = (RTDS, CHAIN, POLL)
LAST_WORD = frozenset({CHAIN, POLL})
"""Sources that read what was settled, and can be asked again."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message of the activity feed, not read yet: most are about strangers. `slot` numbers the
    connections that run side by side, `session` tells one connection of a slot from the next;
    `received_at_ms` is on our clock."""

    raw: bytes
    slot: int
    session: str
    received_at_ms: int


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Rows that a source brought at once. Within one `session` rows of a trade add up, over
    sessions the largest sum counts: whoever reads the same rows again begins a new session, or
    names the places of rows (of the chain the session is the block, whoever read it).
    `raw` is what it was read from, where it can be captured."""

    source: str
    session: str
    received_at_ms: int
    rows: tuple[LeaderRow | ActivityRow | HashlessRow | Unreadable, ...]
    raw: bytes = b""
