"""Settings of the qualifier: those that every service has, and none of its own."""

from collections.abc import Mapping

from polycopy.runtime import config
from polycopy.runtime.config import Settings

PREFIX = "POLYCOPY_QUALIFIER_"


class QualifierSettings(Settings):
    """NATS_URL, NATS_MONITOR_URL, and HEALTH_PORT and LOG_LEVEL behind the prefix."""


def load(environ: Mapping[str, str]) -> QualifierSettings:
    """Raises ConfigFault with all faults."""
    return config.load(QualifierSettings, prefix=PREFIX, environ=environ)
