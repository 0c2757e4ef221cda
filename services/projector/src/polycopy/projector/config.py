"""Settings of the projector."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from polycopy.readmodel.address import check_address
from polycopy.runtime import config
from polycopy.runtime.config import Settings

PREFIX = "POLYCOPY_PROJECTOR_"


class ProjectorSettings(Settings):
    """`schema_name` is the version to write. `until` is the log's sequence after which to end, as a
    rebuild to compare with does; 0 goes on for ever. A batch is never waited for: `batch_max` only
    bounds it."""

    database_url: Annotated[str, AfterValidator(check_address)] = Field(
        validation_alias="DATABASE_URL"
    )
    schema_name: str = Field(
        default="rm_v1", pattern=r"^rm_[a-z0-9_]{1,50}$", validation_alias=f"{PREFIX}SCHEMA"
    )
    batch_max: int = Field(default=500, ge=1, le=10_000)
    until: int = Field(default=0, ge=0)


def load(environ: Mapping[str, str]) -> ProjectorSettings:
    """Raises ConfigFault with all faults."""
    return config.load(ProjectorSettings, prefix=PREFIX, environ=environ)
