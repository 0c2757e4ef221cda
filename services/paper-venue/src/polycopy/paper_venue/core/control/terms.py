"""A scenario's `[venue]` in the engine's own terms."""

from datetime import datetime

import msgspec

from polycopy.paper_venue.core.chain.settlement import Terms
from polycopy.paper_venue.core.clob.desk import Newcomers
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.scenarios.commands import SetVenue
from polycopy.paper_venue.core.scenarios.scenario import ClockKind, VenueTable
from polycopy.paper_venue.core.scenarios.units import bounds, in_micros

_PPM = 1_000_000
_US_PER_S = 1_000_000


def settlement_terms(venue: VenueTable) -> Terms:
    least_ms, most_ms = bounds(venue.settle_ms)
    feed_least_ms, feed_most_ms = bounds(venue.rtds_delay_ms)
    return Terms(
        least_ms=least_ms,
        most_ms=most_ms,
        failed_ppm=int(venue.failed * _PPM),
        retried_ppm=int(venue.retried * _PPM),
        feed_least_ms=feed_least_ms,
        feed_most_ms=feed_most_ms,
    )


def index_delay(venue: VenueTable) -> IndexDelay:
    least_ms, most_ms = bounds(venue.index_delay_ms)
    return IndexDelay(least_us=least_ms * 1000, most_us=most_ms * 1000)


def newcomers(venue: VenueTable) -> Newcomers:
    return Newcomers(
        balance_micros=in_micros(venue.cash),
        allowance_micros=None if venue.allowance is None else in_micros(venue.allowance),
        legacy=venue.legacy,
        key_delay_ms=venue.key_propagation_ms,
    )


def changed(venue: VenueTable, command: SetVenue) -> VenueTable:
    """What is not named stays. ValueError: the shares are together more than all."""
    said = {
        name: value
        for name in command.__struct_fields__
        if (value := getattr(command, name)) is not None
    }
    after = msgspec.structs.replace(venue, **said)
    if after.failed + after.retried > 1:
        raise ValueError("failed and retried: together at most 1")
    return after


def started_us(venue: VenueTable, now_us: int) -> int | None:
    """Where a manual clock begins to stand; None: it runs."""
    if venue.clock is ClockKind.REAL:
        return None
    return now_us if venue.starts_at is None else in_us(venue.starts_at)


def in_us(at: datetime) -> int:
    return int(at.timestamp()) * _US_PER_S + at.microsecond
