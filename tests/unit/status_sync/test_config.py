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
