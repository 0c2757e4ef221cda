"""Settings of the executor. Keys and credentials are paths of files. To load raises ConfigFault."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from polycopy.executor.core.limits import Limits
from polycopy.executor.core.wallet import WalletKey, private_key, wallet_address
from polycopy.polymarket.order_hash import POLYGON
from polycopy.runtime import config
from polycopy.runtime.config import SecretFile, Settings, account_name
from polycopy.schemas.ids import AccountId

PREFIX = "POLYCOPY_EXECUTOR_"
_Named = Annotated[AccountId, AfterValidator(lambda name: name and account_name(name))]


class ExecutorSettings(Settings):
    """Without a live account only paper strategies are served, and no key is needed.

    `wallet` holds the funds; empty: the key's own address, or its wallet of the `signature_type`
    (1 proxy, 2 Safe, 3 deposit wallet). The same bytes of an order in doubt go out again for
    `resend_max_s`; one whose turn is not within `order_wait_max_s` is sent later.
    """

    clob_url: str = Field(pattern=r"^https?://")
    live_account: _Named = AccountId("")
    key_file: Annotated[SecretFile, AfterValidator(private_key)] | None = None
    api_file: Path | None = None
    wallet: Annotated[str, AfterValidator(wallet_address)] = ""
    signature_type: int | None = Field(default=None, ge=0, le=3)
    chain_id: int = POLYGON
    post_timeout_s: float = Field(default=5, gt=0, le=60)
    order_wait_max_s: float = Field(default=1, ge=0, le=60)
    tick_s: float = Field(default=1, gt=0, le=60)
    signal_age_max_s: float = Field(default=60, gt=0, le=3600)
    resend_max_s: float = Field(default=60, gt=0, le=3600)

    @model_validator(mode="after")
    def _live_needs_keys(self) -> Self:
        if self.live_account and self.wallet_key is None:
            raise ValueError("LIVE_ACCOUNT needs KEY_FILE and API_FILE: files of its secrets")
        return self

    @property
    def wallet_key(self) -> WalletKey | None:
        if self.key_file is None or self.api_file is None:
            return None
        return WalletKey(
            key=self.key_file,
            wallet=self.wallet,
            chain_id=self.chain_id,
            api_file=self.api_file,
            signature_type=self.signature_type,
        )

    @property
    def limits(self) -> Limits:
        return Limits(
            signal_age_ms_max=int(self.signal_age_max_s * 1000),
            resend_ms_max=int(self.resend_max_s * 1000),
        )


class ApiKeySettings(ExecutorSettings):
    """Making API credentials needs the key and the file to write, and no log."""

    nats_url: str = Field(default="", validation_alias="NATS_URL")
    key_file: Annotated[SecretFile, AfterValidator(private_key)]
    api_file: Path


def load(environ: Mapping[str, str]) -> ExecutorSettings:
    return config.load(ExecutorSettings, prefix=PREFIX, environ=environ)


def load_api_key(environ: Mapping[str, str]) -> ApiKeySettings:
    return config.load(ApiKeySettings, prefix=PREFIX, environ=environ)
