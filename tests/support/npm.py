"""Node packages for tests: installed once into a cache folder of the user, never here."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

_INSTALL_TIMEOUT_S = 90
# No lock file: it would hold addresses. No scripts: nothing of a package runs but what we call.
_INSTALL = ("install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund")
_ONCE = ("--fetch-retries=0", "--fetch-timeout=20000")


def installed(package_json: Path) -> Path:
    """A folder with the `node_modules` of a package.json that names exact versions. Skips the test
    where Node, npm or a package is not to be had."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("no Node.js with npm on this machine")
    wanted = package_json.read_bytes()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "polycopy-tests"
    folder = cache / f"npm-{hashlib.sha256(wanted).hexdigest()[:16]}"
    if not folder.exists():
        _install(npm, wanted, folder)
    return folder


def _install(npm: str, package_json: bytes, folder: Path) -> None:
    """Beside its place first: another run may do the same, and may be faster."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, ignore_cleanup_errors=True) as making:
        made = Path(making) / "made"
        made.mkdir()
        (made / "package.json").write_bytes(package_json)
        try:
            subprocess.run(
                [npm, *_INSTALL, *_ONCE],
                cwd=made,
                check=True,
                capture_output=True,
                text=True,
                timeout=_INSTALL_TIMEOUT_S,
            )
        except subprocess.SubprocessError as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            pytest.skip(f"npm could not install the packages: {said[0] if said else error}")
        try:
            made.rename(folder)
        except OSError:
            assert folder.exists(), "the cache folder cannot be made"
