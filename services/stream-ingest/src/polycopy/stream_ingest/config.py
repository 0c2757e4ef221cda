"""Settings of stream-ingest."""

from collections.abc import Mapping

from pydantic import Field

from polycopy.runtime import config
from polycopy.runtime.config import Settings

PREFIX = "POLYCOPY_STREAM_INGEST_"


class StreamIngestSettings(Settings):
    """`connections` run side by side and cover each other's gaps. A connection that brings no data
    for `watchdog_s` is given up and made again: the venue's feed stalls while its socket stays
    open."""

    rtds_url: str = Field(default="wss://ws-live-data.polymarket.com", pattern=r"^wss?://.+")
    connections: int = Field(default=1, ge=1, le=4)
    watchdog_s: float = Field(default=30.0, gt=0, le=600)


def load(environ: Mapping[str, str]) -> StreamIngestSettings:
    """Raises ConfigFault with all faults."""
    return config.load(StreamIngestSettings, prefix=PREFIX, environ=environ)
