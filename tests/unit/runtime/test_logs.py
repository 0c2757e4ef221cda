"""Log lines: one JSON object each, and no secret in any."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from pydantic import SecretStr

from polycopy.runtime.logs import configure, get_logger


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_is_one_json_object_with_the_service(capsys: pytest.CaptureFixture[str]) -> None:
    configure("executor", "info")
    get_logger().info("handled", sequence=7)
    logging.getLogger("aiohttp").warning("from a %s", "library")
    get_logger().debug("not asked for")
    ours, theirs = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (ours["event"], ours["sequence"], ours["service"]) == ("handled", 7, "executor")
    assert (theirs["event"], theirs["level"]) == ("from a library", "warning")


def test_a_secret_is_redacted_wherever_it_lies(capsys: pytest.CaptureFixture[str]) -> None:
    configure("executor", "info")
    secret = SecretStr("hush")
    get_logger().info("x", key=secret, nested={"list": [1, secret]}, error=ValueError(secret))
    line = capsys.readouterr().err
    assert "hush" not in line
    assert json.loads(line)["nested"] == {"list": [1, "**********"]}


def test_an_exception_stays_on_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("executor", "info")
    try:
        int("broken")
    except ValueError:
        get_logger().exception("bug")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: invalid" in json.loads(line)["exception"]
