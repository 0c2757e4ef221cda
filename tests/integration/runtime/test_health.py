"""What a service shows of itself."""

import json
import os
import socket

import aiohttp
import pytest

from polycopy.runtime.errors import Halt
from polycopy.runtime.health import serve_health


async def get(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status, await response.text()


async def readiness(url: str) -> tuple[int, object]:
    status, text = await get(f"{url}/readyz")
    return status, json.loads(text)


async def test_readiness_names_every_check_and_the_process_and_fails_closed() -> None:
    checks = {"log": True, "caught_up": False}
    said = {"checks": checks, "notes": {"breaker": "closed"}, "pid": os.getpid()}
    async with serve_health(0, lambda: checks, lambda: {"breaker": "closed"}) as url:
        assert await get(f"{url}/livez") == (200, "ok\n")
        assert await readiness(url) == (503, said)
        checks["caught_up"] = True
        assert await readiness(url) == (200, said)


async def test_figures_are_in_prometheus_text() -> None:
    async with serve_health(0, dict) as url:
        status, text = await get(f"{url}/metrics")
    assert status == 200
    assert "# TYPE polycopy_append_seconds histogram" in text


async def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Halt, match=f"health port {port} is not to be had"):
            async with serve_health(port, dict):
                pass
