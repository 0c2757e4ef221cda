"""A service that is as it is, but for one thing: run as a module in place of the service's own.

ALTERED names what is other, ALTERED_MODULE the service, ALTERED_CLOCK a file with the
milliseconds by which its clock is ahead. Some alterations are how a test breaks what surrounds a
service (its clock, its scheduling); the others are the mistakes that a checker must see.
"""

import os
import runpy
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from polycopy.executor.adapters.answers import answer_of
from polycopy.executor.adapters.polymarket import PolymarketVenue
from polycopy.executor.core.answers import Answer, Unknown
from polycopy.polymarket import order_body
from polycopy.runtime import crash_points, nats_publish
from polycopy.runtime.clock import SystemClock
from polycopy.schemas.orders import OrderRequested
from polycopy.trading.approval import approved_again


def _clock() -> None:
    """Ahead of the machine's clock, or behind it; it may step while the service runs."""
    honest_ms, path = SystemClock.now_ms, Path(os.environ["ALTERED_CLOCK"])
    SystemClock.now_ms = lambda self: honest_ms(self) + int(path.read_text())  # type: ignore[method-assign]


def _pause() -> None:
    """Stands still at its crash point instead of dying there."""

    def reach(name: str) -> None:
        if crash_points._of_this_process().reach(name):  # noqa: SLF001 - it stands in for it
            os.kill(os.getpid(), signal.SIGSTOP)

    crash_points.reach = reach


def _no_expectation() -> None:
    """Appends whatever others have appended meanwhile."""

    def guard_headers(guard: str | None, expected: int | None) -> dict[str, str]:
        del guard, expected
        return {}

    nats_publish.guard_headers = guard_headers


def _new_signature() -> None:
    """Signs a second order where the first has no answer, as the bots of the reports do."""
    honest = PolymarketVenue.send

    async def send(self: PolymarketVenue, request: OrderRequested, *more: Any) -> Answer:
        answer = await honest(self, request, *more)
        if not isinstance(answer, Unknown):
            return answer
        post = await self._signer.sign(approved_again(request))
        raw = await self._clob.post(order_body.PATH, order_body.build_post_body(post))
        return answer_of(request, raw.status, raw.body)

    PolymarketVenue.send = send  # type: ignore[method-assign,assignment]


ALTERATIONS: Mapping[str, Callable[[], None]] = MappingProxyType(
    {
        "clock": _clock,
        "pause": _pause,
        "no-expectation": _no_expectation,
        "new-signature": _new_signature,
    }
)


if __name__ == "__main__":
    ALTERATIONS[os.environ["ALTERED"]]()
    sys.argv[0] = os.environ["ALTERED_MODULE"]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
