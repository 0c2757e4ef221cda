"""What happened to our sources: `feeds.<source>.<event>`."""

from polycopy.schemas.event import Event


class FeedConnected(Event, frozen=True, kw_only=True):
    """A source delivers from here on."""

    source: str
    connection: str
    at_ms: int


class FeedLost(Event, frozen=True, kw_only=True):
    """A source stopped delivering; trades between `last_frame_at_ms` and the next FeedConnected may
    be missing."""

    source: str
    connection: str
    reason: str
    at_ms: int
    last_frame_at_ms: int = 0


FeedEvent = FeedConnected | FeedLost
