"""Where the pins lie, and how `make pins` makes them.

uv resolves a copy of the workspace without the constraints of the root's pyproject.toml, starting
from what is pinned, and exports it; the constraints are then written anew. Arguments go to
`uv lock`: `--upgrade`, or `--upgrade-package NAME`. Knows only the standard library: it must run
where the workspace cannot be resolved.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
PINS = ROOT / "deploy/pins"
UV = ROOT / ".venv/bin/uv"
MEMBERS = ("schemas", "shared/*", "services/*")
SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/pyproject.toml"))
_CONSTRAINTS = re.compile(r"^constraint-dependencies = \[.*?^\]$", re.MULTILINE | re.DOTALL)
_BUILD_CONSTRAINTS = re.compile(r"^build-constraint-dependencies = .*$", re.MULTILINE)
_EXPORT = ("--frozen", "--no-header", "--no-annotate", "--no-emit-workspace", "--quiet")
_SCOPES = {
    "dev": (),
    "uv": ("--only-group", "uv"),
    **{name: ("--package", f"polycopy-{name}", "--no-dev", "--all-extras") for name in SERVICES},
}


def requirements(name: str) -> list[str]:
    """The requirements of a pin file, with their markers and without their hashes."""
    lines = (PINS / f"{name}.txt").read_text().splitlines()
    return [line.removesuffix("\\").strip() for line in lines if not line.startswith(" ")]


def constraints() -> list[str]:
    """What the root's pyproject.toml tells every `uv run`."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["uv"]
    pinned: list[str] = settings["constraint-dependencies"]
    return pinned


def build_constraint() -> str:
    """The line that pins the build backend of our members to the version of uv."""
    [uv] = requirements("uv")
    return f'build-constraint-dependencies = ["uv-build=={uv.removeprefix("uv==")}"]'


def write(lock_arguments: list[str]) -> None:
    with TemporaryDirectory() as folder:
        copy = Path(folder)
        _copy_workspace(copy)
        _resolve(copy, lock_arguments)
        PINS.mkdir(exist_ok=True)
        for name, scope in _SCOPES.items():
            (PINS / f"{name}.txt").write_text(_uv(copy, "export", *_EXPORT, *scope))
    pyproject = ROOT / "pyproject.toml"
    text = _constrained(pyproject.read_text(), requirements("dev"))
    pyproject.write_text(_BUILD_CONSTRAINTS.sub(build_constraint(), text))


def _copy_workspace(copy: Path) -> None:
    for pattern in (".", *MEMBERS):
        for found in ROOT.glob(f"{pattern}/pyproject.toml"):
            target = copy / found.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, target)
    if (ROOT / "uv.lock").exists():
        shutil.copy(ROOT / "uv.lock", copy)


def _resolve(copy: Path, lock_arguments: list[str]) -> None:
    """Lock what is pinned, then the same without constraints: uv moves only what must move."""
    try:
        _uv(copy, "lock", "--quiet")
    except subprocess.CalledProcessError:
        sys.stderr.write("A requirement has left its pin: starting from the last uv.lock.\n")
    pyproject = copy / "pyproject.toml"
    pyproject.write_text(_constrained(pyproject.read_text(), []))
    _uv(copy, "lock", "--quiet", *lock_arguments)


def _constrained(pyproject: str, pinned: list[str]) -> str:
    lines = ["constraint-dependencies = [", *(f'    "{pin}",' for pin in pinned), "]"]
    text, found = _CONSTRAINTS.subn(lambda _: "\n".join(lines), pyproject)
    assert found == 1, "pyproject.toml has no constraint-dependencies to write"
    return text


def _uv(folder: Path, *arguments: str) -> str:
    command = [str(UV), *arguments]
    return subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    write(sys.argv[1:])
