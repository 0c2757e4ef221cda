"""Settings of stream-ingest."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from polycopy.polymarket.rtds_session import Rules
from polycopy.runtime import config
from polycopy.runtime.config import Settings
from polycopy.stream_ingest.adapters.data_api import Polling
from polycopy.stream_ingest.adapters.sources import Wanted
from polycopy.stream_ingest.core.poll_schedule import Pace

PREFIX = "POLYCOPY_STREAM_INGEST_"
_WEB = r"^https?://.+"
_SOCKET = r"^wss?://.+"


class StreamIngestSettings(Settings):
    """Where leader trades come from. Each source can be switched off; the chain is off as long as
    no node is named, for nobody gives one away.

    `connections` of the activity feed run side by side and cover each other's gaps. One that brings
    no data, or only data older than a minute, for `watchdog_s` is given up and made again, and each
    is made again after `renew_s`. A trade that was made longer than `stale_s` ago is marked, and
    no strategy copies it.
    """

    rtds: bool = True
    rtds_url: str = Field(default="wss://ws-live-data.polymarket.com", pattern=_SOCKET)
    connections: int = Field(default=2, ge=1, le=4)
    watchdog_s: float = Field(default=30.0, gt=0, le=600)
    renew_s: float = Field(default=600.0, ge=10, le=86_400)
    poll: bool = True
    data_url: str = Field(default="https://data-api.polymarket.com", pattern=_WEB)
    poll_s: float = Field(default=5.0, ge=1, le=600)
    sweep_s: float = Field(default=60.0, ge=1, le=3_600)
    requests_per_s: int = Field(default=30, ge=1, le=100)
    chain: bool = True
    chain_ws_url: str = Field(default="", pattern=rf"^$|{_SOCKET}")
    chain_url: str = Field(default="", pattern=rf"^$|{_WEB}")
    reference: bool = True
    reference_per_s: int = Field(default=5, ge=1, le=50)
    gamma_url: str = Field(default="https://gamma-api.polymarket.com", pattern=_WEB)
    clob_url: str = Field(default="https://clob.polymarket.com", pattern=_WEB)
    stale_s: float = Field(default=60.0, ge=1, le=3_600)
    record: Literal["off", "followed", "all"] = "off"

    @model_validator(mode="after")
    def _hears_something(self) -> Self:
        if not (self.rtds or self.poll or (self.chain and self.chain_ws_url)):
            raise ValueError("every source is off: set RTDS, POLL or, with a node, CHAIN_WS_URL")
        return self


def wanted(settings: StreamIngestSettings) -> Wanted:
    """What is switched on."""
    return Wanted(
        rtds_url=settings.rtds_url if settings.rtds else "",
        connections=settings.connections,
        rules=Rules(silence_ms=_ms(settings.watchdog_s), life_ms=_ms(settings.renew_s)),
        data_url=settings.data_url if settings.poll else "",
        polling=Polling(
            pace=Pace(every_ms=_ms(settings.poll_s), sweep_ms=_ms(settings.sweep_s)),
            per_second=settings.requests_per_s,
        ),
        chain_ws_url=settings.chain_ws_url if settings.chain else "",
        chain_url=settings.chain_url if settings.chain else "",
    )


def load(environ: Mapping[str, str]) -> StreamIngestSettings:
    """Raises ConfigFault with all faults."""
    return config.load(StreamIngestSettings, prefix=PREFIX, environ=environ)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
