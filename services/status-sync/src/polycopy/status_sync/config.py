"""Settings of status-sync."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from pydantic import BeforeValidator, Field, InstanceOf

from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime import config
from polycopy.runtime.config import AccountName, Settings, secret_from

PREFIX = "POLYCOPY_STATUS_SYNC_"


def _credentials(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(secret_from(value).get_secret_value(), type=ApiCredentials)
    except msgspec.MsgspecError:
        raise ValueError("the file holds no API credentials") from None


class StatusSyncSettings(Settings):
    """`api_file`: what `python -m polycopy.executor --make-api-key` wrote."""

    clob_url: str = Field(pattern=r"^https?://")
    user_ws_url: str = Field(pattern=r"^wss?://")
    account: AccountName
    api_file: Annotated[InstanceOf[ApiCredentials], BeforeValidator(_credentials)]
    poll_s: float = Field(default=2, gt=0, le=60)
    timeout_s: float = Field(default=10, gt=0, le=60)


def load(environ: Mapping[str, str]) -> StatusSyncSettings:
    """Raises ConfigFault with all faults."""
    return config.load(StatusSyncSettings, prefix=PREFIX, environ=environ)
