"""Settings of status-sync."""

from pathlib import Path

import pytest

from polycopy.runtime.config import ConfigFault
from polycopy.status_sync.config import load
from polycopy.status_sync.core.rules import Rules


def environ(folder: Path, **more: str) -> dict[str, str]:
    """All that must be set, and what a test says."""
    path = folder / "api.json"
    path.write_text('{"address":"0x1","api_key":"k","secret":"hush","passphrase":"quiet"}')
    said = {
        "CLOB_URL": "https://clob.example",
        "USER_WS_URL": "wss://ws.example/ws/user",
        "ACCOUNT": "main",
        "API_FILE": str(path),
        **more,
    }
    prefixed = {f"POLYCOPY_STATUS_SYNC_{name}": value for name, value in said.items()}
    return {"NATS_URL": "nats://127.0.0.1:4222", **prefixed}


def test_the_credentials_are_read_and_never_shown(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))

    assert settings.api_file.secret == "hush"  # noqa: S105 - a test's word
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("name", ["", "a.b", "*", ">"])
def test_an_account_that_is_no_part_of_a_subject_is_told_in_one_line(
    name: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigFault) as caught:
        load(environ(tmp_path, ACCOUNT=name))

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


def test_what_nobody_sets_is_as_the_rules_have_it(tmp_path: Path) -> None:
    settings = load(environ(tmp_path))

    assert settings.rules == Rules()
    assert settings.signature_type is None


def test_every_rule_can_be_set(tmp_path: Path) -> None:
    spans = [name for name in Rules.__struct_fields__ if name.endswith("_ms")]
    said = {f"{name.removesuffix('_ms').upper()}_S": "1.5" for name in spans}

    rules = load(environ(tmp_path, **said, LOST_COUNT="7", LOST_SOURCES="order, trades")).rules

    assert {name: getattr(rules, name) for name in spans} == dict.fromkeys(spans, 1_500)
    assert (rules.lost_count, rules.lost_sources) == (7, ("order", "trades"))


@pytest.mark.parametrize("sources", ["", "trades", "order, chain"])
def test_without_its_own_look_no_order_can_be_lost(sources: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="LOST_SOURCES: must be some of order, open-orders, tr"):
        load(environ(tmp_path, LOST_SOURCES=sources))
