"""A service starts where only its own distribution and what that asks for are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_needs_only_what_its_distribution_names(service: str) -> None:
    uv = shutil.which("uv") or str(ROOT / ".venv/bin/uv")
    if not Path(uv).exists():
        pytest.skip("no uv to build the environment with")
    package = service.replace("-", "_")
    command = [uv, "run", "--quiet", "--isolated", "--no-dev", "--package", f"polycopy-{service}"]
    program = ["python", "-c", f"import polycopy.{package}.__main__"]
    done = subprocess.run(
        [*command, *program], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
