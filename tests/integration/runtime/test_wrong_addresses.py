"""An address that cannot be read ends every process with code 2 and one line, without its words."""

from pathlib import Path

import pytest

from tests.support import polycopy_command
from tests.support.nats_raw import real_log
from tests.support.nats_server import Account
from tests.support.service_process import ended

GOOD = {"NATS_URL": "nats://127.0.0.1:9", "DATABASE_URL": "postgresql://me:hush@127.0.0.1:9/x"}
CLOB = {"POLYCOPY_EXECUTOR_CLOB_URL": "http://127.0.0.1:9"}
NO_NATS = "NATS_URL: this is no address of a NATS server: write nats://host:4222"
NO_POSTGRES = "DATABASE_URL: this is no address of a Postgres: write postgresql://"


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("executor", CLOB | {"NATS_URL": "::::"}, NO_NATS),
        ("executor", CLOB | {"NATS_URL": "nats://me:hush/hush@host:4222"}, NO_NATS),
        ("projector", GOOD | {"DATABASE_URL": "hush"}, NO_POSTGRES),
        ("projector", GOOD | {"DATABASE_URL": "postgresql://me:hu@hush@host/x"}, NO_POSTGRES),
    ],
)
async def test_a_service_tells_what_to_write(
    name: str, settings: dict[str, str], said: str
) -> None:
    code, err = await ended(f"polycopy.{name}", settings)

    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(f"{name}: {said}")
    assert "hush" not in err


async def test_a_command_tells_what_to_write_for_the_log(tmp_path: Path) -> None:
    settings = GOOD | {"NATS_URL": "::::"}
    code, out, err = await polycopy_command.run("target", "list", home=tmp_path, **settings)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"polycopy: {NO_NATS}")


async def test_a_command_tells_what_to_write_for_the_database(
    nats_account: Account, tmp_path: Path
) -> None:
    settings = {
        "NATS_URL": nats_account.url,
        "NATS_MONITOR_URL": nats_account.monitor_url,
        "DATABASE_URL": "hush",
    }
    async with real_log(nats_account):
        code, out, err = await polycopy_command.run("order", "list", home=tmp_path, **settings)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"polycopy: {NO_POSTGRES}")
    assert "hush" not in err
