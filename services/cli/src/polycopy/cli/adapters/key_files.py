"""The secrets of a stack: files in `<stack>/secrets`, readable by us alone."""

import os
import secrets
import stat
from pathlib import Path

from polycopy.runtime.config import others_can_read

_KEY_BYTES = 32
_OURS_ALONE = 0o600


class KeyFiles:
    """A signing key is made once and never written over: it owns what it signed for."""

    def signing_key(self, stack: Path) -> Path:
        """The file of the stack's own key, which may not be there yet."""
        return stack / "secrets" / "signing-key"

    def make(self, path: Path) -> None:
        """A new key in a file readable by us alone; nothing where there is one."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_suffix(".new")
            draft.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(draft, flags, _OURS_ALONE), "w") as file:
                file.write(f"0x{secrets.token_hex(_KEY_BYTES)}\n")
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)

    def forget(self, path: Path) -> None:
        """Away with a file; it may be missing."""
        path.unlink(missing_ok=True)

    def has(self, path: Path) -> bool:
        return path.exists()

    def others_can_read(self, path: Path) -> bool:
        return others_can_read(path)

    def faults(self, stack: Path) -> list[str]:
        """What is wrong with the files that are there."""
        folder = stack / "secrets"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [
            f"{path} can be read by others: chmod 600 {path}"
            for path in paths
            if stat.S_IMODE(path.stat().st_mode) & 0o077
        ]
