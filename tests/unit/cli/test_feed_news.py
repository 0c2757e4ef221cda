"""What `polycopy up` tells of the sources of leader trades."""

import msgspec
import pytest

from polycopy.cli.core.news import feed_line
from polycopy.schemas.feeds import FeedConnected, FeedGapClosed, FeedGapOpened

OPENED = FeedGapOpened(source="rtds", from_ms=1_000, reason="no data for 30 s", at_ms=31_000)
CLOSED = FeedGapClosed(
    source="rtds",
    from_ms=1_000,
    to_ms=91_000,
    by="chain",
    wallets=3,
    recovered=2,
    unknown_wallets=0,
    at_ms=95_000,
    reason="no data for 30 s",
)


def test_a_source_that_falls_silent_is_told_with_the_reason() -> None:
    told = "rtds is silent (no data for 30 s): what is missed is looked for when it is back"
    assert feed_line(OPENED) == told


def test_its_return_is_told_with_what_was_found() -> None:
    told = (
        "rtds is heard, after 90 s of silence (no data for 30 s): "
        "2 trades of that time came by other ways"
    )
    assert feed_line(CLOSED) == told
    unknown = msgspec.structs.replace(CLOSED, unknown_wallets=1)
    assert feed_line(unknown) == f"{told}; of 1 wallet nobody could tell"


@pytest.mark.parametrize("reason", ["not running", "stopped"])
def test_our_own_stops_are_told_when_their_time_was_looked_through(reason: str) -> None:
    assert feed_line(msgspec.structs.replace(OPENED, reason=reason)) == ""


def test_a_connection_is_no_news() -> None:
    assert feed_line(FeedConnected(source="rtds", connection="a", at_ms=1)) == ""
