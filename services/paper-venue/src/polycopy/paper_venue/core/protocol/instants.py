"""Times as the venue's JSON has them."""

from datetime import UTC, datetime


def rfc3339(at_s: int) -> str:
    """`2026-06-30T00:00:00Z`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def calendar_day(at_s: int) -> str:
    """`2026-06-30`; 0 is the venue's word for "nobody said", `1970-01-01`."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"


def spaced(at_s: int) -> str:
    """`2026-05-09 02:07:01+00`, the database's own form, in which the venue shows some times."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M:%S}+00"
