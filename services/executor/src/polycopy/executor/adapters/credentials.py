"""The file that holds the venue's API credentials. Other services only read it."""

import os
from pathlib import Path

import msgspec

from polycopy.polymarket.auth import ApiCredentials
from polycopy.runtime.errors import Halt

_OWNER_ONLY = 0o600


def read_credentials(path: Path) -> ApiCredentials:
    """Raises Halt with one line; what the file holds is never repeated."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ApiCredentials)
    except OSError as error:
        raise Halt(f"cannot read POLYCOPY_EXECUTOR_API_FILE {path}: {error.strerror}") from error
    except msgspec.MsgspecError:
        raise Halt(
            f"POLYCOPY_EXECUTOR_API_FILE {path} holds no API credentials: make them with "
            "python -m polycopy.executor --make-api-key"
        ) from None


def write_credentials(path: Path, credentials: ApiCredentials) -> None:
    """Replace the file at once, readable by its owner alone. Raises Halt."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(credentials))
        new.replace(path)
    except OSError as error:
        raise Halt(f"cannot write POLYCOPY_EXECUTOR_API_FILE {path}: {error.strerror}") from error
