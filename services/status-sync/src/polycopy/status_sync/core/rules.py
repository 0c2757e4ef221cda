"""Everything that is counted and waited for, with its defaults. Each span is a setting, too."""

import msgspec

ORDER = "order"
OPEN_ORDERS = "open-orders"
TRADES = "trades"
SOURCES = (ORDER, OPEN_ORDERS, TRADES)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Rounds of questions follow each other after `poll_ms` where something may have been missed,
    an outcome is unknown, or the socket told nothing for `silent_ms` of an order that should move;
    after `poll_fresh_ms` where the socket is at work and something is owed; after `sweep_ms`
    otherwise, for what others do with the wallet and for late reversals.
    """

    poll_ms: int = 2_000
    poll_fresh_ms: int = 10_000
    sweep_ms: int = 60_000
    silent_ms: int = 15_000

    lost_count: int = 3
    """So many denials in a row make an order lost."""
    lost_interval_ms: int = 10_000
    """The next one counts no sooner than that after the last."""
    resend_max_ms: int = 60_000
    """So long after its request the executor may send an order's bytes again. Where it tells of
    longer in its epoch, that holds."""
    lost_grace_ms: int = 60_000
    """Denials begin to count so long after that, or after the venue last had the order. It covers a
    POST on its way, a match that is delayed, and clocks that differ."""
    lost_sources: tuple[str, ...] = SOURCES
    """Which must deny. Without the look for the order itself nothing is lost, and of what never
    rests the trades must be known."""
    lost_watch_ms: int = 60_000
    """How often a lost order is asked for."""

    overlap_ms: int = 300_000
    """Trades are read again so far back: they are listed late, and clocks differ."""
    blind_overlap_ms: int = 3_600_000
    """The same where something was missed: a fill, or its failure, can trail an order's end."""
    behind_ms: int = 10_000
    """Reads that fail for so long leave us behind, though the socket is there."""

    dataless_ms: int = 300_000
    """A socket that brought no data for so long, while something was owed, is made anew."""
    deaf_ms: int = 15_000
    """So long after it was found by asking a fact may still be told by the socket."""

    balance_every_ms: int = 60_000
    """Between two looks at one balance."""
    balance_settled_ms: int = 30_000
    """A balance is looked at when the last event of its token is so long past."""
