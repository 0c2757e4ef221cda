"""Settings of the program itself: where stacks are kept, and servers that are not ours to start."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from polycopy.cli.core.plan import Servers
from polycopy.runtime.config import ConfigFault

_NOT_A_SERVICE = ("POLYCOPY_HOME", "POLYCOPY_TEST_")
_SERVER_KEYS = ("NATS_URL", "DATABASE_URL")


class CliSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`servers` None means the embedded stack. `given` are the settings of the services, handed on
    to each by its prefix."""

    home: Path = Path(".polycopy")
    servers: Servers | None = None
    given: Mapping[str, str] = {}


def load(environ: Mapping[str, str]) -> CliSettings:
    """Raises ConfigFault where one server is named and the other is not. Settings that no service
    takes are the concern of whoever starts services: `halt` works whatever else is wrong."""
    given = {
        key: value
        for key, value in environ.items()
        if key.startswith("POLYCOPY_") and not key.startswith(_NOT_A_SERVICE)
    }
    missing = [key for key in _SERVER_KEYS if not environ.get(key)]
    if len(missing) == 1:
        present = next(key for key in _SERVER_KEYS if key not in missing)
        raise ConfigFault(f"{present} is set and {missing[0]} is not: set both or neither")
    return CliSettings(
        home=Path(environ.get("POLYCOPY_HOME", ".polycopy")),
        servers=None
        if missing
        else Servers(
            nats_url=environ["NATS_URL"],
            nats_monitor_url=environ.get("NATS_MONITOR_URL", ""),
            database_url=environ["DATABASE_URL"],
        ),
        given=given,
    )
