"""Settings: all faults at once, and never a value in a fault."""

from pathlib import Path

import pytest
from pydantic import Field, SecretStr, ValidationError

from polycopy.runtime.config import (
    ConfigFault,
    SecretFile,
    Settings,
    Words,
    account_name,
    load,
    secret_from,
)

PREFIX = "POLYCOPY_EXAMPLE_"


class Example(Settings):
    """What a service could ask for."""

    database_url: SecretStr = Field(validation_alias="DATABASE_URL")
    wallets: Words = ()
    attempts_max: int = Field(default=3, ge=1)
    api_key_file: SecretFile | None = None


ENOUGH = {"NATS_URL": "nats://127.0.0.1:4222", "DATABASE_URL": "postgresql://reader:hush@db/x"}


def faults_of(environ: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigFault) as caught:
        load(Example, prefix=PREFIX, environ=environ)
    return str(caught.value).splitlines()


def test_settings_come_from_the_environment_and_have_safe_defaults() -> None:
    settings = load(Example, prefix=PREFIX, environ={**ENOUGH, f"{PREFIX}WALLETS": "0xa, 0xb,"})
    assert settings.nats_url == "nats://127.0.0.1:4222"
    assert settings.wallets == ("0xa", "0xb")
    assert (settings.health_port, settings.log_level, settings.attempts_max) == (0, "info", 3)


def test_all_faults_are_told_at_once_each_with_its_key() -> None:
    faults = faults_of({f"{PREFIX}HEALTH_PORT": "70000", f"{PREFIX}ATTEMPTS_MAX": "many"})
    keys = {fault.partition(":")[0] for fault in faults}
    assert keys == {"NATS_URL", "DATABASE_URL", f"{PREFIX}HEALTH_PORT", f"{PREFIX}ATTEMPTS_MAX"}


def test_an_unknown_key_with_the_prefix_is_refused_and_its_neighbour_named() -> None:
    (fault,) = faults_of({**ENOUGH, f"{PREFIX}ATTEMPT_MAX": "4"})
    assert fault == f"{PREFIX}ATTEMPT_MAX: unknown setting, did you mean {PREFIX}ATTEMPTS_MAX?"


def test_keys_of_others_are_let_be() -> None:
    load(Example, prefix=PREFIX, environ={**ENOUGH, "POLYCOPY_OTHER_X": "1", "PATH": "/bin"})


def test_the_process_environment_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NATS_URL", "nats://elsewhere:4222")
    assert faults_of({"DATABASE_URL": "x"}) == ["NATS_URL: Field required"]


def test_a_fault_never_repeats_a_value() -> None:
    (fault,) = faults_of({**ENOUGH, f"{PREFIX}ATTEMPTS_MAX": "s3cr3t"})
    assert "s3cr3t" not in fault


def test_a_secret_comes_from_its_file_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hush-hush\n")
    environ = {**ENOUGH, f"{PREFIX}API_KEY_FILE": str(path)}
    settings = load(Example, prefix=PREFIX, environ=environ)
    assert settings.api_key_file is not None
    assert settings.api_key_file.get_secret_value() == "hush-hush"
    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot read the file: No such file"),
        (b" \n", "the file is empty"),
        (b"\xff\xfe", "the file is not UTF-8 text"),
        (b"x" * 70_000, "more than 65536 bytes"),
    ],
)
def test_a_secret_file_that_holds_no_secret_is_a_fault(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    (fault,) = faults_of({**ENOUGH, f"{PREFIX}API_KEY_FILE": str(path)})
    assert fault.startswith(f"{PREFIX}API_KEY_FILE: ")
    assert complaint in fault
    with pytest.raises(ValueError, match=complaint):
        secret_from(str(path))


@pytest.mark.parametrize("url", ["::::", "", "nats://", "nats://me:hu/sh@host:4222"])
def test_an_address_that_cannot_be_read_is_told_in_one_line(url: str) -> None:
    (fault,) = faults_of({**ENOUGH, "NATS_URL": url})
    assert fault.startswith("NATS_URL: this is no address of a NATS server: write nats://host:4222")
    assert "hu" not in fault


@pytest.mark.parametrize("name", ["main", "live-main", "Account_7", "a" * 128])
def test_an_account_is_a_part_of_a_subject(name: str) -> None:
    assert account_name(name) == name


@pytest.mark.parametrize("name", ["", "a.b", "*", ">", "a b", "a\n", "ä", "a" * 129])
def test_what_is_no_part_of_a_subject_names_no_account(name: str) -> None:
    with pytest.raises(ValueError, match="must be 1 to 128 letters, digits, - or _"):
        account_name(name)


def test_settings_cannot_be_changed() -> None:
    settings = load(Example, prefix=PREFIX, environ=ENOUGH)
    with pytest.raises(ValidationError):
        settings.nats_url = "nats://other:4222"


def test_a_test_may_name_the_fields() -> None:
    settings = Example(nats_url="nats://x:1", database_url=SecretStr("x"))
    assert settings.nats_url == "nats://x:1"
