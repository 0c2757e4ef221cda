"""What the venue is told."""

from collections.abc import Mapping

from pydantic import Field

from polycopy.paper_venue.core.signer_limits import Limiting
from polycopy.runtime import config
from polycopy.schemas.money import MICROS

PREFIX = "POLYCOPY_PAPER_VENUE_"


class Settings(config.Settings):
    """`source`: `resolved`, `seeded`, or the path of a recording. Ports: 0 takes any free one.

    `pace_ms` 0 leaves the emission of leader trades to the control port. `settle_ms` is the time
    from a match to its confirmation. `rate_limits`: `off`, `warning` (told, nobody is turned away)
    or `enforced`. A new API key is known `key_delay_ms` after it was made. The venue talks to no
    log: `nats_url` is not used.
    """

    nats_url: str = Field(default="", validation_alias="NATS_URL")
    port: int = Field(default=0, ge=0, le=65535)
    control_port: int = Field(default=0, ge=0, le=65535)
    data_port: int = Field(default=0, ge=0, le=65535)
    gamma_port: int = Field(default=0, ge=0, le=65535)
    rpc_port: int = Field(default=0, ge=0, le=65535)
    source: str = Field(default="resolved", min_length=1)
    seed: str = "1"
    trades: int = Field(default=25, ge=1, le=1_000_000)
    leaders: int = Field(default=4, ge=1, le=1000)
    pace_ms: int = Field(default=0, ge=0)
    settle_ms: int = Field(default=2000, ge=0)
    balance_micros: int = Field(default=10_000 * MICROS, ge=0)
    rate_limits: Limiting = Limiting.WARNING
    key_delay_ms: int = Field(default=0, ge=0)


def load(environ: Mapping[str, str]) -> Settings:
    return config.load(Settings, prefix=PREFIX, environ=environ)
