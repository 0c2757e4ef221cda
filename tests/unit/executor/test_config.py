"""Settings of the executor."""

from pathlib import Path

import pytest

from polycopy.executor.config import load, load_api_key
from polycopy.runtime.config import ConfigFault

PAPER_ONLY = {
    "NATS_URL": "nats://127.0.0.1:4222",
    "POLYCOPY_EXECUTOR_CLOB_URL": "https://clob.example",
}


KEY_TEXT = f"0x{1:064x}"


def test_paper_strategies_need_no_key() -> None:
    settings = load(PAPER_ONLY)

    assert settings.wallet_key is None
    assert settings.limits.signal_age_ms_max == settings.limits.resend_ms_max == 60_000


def test_a_live_account_needs_a_key_and_credentials() -> None:
    with pytest.raises(ConfigFault, match="LIVE_ACCOUNT needs KEY_FILE and API_FILE"):
        load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_LIVE_ACCOUNT": "main"})


@pytest.mark.parametrize("name", ["a.b", "*", ">", " ", "main\n"])
def test_a_live_account_that_is_no_part_of_a_subject_is_told_in_one_line(
    name: str, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(KEY_TEXT)
    keys = {"KEY_FILE": str(key), "API_FILE": str(key), "LIVE_ACCOUNT": name}

    with pytest.raises(ConfigFault) as caught:
        load(PAPER_ONLY | {f"POLYCOPY_EXECUTOR_{name}": value for name, value in keys.items()})

    assert str(caught.value) == (
        "POLYCOPY_EXECUTOR_LIVE_ACCOUNT: must be 1 to 128 letters, digits, - or _: "
        "it is a part of subjects"
    )


def test_an_empty_live_account_is_none() -> None:
    assert load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_LIVE_ACCOUNT": ""}).live_account == ""


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigFault) as caught:
        load(
            {
                "POLYCOPY_EXECUTOR_CLOB_URL": "clob.example",
                "POLYCOPY_EXECUTOR_TICK_S": "0",
                "POLYCOPY_EXECUTOR_KEY_FILE": "/nowhere/key",
                "POLYCOPY_EXECUTOR_LIFE_ACCOUNT": "main",
            }
        )

    told = str(caught.value)
    for name in ("CLOB_URL", "TICK_S", "KEY_FILE", "LIFE_ACCOUNT", "NATS_URL"):
        assert name in told


@pytest.mark.parametrize("name", ["RESEND_MAX_S", "SIGNAL_AGE_MAX_S"])
@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e400", "3600.001", "0", "-1"])
def test_patience_is_a_time_and_an_hour_at_the_most(name: str, value: str) -> None:
    key = f"POLYCOPY_EXECUTOR_{name}"

    with pytest.raises(ConfigFault) as caught:
        load(PAPER_ONLY | {key: value})

    [told] = str(caught.value).splitlines()
    assert told.startswith(f"{key}: Input should be ")


@pytest.mark.parametrize("name", ["POST_TIMEOUT_S", "TICK_S"])
@pytest.mark.parametrize("value", ["inf", "nan"])
def test_no_time_is_without_end(name: str, value: str) -> None:
    with pytest.raises(ConfigFault, match=f"POLYCOPY_EXECUTOR_{name}: Input should be a finite"):
        load(PAPER_ONLY | {f"POLYCOPY_EXECUTOR_{name}": value})


def test_an_hour_of_patience_is_allowed() -> None:
    settings = load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_RESEND_MAX_S": "3600"})
    assert settings.limits.resend_ms_max == 3_600_000


@pytest.mark.parametrize("value", ["-1", "4", "safe", ""])
def test_there_are_four_signature_types(value: str) -> None:
    with pytest.raises(ConfigFault, match="POLYCOPY_EXECUTOR_SIGNATURE_TYPE: Input should be"):
        load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_SIGNATURE_TYPE": value})


def test_making_credentials_needs_no_log(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(f"{KEY_TEXT}\n")

    settings = load_api_key(
        {
            "POLYCOPY_EXECUTOR_CLOB_URL": "https://clob.example",
            "POLYCOPY_EXECUTOR_KEY_FILE": str(key),
            "POLYCOPY_EXECUTOR_API_FILE": str(tmp_path / "api.json"),
            "POLYCOPY_EXECUTOR_SIGNATURE_TYPE": "2",
        }
    )

    assert settings.wallet_key is not None
    assert settings.wallet_key.signature_type == 2
    assert settings.wallet_key.key.get_secret_value() == KEY_TEXT
    assert KEY_TEXT not in repr(settings)


@pytest.mark.parametrize("text", ["0x12", "word " * 12, f"0x{1:064x}0", f"0x{'g' * 64}"])
def test_a_file_without_a_key_is_told_with_what_a_key_looks_like(text: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(ConfigFault) as caught:
        load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_KEY_FILE": str(tmp_path / "key")})
    assert str(caught.value) == (
        "POLYCOPY_EXECUTOR_KEY_FILE: the file holds no private key: 0x and 64 hex digits"
    )


@pytest.mark.parametrize("text", ["0x12", "polycopy.eth", f"0x{1:064x}"])
def test_a_wallet_that_is_no_address_is_told_before_anything_starts(text: str) -> None:
    with pytest.raises(ConfigFault) as caught:
        load(PAPER_ONLY | {"POLYCOPY_EXECUTOR_WALLET": text})
    assert str(caught.value) == (
        "POLYCOPY_EXECUTOR_WALLET: must be an address: 0x and 40 hex digits"
    )
