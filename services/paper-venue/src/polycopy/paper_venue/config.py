"""What the venue is told."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec
from pydantic import Field

from polycopy.paper_venue.core.limits.signer_limits import Limiting
from polycopy.paper_venue.core.scenarios.scenario import Scenario
from polycopy.paper_venue.core.scenarios.units import AMOUNT_MAX, MS_MAX
from polycopy.runtime import config
from polycopy.schemas.money import MICROS

PREFIX = "POLYCOPY_PAPER_VENUE_"


class Settings(config.Settings):
    """`scenario`: a file, or the name of a ready one; what is set here beside it wins.

    `source`: `resolved`, `seeded`, or the path of a recording. Ports: 0 takes any free one.
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
    scenario: str = ""
    source: str | None = Field(default=None, min_length=1, max_length=1000)
    seed: str | None = Field(default=None, min_length=1, max_length=200)
    trades: int | None = Field(default=None, ge=1, le=1_000_000)
    leaders: int | None = Field(default=None, ge=1, le=1000)
    pace_ms: int | None = Field(default=None, ge=0, le=MS_MAX)
    settle_ms: int | None = Field(default=None, ge=0, le=MS_MAX)
    balance_micros: int | None = Field(default=None, ge=0, le=AMOUNT_MAX * MICROS)

    rate_limits: Limiting | None = None
    key_delay_ms: int | None = Field(default=None, ge=0, le=MS_MAX)

    def over(self, scenario: Scenario) -> Scenario:
        """The scenario with what is set beside it."""
        venue = {
            "seed": self.seed,
            "settle_ms": self.settle_ms,
            "cash": _dollars(self),
            "rate_limits": self.rate_limits,
            "key_propagation_ms": self.key_delay_ms,
        }
        source = {
            "name": self.source,
            "trades": self.trades,
            "leaders": self.leaders,
            "pace_ms": self.pace_ms,
        }
        return msgspec.structs.replace(
            scenario,
            venue=msgspec.structs.replace(scenario.venue, **_set(venue)),
            source=msgspec.structs.replace(scenario.source, **_set(source)),
        )


def load(environ: Mapping[str, str]) -> Settings:
    return config.load(Settings, prefix=PREFIX, environ=environ)


def _dollars(settings: Settings) -> Decimal | None:
    balance = settings.balance_micros
    return None if balance is None else Decimal(balance) / MICROS


def _set(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if value is not None}
