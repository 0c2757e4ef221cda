"""An append to the log, in milliseconds: an OrderPlaced with the expectation of its account.

Through the NATS adapter to an embedded server that syncs every message to the disk before it
acknowledges, one append after the other, as one account is written. Baseline: the bytes of the same
events written to a file of the same folder, with an fsync after each. The two take turns.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from statistics import median

from polycopy.runtime.nats_log import NatsLog
from polycopy.schemas.envelope import Draft, to_headers
from polycopy.schemas.event import encode
from polycopy.stack import open_nats
from tests.bench import lives, places
from tests.bench.figures import Result, p99, ratio, result
from tests.support.trading import ACCOUNT, placed

NAME = "append"
_ROUNDS = 40
_APPENDS = 50


def measure() -> Result:
    with places.folder() as folder:
        return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> Result:
    times_ms: list[list[float]] = []
    bare_ms: list[list[float]] = []
    async with (
        open_nats(folder / "nats") as server,
        places.event_log(server.url, server.monitor_url) as log,
    ):
        last = 0
        for number in range(_ROUNDS + 1):  # The first is for the caches.
            drafts = _drafts(number)
            last, round_ms = await _append(log, drafts, last)
            times_ms.append(round_ms)
            bare_ms.append(_write(folder / "bare", drafts))
    medians = [median(one) for one in times_ms[1:]]
    bare = [median(one) for one in bare_ms[1:]]
    return result(
        NAME,
        median(medians),
        "ms",
        ratio_to=ratio(medians, bare),
        also={
            "baseline": "a bare fsync of the same bytes",
            "baseline_ms": median(bare),
            "p99_ms": p99(list(chain(*times_ms[1:]))),
            "baseline_p99_ms": p99(list(chain(*bare_ms[1:]))),
            "appends": _ROUNDS * _APPENDS,
        },
    )


def _drafts(number: int) -> list[Draft]:
    first = number * _APPENDS + 1
    return [
        lives.order_draft(ACCOUNT, placed(f"{version:032x}"), version)
        for version in range(first, first + _APPENDS)
    ]


async def _append(log: NatsLog, drafts: Sequence[Draft], last: int) -> tuple[int, list[float]]:
    times_ms = []
    for new in drafts:
        began_s = time.perf_counter()
        last = await log.append(new, expected=last)
        times_ms.append(1000 * (time.perf_counter() - began_s))
    return last, times_ms


def _write(path: Path, drafts: Sequence[Draft]) -> list[float]:
    times_ms = []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for new in drafts:
            written = _bytes_of(new)
            began_s = time.perf_counter()
            os.write(file, written)
            os.fsync(file)
            times_ms.append(1000 * (time.perf_counter() - began_s))
    finally:
        os.close(file)
    return times_ms


def _bytes_of(new: Draft) -> bytes:
    """Subject, headers and body, as the server keeps them."""
    headers = "".join(f"{name}: {value}\r\n" for name, value in to_headers(new.envelope).items())
    return f"{new.subject}\r\n{headers}\r\n".encode() + encode(new.event)
