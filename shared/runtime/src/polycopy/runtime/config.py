"""Settings: a frozen model per service, read from the environment and from secret files.

A key is the service's prefix and the field's name in capitals; a field with a `validation_alias`
(NATS_URL, DATABASE_URL) is shared by the services and has that key alone. All faults are reported
at once, and a key with the prefix that no field knows is one of them. Values are never repeated in
a fault: one of them could be a secret.
"""

import difflib
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from polycopy.runtime.addresses import nats_addresses
from polycopy.schemas import subjects
from polycopy.schemas.ids import AccountId

_SECRET_BYTES_MAX = 64 * 1024


class ConfigFault(Exception):  # noqa: N818 - the word says it
    """The settings do not fit. The text has one line for every fault, each naming its key."""


def secret_from(path: str) -> SecretStr:
    """What a secret file holds, without the white space around it. ValueError for an empty one."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"cannot read the file: {error.strerror}") from error
    if len(raw) > _SECRET_BYTES_MAX:
        raise ValueError(f"the file has more than {_SECRET_BYTES_MAX} bytes")
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError as error:
        raise ValueError("the file is not UTF-8 text") from error
    if not text:
        raise ValueError("the file is empty")
    return SecretStr(text)


def others_can_read(path: Path) -> bool:
    """Whether somebody else than its owner can; False for a file that is not there."""
    try:
        return bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except OSError:
        return False


def _read(value: object) -> object:
    return secret_from(value) if isinstance(value, str) else value


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(word.strip() for word in value.split(",") if word.strip())
    return value


def _nats(value: str) -> str:
    nats_addresses(value)
    return value


def account_name(value: str) -> str:
    """The same text. With a dot or a star in it it would name other accounts, or none."""
    try:
        return subjects.token(value)
    except ValueError:
        raise ValueError(
            "must be 1 to 128 letters, digits, - or _: it is a part of subjects"
        ) from None


SecretFile = Annotated[SecretStr, BeforeValidator(_read)]
"""A setting whose value is the path of a file and whose content is the secret (`…_FILE`)."""

Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""A setting of several words, separated by commas."""

AccountName = Annotated[AccountId, AfterValidator(account_name)]
"""A setting that names an account."""


class Settings(BaseSettings):
    """What every service is told. A service adds its fields in a subclass.

    `nats_monitor_url` is where the server's monitoring port answers; empty means port 8222 on the
    host of `nats_url`. `health_port` 0 takes any free port.
    """

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )

    nats_url: Annotated[str, AfterValidator(_nats)] = Field(validation_alias="NATS_URL")
    nats_monitor_url: str = Field(default="", validation_alias="NATS_MONITOR_URL")
    health_port: int = Field(default=0, ge=0, le=65535)
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` or a test hands over: the process's environment is never read here."""
        return (init_settings,)


S = TypeVar("S", bound=Settings)


def load(kind: type[S], *, prefix: str, environ: Mapping[str, str]) -> S:
    """The settings in `environ`. Raises ConfigFault with all faults."""
    keys = {_key(name, field, prefix): name for name, field in kind.model_fields.items()}
    faults = [
        _unknown(key, keys) for key in sorted(environ) if key.startswith(prefix) and key not in keys
    ]
    values = {name: environ[key] for key, name in keys.items() if key in environ}
    try:
        settings = kind(**values)  # type: ignore[arg-type]  # pydantic parses the text
    except ValidationError as error:
        by_location = {_location(name, kind.model_fields[name]): key for key, name in keys.items()}
        by_location |= {name: key for key, name in keys.items()}
        faults += [
            f"{by_location.get(str(fault['loc'][0]), '?') if fault['loc'] else f'{prefix}*'}: "
            f"{fault['msg'].removeprefix('Value error, ')}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigFault("\n".join(faults)) from None
    if faults:
        raise ConfigFault("\n".join(faults))
    return settings


def _key(name: str, field: FieldInfo, prefix: str) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else f"{prefix}{name.upper()}"


def _location(name: str, field: FieldInfo) -> str:
    alias = field.validation_alias
    return alias if isinstance(alias, str) else name


def _unknown(key: str, keys: Mapping[str, str]) -> str:
    near = difflib.get_close_matches(key, keys, n=1)
    return f"{key}: unknown setting" + (f", did you mean {near[0]}?" if near else "")
