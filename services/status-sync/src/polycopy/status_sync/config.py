"""Settings of status-sync."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf

from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime import config
from polycopy.runtime.config import AccountName, Settings, Words, secret_from
from polycopy.status_sync.core.rules import ORDER, SOURCES, Rules

PREFIX = "POLYCOPY_STATUS_SYNC_"


def _credentials(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(secret_from(value).get_secret_value(), type=ApiCredentials)
    except msgspec.MsgspecError:
        raise ValueError("the file holds no API credentials") from None


def _sources(words: tuple[str, ...]) -> tuple[str, ...]:
    if ORDER not in words or not set(words) <= set(SOURCES):
        raise ValueError(f"must be some of {', '.join(SOURCES)}, and {ORDER} among them")
    return words


Seconds = Annotated[float, Field(gt=0, le=86_400)]
Sources = Annotated[Words, AfterValidator(_sources)]


class StatusSyncSettings(Settings):
    """`api_file`: what `python -m polycopy.executor --make-api-key` wrote. `resend_max_s`: for
    an executor whose build does not tell its own. The README tells what the others mean."""

    clob_url: str = Field(pattern=r"^https?://")
    user_ws_url: str = Field(pattern=r"^wss?://")
    account: AccountName
    api_file: Annotated[InstanceOf[ApiCredentials], BeforeValidator(_credentials)]
    signature_type: int | None = Field(default=None, ge=0, le=3)
    timeout_s: float = Field(default=10, gt=0, le=60)
    poll_s: float = Field(default=2, gt=0, le=60)
    poll_fresh_s: Seconds = 10
    sweep_s: Seconds = 60
    silent_s: Seconds = 15
    lost_count: int = Field(default=3, ge=1, le=1_000)
    lost_interval_s: Seconds = 10
    lost_sources: Sources = SOURCES
    lost_watch_s: Seconds = 60
    lost_grace_s: Seconds = 60
    resend_max_s: float = Field(default=60, gt=0, le=3600)
    overlap_s: Seconds = 300
    blind_overlap_s: Seconds = 3600
    behind_s: Seconds = 10
    frameless_s: Seconds = 30
    dataless_s: Seconds = 300
    deaf_s: Seconds = 15
    balance_every_s: Seconds = 60
    balance_settled_s: Seconds = 30

    @property
    def rules(self) -> Rules:
        """Each in milliseconds as the setting of its name is in seconds."""
        spans = {
            name: round(1000 * getattr(self, f"{name.removesuffix('_ms')}_s"))
            for name in Rules.__struct_fields__
            if name.endswith("_ms")
        }
        counts = {"lost_count": self.lost_count, "lost_sources": self.lost_sources}
        return msgspec.convert({**spans, **counts}, Rules)


def load(environ: Mapping[str, str]) -> StatusSyncSettings:
    """Raises ConfigFault with all faults."""
    return config.load(StatusSyncSettings, prefix=PREFIX, environ=environ)
