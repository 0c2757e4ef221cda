"""Settings of status-sync."""

from pathlib import Path

import pytest

from polycopy.runtime.config import ConfigFault
from polycopy.status_sync.config import load


def test_the_credentials_are_read_and_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_text('{"address":"0x1","api_key":"k","secret":"hush","passphrase":"quiet"}')

    settings = load(
        {
            "NATS_URL": "nats://127.0.0.1:4222",
            "POLYCOPY_STATUS_SYNC_CLOB_URL": "https://clob.example",
            "POLYCOPY_STATUS_SYNC_USER_WS_URL": "wss://ws.example/ws/user",
            "POLYCOPY_STATUS_SYNC_ACCOUNT": "main",
            "POLYCOPY_STATUS_SYNC_API_FILE": str(path),
        }
    )

    assert settings.api_file.secret == "hush"  # noqa: S105 - a test's word
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("name", ["", "a.b", "*", ">"])
def test_an_account_that_is_no_part_of_a_subject_is_told_in_one_line(
    name: str, tmp_path: Path
) -> None:
    path = tmp_path / "api.json"
    path.write_text('{"address":"0x1","api_key":"k","secret":"hush","passphrase":"quiet"}')

    with pytest.raises(ConfigFault) as caught:
        load(
            {
                "NATS_URL": "nats://127.0.0.1:4222",
                "POLYCOPY_STATUS_SYNC_CLOB_URL": "https://clob.example",
                "POLYCOPY_STATUS_SYNC_USER_WS_URL": "wss://ws.example/ws/user",
                "POLYCOPY_STATUS_SYNC_ACCOUNT": name,
                "POLYCOPY_STATUS_SYNC_API_FILE": str(path),
            }
        )

    assert str(caught.value) == (
        "POLYCOPY_STATUS_SYNC_ACCOUNT: must be 1 to 128 letters, digits, - or _: "
        "it is a part of subjects"
    )


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "api.json"
    path.write_text('{"secret":"hush"}')

    with pytest.raises(ConfigFault) as caught:
        load(
            {
                "POLYCOPY_STATUS_SYNC_CLOB_URL": "clob",
                "POLYCOPY_STATUS_SYNC_API_FILE": str(path),
                "POLYCOPY_STATUS_SYNC_POL_S": "1",
            }
        )

    told = str(caught.value)
    for name in ("NATS_URL", "CLOB_URL", "USER_WS_URL", "ACCOUNT", "API_FILE", "POL_S"):
        assert name in told
    assert "hush" not in told
